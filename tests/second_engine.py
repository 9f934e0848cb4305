"""Publish on one engine, reproduce on another that has never seen anything: the digest must be the same.

    python3 tests/second_engine.py [--dag salesforce]

It works in a copy of the project with a commit of its own. The second engine is airgap's instance
"second", which starts with empty state and is removed at the end; the registry is the first instance's, which
both reach.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

PROJECT = Path(__file__).parents[1]
SECOND = "second"
LEFT_OUT = shutil.ignore_patterns(".git", ".venv", "__pycache__", ".*_cache", ".hypothesis")


def run(project: Path, instance: str, *command: str) -> str:
    """Return the standard output of a command; end the program with what it said where it fails."""
    env = {**os.environ, "AIRGAP_INSTANCE": instance, "DAGGERW": "airgap"}
    if instance == SECOND:
        env.pop("AIRGAP_PORT", None)  # the first one's
    done = subprocess.run(command, cwd=project, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)}: exit code {done.returncode}\n{done.stdout}\n{done.stderr[-3000:]}")
    return done.stdout


def prove(project: Path, dag: str) -> list[str]:
    """Return the verdicts of the second engine on images of the first: of one DAG type, or of all."""
    git = ("git", "-c", "user.name=test", "-c", "user.email=test@localhost")
    first = os.environ.get("AIRGAP_INSTANCE", "default")
    run(project, first, "git", "init", "--quiet", "--initial-branch", "main")
    run(project, first, "git", "add", "--all")
    run(project, first, *git, "commit", "--quiet", "--message", "second engine")
    run(project, first, sys.executable, "-m", "airgap", "up")
    status = run(project, first, sys.executable, "-m", "airgap", "status")
    registry = re.search(r"^registry .* answers at (\S+)", status, flags=re.MULTILINE)
    if registry is None:
        sys.exit(f"no registry answers:\n{status}")
    # As docs/publish.md says: what a user gives with each publish, once; git ignores the file.
    defaults = {
        "registry": registry[1],
        "owner": "second-engine",
        "username": "anyone",
        "token": "cmd://printf accepted",
        "allowUnscanned": "a test of digests",
    }
    lines = (f"AIRFLOW_IMAGES_PUBLISH_{name.upper()}={value}\n" for name, value in defaults.items())
    (project / ".env").write_text("".join(lines), encoding="utf-8")
    what = (*(("--dag", dag) if dag else ()), "--format", "json")
    published = run(project, first, "./daggerw", "call", "publish", *what)
    references = [image["reference"] for image in json.loads(published)["images"]]
    run(project, SECOND, sys.executable, "-m", "airgap", "clean")
    try:
        image = ("./daggerw", "call", "registry", "image", "--reference")
        return [run(project, SECOND, *image, reference, "reproduce") for reference in references]
    finally:
        run(project, SECOND, sys.executable, "-m", "airgap", "clean")


def main() -> None:
    """Prove it, and say so."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--dag", default="", help="one DAG type alone")
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder, "project")
        shutil.copytree(PROJECT, project, ignore=LEFT_OUT)
        verdicts = prove(project, parser.parse_args().dag)
    print(*verdicts, sep="\n")
    if not verdicts or not all(verdict.startswith("identical: ") for verdict in verdicts):
        sys.exit("the second engine made another image")


if __name__ == "__main__":
    main()
