"""What the engine, a registry and uv really said, as a message with what to do."""

import dagger

from ci.lock import bump
from ci.tools import failures

from ..engine_errors import exec_error, query_error

HEAD = 'failed to resolve image "{0}" (platform: "linux/amd64"): '
REFUSED, UNRESOLVED = "127.0.0.1:9/apache/airflow:3.1.5", "registry.invalid/apache/airflow:3.1.5"
ABSENT = "docker.io/apache/airflow:3.99.0-python3.13"
PULLS = {
    REFUSED: f'{HEAD}failed to do request: Head "http://127.0.0.1:9/v2/apache/airflow/manifests/3.1.5": '
    "dial tcp 127.0.0.1:9: connect: connection refused",
    UNRESOLVED: f'{HEAD}failed to do request: Head "https://registry.invalid/v2/apache/airflow/manifests/'
    '3.1.5": dial tcp: lookup registry.invalid on 10.213.0.1:53: no such host',
    ABSENT: f"{HEAD}{{0}}: not found",
}
NO_ANSWER = """\
error: Request failed after 5 retries in 46.9s
  cause: Failed to fetch: http://127.0.0.1:9/simple/apache-airflow/
  cause: error sending request for url (http://127.0.0.1:9/simple/apache-airflow/)
  cause: client error (Connect)
  cause: tcp connect error
  cause: Connection refused (os error 111)
"""
NO_SOLUTION = (
    "error: No solution found when resolving dependencies\n  cause: Because only apache-airflow<=1.10.7"
)


def test_image_that_cannot_be_pulled_says_what_to_do() -> None:
    for reference, advice in (
        (REFUSED, "it doesn't answer: check that it runs and the proxy, then try again"),
        (UNRESOLVED, "its name doesn't resolve: check DNS and the network of the engine"),
        (ABSENT, "not found: check the spelling, and that you may read it"),
    ):
        said = PULLS[reference].format(reference)
        error = failures.step_error(f"could not pull the base image {reference}", query_error(said))
        assert error.problems == (f"could not pull the base image {reference}: {advice}\n    {said}",)


def test_base_to_move_to_may_not_be_published_yet() -> None:
    for reference, advice in (
        (ABSENT, "not in its registry (yet): an image follows its release in the package index"),
        (REFUSED, "it doesn't answer: check that it runs and the proxy, then try again"),
    ):
        (problem,) = bump.unavailable(reference, query_error(PULLS[reference].format(reference))).problems
        assert problem.startswith(f"could not pull the base image {reference}: {advice}")


def test_installer_that_fails_says_what_to_do() -> None:
    for stderr, advice, from_outside in (
        (NO_ANSWER, "the package index doesn't answer: check network and proxy, then try again", True),
        (NO_SOLUTION, "a pin conflicts with another pin, or with a package of the base", False),
        ("write: No space left on device", "the disk of the engine is full: free space there", True),
        ("error: Hash mismatch for `cowsay==6.1`", "the index serves a file with another hash", False),
        ("error: strange", "see the output", False),
    ):
        for error in (exec_error(stderr), exec_error("", stderr)):
            (problem,) = failures.step_error("small: layer 'delta' failed", error).problems
            assert problem.startswith(f"small: layer 'delta' failed: {advice}")
            assert problem.endswith(f"    {stderr.splitlines()[-1]}")
            assert failures.is_from_outside(error) is from_outside


def test_credentials_in_what_an_installer_said_are_hidden() -> None:
    error: dagger.QueryError = exec_error("fetch https://user:canary@index.example/simple failed")
    assert "canary" not in str(failures.step_error("the lock", error))
