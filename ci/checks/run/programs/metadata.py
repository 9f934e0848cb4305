"""Airflow's metadata database in PostgreSQL: reach it, write it to a file, and ask it what came of a run."""

from __future__ import annotations

import importlib
import time
from contextlib import AbstractContextManager
from typing import Any, Protocol, cast

URL = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"

# A run of one task removes it from the database when it ends; its last state is kept here. So is which run
# of a DAG was the first: that is the one that was asked for, and others are those that it triggered.
_KEEP = """
CREATE SCHEMA run;
CREATE TABLE run.started (id int, dag_id text, run_id text);
CREATE FUNCTION run.note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO run.started VALUES (NEW.id, NEW.dag_id, NEW.run_id);
    RETURN NEW;
END $$;
CREATE TRIGGER note AFTER INSERT ON dag_run FOR EACH ROW EXECUTE FUNCTION run.note();
CREATE VIEW run.asked AS SELECT DISTINCT ON (dag_id) dag_id, run_id FROM run.started ORDER BY dag_id, id;
CREATE TABLE run.ended (dag_id text, run_id text, task_id text, map_index int, state text);
CREATE FUNCTION run.keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO run.ended VALUES (OLD.dag_id, OLD.run_id, OLD.task_id, OLD.map_index, OLD.state);
    RETURN OLD;
END $$;
CREATE TRIGGER keep BEFORE DELETE ON task_instance FOR EACH ROW EXECUTE FUNCTION run.keep();
"""
_FILE = "metadata.sql"  # in the server's folder for data, which is its working directory
_DUMP = f"COPY (SELECT 1) TO PROGRAM 'pg_dump --username {{}} --no-owner {{}} >{_FILE}'"
_READ = f"SELECT pg_read_file('{_FILE}')"

_ROLE = ("SELECT 1 FROM pg_roles WHERE rolname = %s", "CREATE ROLE {} LOGIN SUPERUSER")
_DATABASE = ("SELECT 1 FROM pg_database WHERE datname = %s", "CREATE DATABASE {}")

_RUN = "SELECT state FROM dag_run JOIN run.asked USING (dag_id, run_id) WHERE dag_id = %s"
_TASKS = """
SELECT task_id, map_index, state FROM task_instance JOIN run.asked USING (dag_id, run_id)
WHERE dag_id = %(dag)s
UNION ALL SELECT task_id, map_index, state FROM run.ended JOIN run.asked USING (dag_id, run_id)
WHERE dag_id = %(dag)s AND %(task)s <> ''
ORDER BY 1, 2
"""
_DAGS = """
SELECT dag_id, array(SELECT jsonb_path_query(data::jsonb, '$.dag.tasks[*].__var.task_id') #>> '{}' ORDER BY 1)
FROM serialized_dag ORDER BY 1
"""
_BROKEN = "SELECT filename, stacktrace FROM import_error ORDER BY 1"

Json = dict[str, Any]


class Cursor(Protocol):
    """What is used of a cursor of psycopg2."""

    def execute(self, statement: object, values: object = None) -> None:
        """Run a statement."""
        ...

    def fetchall(self) -> list[tuple[Any, ...]]:
        """The rows that it gave."""
        ...


class Connection(Protocol):
    """What is used of a connection of psycopg2."""

    autocommit: bool

    def cursor(self) -> AbstractContextManager[Cursor]:
        """A cursor."""
        ...

    def get_dsn_parameters(self) -> dict[str, str]:
        """Whom and what it is connected as and to: user, dbname and others."""
        ...


def connect(url: str, seconds: float) -> Connection:
    """A connection as soon as the server answers; raises psycopg2's error where it doesn't in time.

    Args:
        url: as Airflow has it, with the driver.
        seconds: how long to wait.
    """
    # Airflow's base has the driver that Airflow itself uses; it isn't there when this is tested.
    driver = importlib.import_module("psycopg2")
    deadline = time.monotonic() + seconds
    while True:
        try:
            connection = driver.connect(url.replace("+psycopg2", ""), connect_timeout=5)
        except driver.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            connection.autocommit = True
            return cast("Connection", connection)


def dump(connection: Connection) -> str:
    """The database as the SQL that makes it again, by the server's own pg_dump; for a superuser alone."""
    facts = connection.get_dsn_parameters()
    with connection.cursor() as cursor:
        cursor.execute(_KEEP)
        cursor.execute(_DUMP.format(facts["user"], facts["dbname"]))
        cursor.execute(_READ)
        return str(cursor.fetchall()[0][0])


def admit(connection: Connection, user: str, database: str) -> None:
    """Make a user and a database where they aren't there; an empty name is none."""
    sql = importlib.import_module("psycopg2.sql")
    with connection.cursor() as cursor:
        for (ask, make), name in ((_ROLE, user), (_DATABASE, database)):
            cursor.execute(ask, (name,))
            if name and not cursor.fetchall():
                cursor.execute(sql.SQL(make).format(sql.Identifier(name)))


def came_of(connection: Connection, dag: str, task: str) -> Json:
    """What is known of the run that was asked for, and of the DAGs that there are, as the database has it.

    It is a part of the result of ``run.py``, but for what is secret in it: traces hold what DAG files raised.
    """
    with connection.cursor() as cursor:

        def rows(statement: str, values: object = None) -> list[tuple[Any, ...]]:
            cursor.execute(statement, values)
            return cursor.fetchall()

        states = rows(_RUN, (dag,))
        tasks = rows(_TASKS, {"dag": dag, "task": task})
        dags = {name: tasks for name, tasks in rows(_DAGS)}  # noqa: C416 - the rows are of no set length
        broken = {file: str(trace).strip().rpartition("\n")[2] for file, trace in rows(_BROKEN)}
    return {
        "run": states[0][0] if states else None,
        "tasks": [
            {"id": name, "map_index": index, "state": state}
            for name, index, state in tasks
            if task in ("", name)
        ],
        "dags": dags,
        "broken": broken,
    }
