"""The entrypoint of PostgreSQL's stand-in, with the server's programs replaced."""

from pathlib import Path

import pytest

import airgap.standins.postgres as package

from .entrypoint_sandbox import Outcome, Sandbox

_KEY = {"POSTGRES_PASSWORD": "x"}
_ODD_KEY = {"POSTGRES_PASSWORD": 'p"$x'}
_SCRIPT = Path(package.__file__).with_name("entrypoint.sh")


class Server:
    """The entrypoint with a data folder and a folder of scripts."""

    def __init__(self, folder: Path) -> None:
        """Make the folders and stand-ins for initdb, pg_ctl, psql and the server itself."""
        self.data = folder / "data"
        self.scripts = folder / "scripts"
        self.data.mkdir()
        self.scripts.mkdir()
        self.sandbox = Sandbox(folder, _SCRIPT, {"/docker-entrypoint-initdb.d/": f"{self.scripts}/"})
        self.sandbox.fake("id", "echo 999")
        show = 'for word; do case $word in --pwfile=*) echo "password $(<"${word#--pwfile=}")";; esac; done'
        self.sandbox.fake("initdb", f"{show}; echo 17 > $PGDATA/PG_VERSION; : > $PGDATA/pg_hba.conf")
        self.sandbox.fake("psql", 'echo "input $([[ $* == *--file* ]] || cat)"')
        for name in ("pg_ctl", "postgres", "other"):
            self.sandbox.fake(name)

    def start(self, *arguments: str, **settings: str) -> Outcome:
        """Run the entrypoint."""
        return self.sandbox.run(*(arguments or ("postgres",)), PGDATA=str(self.data), **settings)


@pytest.fixture
def server(tmp_path: Path) -> Server:
    return Server(tmp_path)


def _call(outcome: Outcome, program: str) -> str:
    """Return the first call of a program."""
    return next(call for call in outcome.calls if call.startswith(program))


def _programs(outcome: Outcome) -> list[str]:
    return [call.split(" ", 1)[0] for call in outcome.calls if not call.startswith("id ")]


def test_the_first_start_makes_a_cluster_and_then_serves(server: Server) -> None:
    outcome = server.start(**_ODD_KEY, POSTGRES_DB="d")
    assert outcome.code == 0
    assert _programs(outcome) == ["initdb", "pg_ctl", "psql", "pg_ctl", "postgres"]
    assert 'password p"$x\n' in outcome.stdout
    assert (server.data / "pg_hba.conf").read_text() == "\nhost all all all scram-sha-256\n"
    assert [call for call in outcome.calls if _ODD_KEY["POSTGRES_PASSWORD"] in call] == []
    assert _programs(server.start()) == ["postgres"]  # without a password


@pytest.mark.parametrize(("arguments", "options"), [(("-c", "fsync=off"), "'-c' 'fsync=off'"), ((), "")])
def test_the_server_that_fills_the_cluster_is_out_of_reach(
    server: Server, arguments: tuple[str, ...], options: str
) -> None:
    outcome = server.start(*arguments, **_KEY)
    begin = f"pg_ctl --wait --silent start -o {options} -c listen_addresses='' -c port=5432"
    assert _call(outcome, "pg_ctl") == begin
    assert outcome.calls[-1].split() == ["postgres", *arguments]


def test_user_and_database_are_made(server: Server, tmp_path: Path) -> None:
    outcome = server.start(**_KEY, POSTGRES_USER="me", POSTGRES_DB="my-db")
    assert _call(outcome, "initdb").startswith("initdb --username=me ")
    expected = "--username=me --no-password --dbname=postgres --set=name=my-db --quiet"
    assert _call(outcome, "psql").endswith(expected)
    assert 'input CREATE DATABASE :"name";' in outcome.stdout
    (tmp_path / "other").mkdir()
    outcome = Server(tmp_path / "other").start(**_KEY, POSTGRES_USER="me")
    assert any("--set=name=me" in call for call in outcome.calls)


def test_trust_needs_no_password_but_a_warning(server: Server) -> None:
    outcome = server.start(POSTGRES_HOST_AUTH_METHOD="trust")
    assert outcome.code == 0
    assert "WARNING" in outcome.stderr
    assert (server.data / "pg_hba.conf").read_text() == "\nhost all all all trust\n"


def test_a_password_may_lie_in_a_file_and_arguments_for_initdb_are_read_as_a_shell_would(
    server: Server, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("from file\n")
    arguments = {"POSTGRES_INITDB_ARGS": "--data-checksums --locale='a b'"}
    outcome = server.start(POSTGRES_PASSWORD_FILE=str(tmp_path / "secret"), **arguments)
    assert "password from file\n" in outcome.stdout
    assert _call(outcome, "initdb").endswith(" --data-checksums --locale=a b")


@pytest.mark.parametrize(
    ("settings", "messages"),
    [
        ({}, ["set POSTGRES_PASSWORD", "POSTGRES_HOST_AUTH_METHOD=trust"]),
        (
            {**_KEY, "POSTGRES_PASSWORD_FILE": "/tmp"},  # noqa: S108 - it is never read
            ["POSTGRES_PASSWORD and POSTGRES_PASSWORD_FILE are both set"],
        ),
        ({"POSTGRES_PASSWORD_FILE": "/nowhere/secret"}, ["/nowhere/secret"]),
    ],
)
def test_without_one_password_it_refuses_and_says_what_to_set(
    server: Server, settings: dict[str, str], messages: list[str]
) -> None:
    outcome = server.start(**settings)
    assert (outcome.code, _programs(outcome)) == (1, [])
    assert [message for message in messages if message not in outcome.stderr] == []


def test_scripts_run_once_in_the_order_of_their_names(server: Server) -> None:
    (server.scripts / "1.sh").write_text('echo "sourced for $POSTGRES_DB"\n')
    (server.scripts / "2.sql").write_text("select 1;\n")
    (server.scripts / "3.txt").write_text("")
    outcome = server.start(**_KEY)
    lines = [line for line in outcome.stdout.splitlines() if str(server.scripts) in line or "sourced" in line]
    assert lines == [
        f"postgres: running {server.scripts}/1.sh",
        "sourced for postgres",
        f"postgres: running {server.scripts}/2.sql",
        f"postgres: leaving {server.scripts}/3.txt alone: not *.sh, *.sql or *.sql.gz",
    ]
    assert any(call.endswith(f"--dbname=postgres --file={server.scripts}/2.sql") for call in outcome.calls)
    assert "sourced" not in server.start().stdout


def test_a_script_that_fails_ends_the_start(server: Server) -> None:
    (server.scripts / "1.sh").write_text("false\n")
    outcome = server.start(**_KEY)
    assert outcome.code != 0
    assert "postgres" not in _programs(outcome)


@pytest.mark.parametrize("arguments", [("other", "a b"), ("postgres", "--version")])
def test_other_commands_run_as_they_are(server: Server, arguments: tuple[str, ...]) -> None:
    outcome = server.start(*arguments)
    assert outcome.code == 0
    assert outcome.calls == [" ".join(arguments)]
