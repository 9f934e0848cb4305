"""Make Airflow's metadata database, and write it to a file as the SQL that makes it again.

python -B -m programs.migrate DUMP.sql      with AIRFLOW__DATABASE__SQL_ALCHEMY_CONN: an empty database
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from .metadata import URL, connect, dump

SECONDS = 60


def main(target: str) -> int:
    """Migrate, and write the dump; gives Airflow's own exit code where it fails."""
    connection = connect(os.environ[URL], SECONDS)
    ran = subprocess.run(["airflow", "db", "migrate"], check=False)  # noqa: S607 - as the image has it
    if ran.returncode == 0:
        Path(target).write_text(dump(connection), encoding="utf-8")
    return ran.returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
