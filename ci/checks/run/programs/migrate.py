"""Make Airflow's metadata database, and dump it as SQL.

    python -B -m programs.migrate URL DUMP.sql

URL is that of an empty database, and Airflow's own by AIRFLOW__DATABASE__SQL_ALCHEMY_CONN.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from .metadata import connect, dump

SECONDS = 60


def main(url: str, target: str) -> int:
    """Migrate, and write the dump; return Airflow's exit code."""
    connection = connect(url, SECONDS)
    status = subprocess.run(["airflow", "db", "migrate"], check=False).returncode  # noqa: S607 - the image's own
    if status == 0:
        Path(target).write_text(dump(connection), encoding="utf-8")
    return status


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
