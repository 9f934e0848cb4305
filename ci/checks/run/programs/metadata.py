"""Airflow's metadata database in PostgreSQL: connect to it, dump it, and read the result of a run from it."""

from __future__ import annotations

import importlib
import time
from typing import Any

# A run of one task is removed from the database when it ends; its last state is kept here. So is which run of
# a DAG was the first: it is the requested one, which may have triggered the others.
_KEEP = """
CREATE SCHEMA run;
CREATE TABLE run.started (id int, dag_id text, run_id text);
CREATE FUNCTION run.note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO run.started VALUES (NEW.id, NEW.dag_id, NEW.run_id);
    RETURN NEW;
END $$;
CREATE TRIGGER note AFTER INSERT ON dag_run FOR EACH ROW EXECUTE FUNCTION run.note();
CREATE VIEW run.requested AS SELECT DISTINCT ON (dag_id) dag_id, run_id FROM run.started ORDER BY dag_id, id;
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

_RUN = "SELECT state FROM dag_run JOIN run.requested USING (dag_id, run_id) WHERE dag_id = %s"
_TASKS = """
SELECT task_id, map_index, state FROM task_instance JOIN run.requested USING (dag_id, run_id)
WHERE dag_id = %(dag)s
UNION ALL SELECT task_id, map_index, state FROM run.ended JOIN run.requested USING (dag_id, run_id)
WHERE dag_id = %(dag)s AND %(task)s <> ''
ORDER BY 1, 2
"""
_DAGS = """
SELECT dag_id, array(SELECT jsonb_path_query(data::jsonb, '$.dag.tasks[*].__var.task_id') #>> '{}' ORDER BY 1)
FROM serialized_dag ORDER BY 1
"""
_ERRORS = "SELECT filename, stacktrace FROM import_error ORDER BY 1"

Json = dict[str, Any]
Connection = Any  # of psycopg2, Airflow's own driver, which isn't installed where this is tested


def connect(url: str, seconds: float) -> Connection:
    """Return a connection as soon as the server answers; raise psycopg2's error where it doesn't in time."""
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
            return connection


def dump(connection: Connection) -> str:
    """Return the database as SQL, by the server's own pg_dump; the user must be a superuser."""
    parameters = connection.get_dsn_parameters()
    with connection.cursor() as cursor:
        cursor.execute(_KEEP)
        cursor.execute(_DUMP.format(parameters["user"], parameters["dbname"]))
        cursor.execute(_READ)
        return str(cursor.fetchall()[0][0])


def create_user_and_database(connection: Connection, user: str, database: str) -> None:
    """Create a user and a database unless they exist; an empty name means none."""
    sql = importlib.import_module("psycopg2.sql")
    with connection.cursor() as cursor:
        for (query, statement), name in ((_ROLE, user), (_DATABASE, database)):
            cursor.execute(query, (name,))
            if name and not cursor.fetchall():
                cursor.execute(sql.SQL(statement).format(sql.Identifier(name)))


def read_result(connection: Connection, dag: str, task: str) -> Json:
    """Return the database's part of the result of ``run.py``: the requested run, and all DAGs.

    It may have secrets: stack traces hold what DAG files raised.
    """
    with connection.cursor() as cursor:

        def rows(statement: str, values: object = None) -> list[tuple[Any, ...]]:
            cursor.execute(statement, values)
            return cursor.fetchall()

        states = rows(_RUN, (dag,))
        tasks = rows(_TASKS, {"dag": dag, "task": task})
        dags = {name: ids for name, ids in rows(_DAGS)}  # noqa: C416 - rows have any length for the type checker
        errors = {file: str(trace).strip().rpartition("\n")[2] for file, trace in rows(_ERRORS)}
    return {
        "run_state": states[0][0] if states else None,
        "tasks": [
            {"id": name, "map_index": index, "state": state}
            for name, index, state in tasks
            if task in ("", name)
        ],
        "dags": dags,
        "import_errors": errors,
    }
