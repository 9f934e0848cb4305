"""A driver of PostgreSQL reports its connections, imported before or after."""

import importlib
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from ci.checks.dags.programs import drivers

DRIVER = "def connect(*arguments, **options):\n    return arguments, options\n"


@pytest.fixture
def addresses(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Give an empty list for addresses, and no imported driver."""
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    for name in drivers.DRIVERS:
        monkeypatch.delitem(sys.modules, name, raising=False)
    return []


@pytest.mark.parametrize(
    ("arguments", "options", "address"),
    [
        (("host=db port=5433 dbname=x",), {}, "db:5433"),
        (("host = 'db'",), {}, "db:5432"),
        (("postgresql://user:secret@db:5433/x",), {}, "db:5433"),
        (("postgresql://db/x",), {}, "db:5432"),
        ((), {"dsn": "host=db"}, "db:5432"),
        ((), {"conninfo": "host=db"}, "db:5432"),
        (("dbname=x",), {"host": "db", "port": 1}, "db:1"),
        ((), {}, "localhost:5432"),
    ],
)
def test_an_address_is_known_however_it_is_given(
    arguments: tuple[str, ...], options: dict[str, object], address: str
) -> None:
    assert drivers.address(*arguments, **options) == address


@pytest.mark.parametrize("name", drivers.DRIVERS)
def test_a_driver_that_is_imported_later_reports(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, addresses: list[str], name: str
) -> None:
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    drivers.watch(addresses.append)
    with pytest.raises(ModuleNotFoundError, match=name):
        importlib.import_module(name)
    (tmp_path / f"{name}.py").write_text(DRIVER)
    importlib.invalidate_caches()
    assert importlib.import_module(name).connect("host=db", timeout=1) == (("host=db",), {"timeout": 1})
    assert addresses == ["db:5432"]


def test_a_driver_that_is_imported_already_reports(
    monkeypatch: pytest.MonkeyPatch, addresses: list[str]
) -> None:
    module = SimpleNamespace(connect=dict[str, str])
    monkeypatch.setitem(sys.modules, "psycopg2", module)  # pyright: ignore[reportArgumentType]
    monkeypatch.setitem(sys.modules, "psycopg", SimpleNamespace())  # pyright: ignore[reportArgumentType]
    drivers.watch(addresses.append)
    assert module.connect(host="db") == {"host": "db"}
    assert addresses == ["db:5432"]
