"""How pip's settings reach uv."""

from pathlib import Path

import pytest

from airgap.python_index import uv_settings

_CERTIFICATES = {"UV_SYSTEM_CERTS": "1"}


def _file(folder: Path, name: str, text: str) -> Path:
    (folder / name).write_text(text)
    return folder / name


def test_without_settings_uv_takes_its_own_index() -> None:
    assert uv_settings({}, []) == _CERTIFICATES


def test_pips_variable_is_passed_on() -> None:
    settings = uv_settings({"PIP_INDEX_URL": "https://mirror.example/simple"}, [])
    assert settings == {**_CERTIFICATES, "UV_DEFAULT_INDEX": "https://mirror.example/simple"}


@pytest.mark.parametrize("name", ["UV_DEFAULT_INDEX", "UV_INDEX_URL"])
def test_uvs_own_variables_go_first(name: str) -> None:
    assert uv_settings({name: "https://a.example", "PIP_INDEX_URL": "https://b.example"}, []) == _CERTIFICATES


def test_the_last_file_and_the_narrower_section_win(tmp_path: Path) -> None:
    files = [
        _file(tmp_path, "one", "[global]\nindex-url = https://one.example\n"),
        _file(
            tmp_path,
            "two",
            "[install]\nindex-url = https://install.example\n[global]\nindex-url = https://two.example\n",
        ),
        _file(tmp_path, "three", "[global]\ncert = /etc/ca.crt\n"),
    ]
    assert uv_settings({}, files)["UV_DEFAULT_INDEX"] == "https://install.example"
    assert uv_settings({}, files[:1])["UV_DEFAULT_INDEX"] == "https://one.example"


def test_files_that_are_broken_or_missing_are_passed_over(tmp_path: Path) -> None:
    files = [_file(tmp_path, "broken", "index-url = x\n"), tmp_path / "missing"]
    assert uv_settings({}, files) == _CERTIFICATES


def test_percent_signs_in_a_password_are_kept(tmp_path: Path) -> None:
    file = _file(tmp_path, "pip.conf", "[global]\nindex-url = https://me:a%40b@mirror.example/simple\n")
    assert uv_settings({}, [file])["UV_DEFAULT_INDEX"] == "https://me:a%40b@mirror.example/simple"
