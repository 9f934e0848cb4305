"""How pip's settings reach uv."""

from pathlib import Path

import pytest

from airgap.python_index import uv_settings

_ONE, _TWO, _LOGIN = "https://one.example", "https://two.example", "https://me:a%40b@r.example/simple"


@pytest.mark.parametrize(
    ("variables", "texts", "index"),
    [
        ({}, [], None),
        ({"PIP_INDEX_URL": _ONE}, [], _ONE),
        # uv's own variables go first.
        *(({name: _ONE, "PIP_INDEX_URL": _TWO}, [], None) for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL")),
        *(({}, [f"[global]\nindex-url = {url}\n"], url) for url in (_ONE, _LOGIN)),
        # The last file and the narrower section win.
        (
            {},
            [
                "[global]\nindex-url = https://first.example\n",
                f"[install]\nindex-url = {_TWO}\n[global]\nindex-url = {_ONE}\n",
                "[global]\ncert = /etc/ca.crt\n",
            ],
            _TWO,
        ),
        ({}, ["index-url = broken\n"], None),
    ],
)
def test_pips_index_is_passed_on(
    tmp_path: Path, variables: dict[str, str], texts: list[str], index: str | None
) -> None:
    files = [tmp_path / str(number) for number, _ in enumerate(texts)]
    for file, text in zip(files, texts, strict=True):
        file.write_text(text)
    settings = {"UV_SYSTEM_CERTS": "1", **({"UV_DEFAULT_INDEX": index} if index else {})}
    assert uv_settings(variables, [*files, tmp_path / "missing"]) == settings
