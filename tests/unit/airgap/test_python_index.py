"""How pip's settings reach uv."""

from pathlib import Path

import pytest

from airgap.python_index import uv_settings


@pytest.mark.parametrize(
    ("variables", "texts", "index"),
    [
        ({}, [], None),
        ({"PIP_INDEX_URL": "https://mirror.example/simple"}, [], "https://mirror.example/simple"),
        # uv's own variables go first.
        ({"UV_DEFAULT_INDEX": "https://a.example", "PIP_INDEX_URL": "https://b.example"}, [], None),
        ({"UV_INDEX_URL": "https://a.example", "PIP_INDEX_URL": "https://b.example"}, [], None),
        ({}, ["[global]\nindex-url = https://one.example\n"], "https://one.example"),
        # The last file and the narrower section win.
        (
            {},
            [
                "[global]\nindex-url = https://one.example\n",
                "[install]\nindex-url = https://two.example\n[global]\nindex-url = https://three.example\n",
                "[global]\ncert = /etc/ca.crt\n",
            ],
            "https://two.example",
        ),
        (
            {},
            ["[global]\nindex-url = https://me:a%40b@r.example/simple\n"],
            "https://me:a%40b@r.example/simple",
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
