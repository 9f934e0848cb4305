"""Which Python package index this machine uses: pip's settings, passed on to uv, which doesn't read them."""

import configparser
import os
from collections.abc import Iterable, Mapping
from pathlib import Path


def uv_settings(
    environ: Mapping[str, str] | None = None, files: Iterable[Path] | None = None
) -> dict[str, str]:
    """Return environment variables that give uv the index of pip's settings, and the machine's certificates.

    An index that uv's own variables name goes first. `files` are pip's configuration files, the last one
    wins; without arguments both come from this machine.
    """
    environ = os.environ if environ is None else environ
    settings = {"UV_SYSTEM_CERTS": "1"}
    if environ.keys() & {"UV_DEFAULT_INDEX", "UV_INDEX_URL"}:
        return settings
    index = environ.get("PIP_INDEX_URL") or _index_of(_pip_files(environ) if files is None else files)
    return {**settings, "UV_DEFAULT_INDEX": index} if index else settings


def _pip_files(environ: Mapping[str, str]) -> list[Path]:
    home = Path.home()
    config = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
    files = [Path("/etc/pip.conf"), home / ".pip" / "pip.conf", config / "pip" / "pip.conf"]
    return [*files, *(Path(name) for name in [environ.get("PIP_CONFIG_FILE", "")] if name)]


def _index_of(files: Iterable[Path]) -> str:
    index = ""
    for file in files:
        parser = configparser.RawConfigParser()
        try:
            parser.read(file)
        except (configparser.Error, UnicodeDecodeError):
            continue  # pip itself will say what is wrong with it
        for section in ("global", "install"):  # the command's own section wins over the general one
            index = parser.get(section, "index-url", fallback=index)
    return index
