"""What becomes of the mounts of RUN: only those of secrets mean a login."""

import pytest

from ci.starting.mounts import mounted

LOGIN = "--netrc"


@pytest.mark.parametrize(
    ("value", "command", "told", "todo"),
    [
        ("type=cache,target=/root/.cache", "uv sync", "the build has its own", False),
        ("type=tmpfs,target=/tmp", "make", "for its command alone", False),
        ("type=secret,id=x", "pip install .", LOGIN, True),
        ("type=ssh", "pip install .", LOGIN, True),
        (
            "type=bind,source=requirements.txt,target=/tmp/requirements.txt",
            "pip install -r /tmp/requirements.txt",
            "its command is told on its own",
            False,
        ),
        ("source=a/r.txt,target=r.txt", "pip install -r r.txt", "its command is told on its own", False),
        (
            "type=bind,src=r.txt,dst=/x/q.txt",
            "pip install -r /x/q.txt",
            "its command is told on its own",
            False,
        ),
        ("type=bind,source=pyproject.toml,target=pyproject.toml", "uv sync", "told on its own", False),
        ("type=bind,source=./pyproject.crm.toml,target=pyproject.toml", "uv sync", "is images/crm/", False),
        ("type=bind,source=uv.lock,target=uv.lock", "uv sync", "compare versions that matter", True),
        ("type=bind,source=.,target=/src", "make", "nothing of it is in an image", True),
        ("type=bind,target=/src", "make", "nothing of it is in an image", True),
        (
            "from=ghcr.io/astral-sh/uv:0.9,source=/uv,target=/bin/uv",
            "uv sync",
            "the uv of ci/pins.toml",
            False,
        ),
        ("type=bind,from=builder,source=/x,target=/x", "cp /x /y", "files of another image", True),
        ("type=new,source=/x", "cp /x /y", "isn't known", True),
        ("", "make", "nothing of it is in an image", True),
    ],
)
def test_a_mount_has_its_own_remedy(value: str, command: str, told: str, todo: bool) -> None:  # noqa: FBT001
    found = mounted(value, command, "crm")
    assert told in found.outcome
    assert found.todo is todo
    assert (LOGIN in found.outcome) is (told == LOGIN)


def test_a_bound_file_is_known_by_both_its_names() -> None:
    found = mounted("type=bind,source=./pyproject.crm.toml,target=/x/pyproject.toml", "uv sync", "crm")
    assert (found.source, found.target) == ("pyproject.crm.toml", "/x/pyproject.toml")
    other = mounted("type=bind,from=a,source=pyproject.crm.toml,target=pyproject.toml", "uv sync", "crm")
    assert (other.source, other.target) == ("", "")
