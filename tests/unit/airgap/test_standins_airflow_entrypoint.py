"""The entrypoint of Airflow's stand-in, with airflow, python and pip replaced."""

from pathlib import Path

import pytest

import airgap.standins.airflow as package

from .entrypoint_sandbox import Outcome, Sandbox

_SCRIPT = Path(package.__file__).with_name("entrypoint.sh")
_QUICK = {"CONNECTION_CHECK_MAX_COUNT": "0"}


@pytest.fixture
def sandbox(tmp_path: Path) -> Sandbox:
    made = Sandbox(tmp_path, _SCRIPT)
    for name in ("airflow", "pip", "whoami"):
        made.fake(name)
    _run_as(made, 50000, 0)
    made.fake("python", 'echo "umask $(umask)"')
    return made


def _run_as(sandbox: Sandbox, uid: int, gid: int) -> None:
    sandbox.fake("id", f"[[ $1 == -u ]] && echo {uid} || echo {gid}")


def _calls(outcome: Outcome) -> list[str]:
    """Return the calls but for those that ask who runs the script."""
    return [call for call in outcome.calls if call.split(" ", 1)[0] not in {"id", "whoami"}]


_FIRST_WORDS = {
    ("version",): "airflow version",
    ("airflow", "version"): "airflow version",
    ("python", "-c", "pass"): "python -c pass",
    ("airflow", "airflow"): "airflow airflow",
    (): "airflow ",
    ("airflow",): "airflow ",
}


def test_the_first_word_chooses_the_program_and_the_exit_code_is_the_containers(sandbox: Sandbox) -> None:
    outcomes = {words: sandbox.run(*words, **_QUICK) for words in _FIRST_WORDS}
    assert {words: _calls(outcome) for words, outcome in outcomes.items()} == {
        words: [call] for words, call in _FIRST_WORDS.items()
    }
    assert {outcome.code for outcome in outcomes.values()} == {0}
    outcome = sandbox.run("bash", "-c", "echo $0 $1; umask; exit 7", "a", "b c", **_QUICK)
    assert (outcome.code, outcome.stdout) == (7, "a b c\n0002\n")
    sandbox.fake("airflow", "exit 2")
    assert sandbox.run(**_QUICK).code == 2


def test_the_check_is_repeated_as_often_as_told_and_then_explained(sandbox: Sandbox) -> None:
    sandbox.fake("airflow", "echo no database here; exit 1")
    outcome = sandbox.run("version", CONNECTION_CHECK_MAX_COUNT="3", CONNECTION_CHECK_SLEEP_TIME="0")
    assert outcome.code == 1
    assert _calls(outcome) == ["airflow db check"] * 3
    assert "`airflow db check` failed 3 times" in outcome.stderr
    assert "no database here" in outcome.stderr


def test_a_database_that_comes_late_is_waited_for(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.fake("airflow", f"[[ $1 != db || -e {tmp_path}/up ]] || {{ touch {tmp_path}/up; exit 1; }}")
    outcome = sandbox.run("python", "x.py", CONNECTION_CHECK_SLEEP_TIME="0")
    assert outcome.code == 0
    assert _calls(outcome) == ["airflow db check", "airflow db check", "python x.py"]


@pytest.mark.parametrize(
    ("uid", "gid", "code", "message"),
    [
        (12345, 12345, 1, "--user 12345:0"),
        (50000, 50000, 0, "WARNING: running as user 50000 with group 50000"),
        (12345, 0, 0, ""),
    ],
)
def test_any_user_of_group_0_is_welcome(
    sandbox: Sandbox, uid: int, gid: int, code: int, message: str
) -> None:
    _run_as(sandbox, uid, gid)
    outcome = sandbox.run("version", **_QUICK)
    assert (outcome.code, _calls(outcome)) == (code, [] if code else ["airflow version"])
    assert (message in outcome.stderr) if message else (outcome.stderr == "")


def test_root_finds_airflows_packages(sandbox: Sandbox) -> None:
    _run_as(sandbox, 0, 0)
    sandbox.fake("python", "echo 3.13")
    settings = {**_QUICK, "AIRFLOW_USER_HOME_DIR": "/h", "PYTHONPATH": "/p"}
    outcome = sandbox.run("bash", "-c", "echo $PYTHONPATH", **settings)
    assert outcome.stdout == "/h/.local/lib/python3.13/site-packages:/p\n"


def test_the_database_is_migrated_and_a_user_created_on_request_but_not_without_password(
    sandbox: Sandbox,
) -> None:
    for variable in ("_AIRFLOW_DB_MIGRATE", "_AIRFLOW_DB_UPGRADE"):
        outcome = sandbox.run("version", **_QUICK, **{variable: "true"})
        assert _calls(outcome) == ["airflow db migrate", "airflow version"]
    settings = {**_QUICK, "_AIRFLOW_WWW_USER_CREATE": "true"}
    outcome = sandbox.run("version", **settings)
    assert outcome.code == 1
    assert "_AIRFLOW_WWW_USER_PASSWORD" in outcome.stderr
    settings |= {"_AIRFLOW_WWW_USER_PASSWORD_CMD": "echo geheim"}
    create, then = _calls(sandbox.run("version", **settings))
    assert create.startswith("airflow users create --username admin ")
    assert create.endswith("--role Admin --password geheim")
    assert then == "airflow version"


def test_more_packages_are_installed_and_warned_of(sandbox: Sandbox) -> None:
    sandbox.fake("sleep", "exit 0")  # ends the ten minutes at once: the container is told to end
    settings = {**_QUICK, "AIRFLOW_VERSION": "3.1.5", "_PIP_ADDITIONAL_REQUIREMENTS": "a==1  b"}
    outcome = sandbox.run(
        "bash", "-c", "trap 'exit 9' HUP; while :; do read -rt 0.1 <> <(:); done", **settings
    )
    first, check = [call for call in outcome.calls if call.startswith("pip")]
    assert first == "pip install --root-user-action ignore --no-cache-dir apache-airflow==3.1.5 a==1 b"
    assert check == "pip check"
    assert "for trials only" in outcome.stderr


_BROKER = ["airflow config get-value celery broker_url", "python - redis://r"]


@pytest.mark.parametrize(("executor", "broker"), [("CeleryExecutor", _BROKER), ("LocalExecutor", [])])
def test_the_broker_is_waited_for_where_celery_runs(
    sandbox: Sandbox, executor: str, broker: list[str]
) -> None:
    answers = f"[[ $4 == executor ]] && echo {executor}; [[ $4 == broker_url ]] && echo redis://r; true"
    sandbox.fake("airflow", answers)
    calls = ["airflow db check", "airflow config get-value core executor", *broker, "airflow celery worker"]
    assert _calls(sandbox.run("celery", "worker")) == calls
