"""The entrypoint of Airflow's stand-in, with airflow, python and pip replaced."""

from pathlib import Path

import pytest

import airgap.standins.airflow as package

from .entrypoint_sandbox import Sandbox

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


def _without_questions(calls: list[str]) -> list[str]:
    return [call for call in calls if call.split(" ", 1)[0] not in {"id", "whoami"}]


@pytest.mark.parametrize(
    ("arguments", "call"),
    [
        (("version",), "airflow version"),
        (("airflow", "version"), "airflow version"),
        (("python", "-c", "pass"), "python -c pass"),
        (("airflow", "airflow"), "airflow airflow"),
        ((), "airflow "),
        (("airflow",), "airflow "),
    ],
)
def test_the_first_word_chooses_the_program(sandbox: Sandbox, arguments: tuple[str, ...], call: str) -> None:
    outcome = sandbox.run(*arguments, **_QUICK)
    assert outcome.code == 0
    assert _without_questions(outcome.calls) == [call]


def test_bash_is_a_shell(sandbox: Sandbox) -> None:
    outcome = sandbox.run("bash", "-c", "echo $0 $1; umask; exit 7", "a", "b c", **_QUICK)
    assert (outcome.code, outcome.stdout) == (7, "a b c\n0002\n")


def test_airflows_exit_code_is_the_containers(sandbox: Sandbox) -> None:
    sandbox.fake("airflow", "exit 2")
    assert sandbox.run(**_QUICK).code == 2


def test_the_database_is_checked_before_anything_runs(sandbox: Sandbox) -> None:
    outcome = sandbox.run("python", "x.py")
    assert _without_questions(outcome.calls) == ["airflow db check", "python x.py"]


def test_the_check_is_repeated_as_often_as_told_and_then_explained(sandbox: Sandbox) -> None:
    sandbox.fake("airflow", "echo no database here; exit 1")
    outcome = sandbox.run("version", CONNECTION_CHECK_MAX_COUNT="3", CONNECTION_CHECK_SLEEP_TIME="0")
    assert outcome.code == 1
    assert _without_questions(outcome.calls) == ["airflow db check"] * 3
    assert "`airflow db check` failed 3 times" in outcome.stderr
    assert "no database here" in outcome.stderr


def test_a_database_that_comes_late_is_waited_for(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.fake("airflow", f"[[ $1 != db || -e {tmp_path}/up ]] || {{ touch {tmp_path}/up; exit 1; }}")
    outcome = sandbox.run("version", CONNECTION_CHECK_SLEEP_TIME="0")
    assert outcome.code == 0
    assert _without_questions(outcome.calls) == ["airflow db check", "airflow db check", "airflow version"]


def test_another_group_is_refused(sandbox: Sandbox) -> None:
    _run_as(sandbox, 12345, 12345)
    outcome = sandbox.run("version", **_QUICK)
    assert outcome.code == 1
    assert "--user 12345:0" in outcome.stderr
    assert _without_questions(outcome.calls) == []


def test_airflows_own_user_with_another_group_is_warned(sandbox: Sandbox) -> None:
    _run_as(sandbox, 50000, 50000)
    outcome = sandbox.run("version", **_QUICK)
    assert outcome.code == 0
    assert "WARNING: running as user 50000 with group 50000" in outcome.stderr


def test_any_user_of_group_0_is_welcome(sandbox: Sandbox) -> None:
    _run_as(sandbox, 12345, 0)
    outcome = sandbox.run("version", **_QUICK)
    assert (outcome.code, outcome.stderr) == (0, "")


def test_root_finds_airflows_packages(sandbox: Sandbox) -> None:
    _run_as(sandbox, 0, 0)
    sandbox.fake("python", "echo 3.13")
    outcome = sandbox.run(
        "bash", "-c", "echo $PYTHONPATH", AIRFLOW_USER_HOME_DIR="/h", PYTHONPATH="/p", **_QUICK
    )
    assert outcome.stdout == "/h/.local/lib/python3.13/site-packages:/p\n"


@pytest.mark.parametrize("variable", ["_AIRFLOW_DB_MIGRATE", "_AIRFLOW_DB_UPGRADE"])
def test_the_database_is_migrated_on_request(sandbox: Sandbox, variable: str) -> None:
    outcome = sandbox.run("version", **_QUICK, **{variable: "true"})
    assert _without_questions(outcome.calls) == ["airflow db migrate", "airflow version"]


def test_a_user_is_created_on_request(sandbox: Sandbox) -> None:
    settings = {**_QUICK, "_AIRFLOW_WWW_USER_CREATE": "true", "_AIRFLOW_WWW_USER_PASSWORD_CMD": "echo geheim"}
    create, then = _without_questions(sandbox.run("version", **settings).calls)
    assert create.startswith("airflow users create --username admin ")
    assert create.endswith("--role Admin --password geheim")
    assert then == "airflow version"


def test_a_user_without_password_is_refused(sandbox: Sandbox) -> None:
    outcome = sandbox.run("version", _AIRFLOW_WWW_USER_CREATE="true", **_QUICK)
    assert outcome.code == 1
    assert "_AIRFLOW_WWW_USER_PASSWORD" in outcome.stderr


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


def test_the_broker_is_waited_for_where_celery_runs(sandbox: Sandbox) -> None:
    sandbox.fake(
        "airflow",
        "[[ $4 == executor ]] && echo CeleryExecutor; [[ $4 == broker_url ]] && echo redis://r; true",
    )
    outcome = sandbox.run("celery", "worker")
    assert _without_questions(outcome.calls) == [
        "airflow db check",
        "airflow config get-value core executor",
        "airflow config get-value celery broker_url",
        "python - redis://r",
        "airflow celery worker",
    ]


def test_other_executors_have_no_broker(sandbox: Sandbox) -> None:
    sandbox.fake("airflow", "[[ $4 == executor ]] && echo LocalExecutor; true")
    outcome = sandbox.run("scheduler")
    assert _without_questions(outcome.calls)[1:] == [
        "airflow config get-value core executor",
        "airflow scheduler",
    ]
