"""A document that Trivy 0.70 wrote of a small image, its conversion to SPDX, other runs, and validators.

The image has two layers. The base: Debian with libc6 and login, and an lxml inside of setuptools. Added: jq,
which needs libc6; lxml and Jinja2; and one Go program at two paths, whose parts no purl tells apart.
"""

import json
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from random import Random
from typing import Any, cast
from uuid import UUID

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from ci.attest.sbom.graph import SbomSubject
from ci.image.oci import Json

DATA = Path(__file__).with_name("data")
CYCLONEDX = (DATA / "image.cdx.json").read_text(encoding="utf-8")
SPDX = (DATA / "image.spdx.json").read_text(encoding="utf-8")
BASE = "sha256:6022030bb2a5ca8eda5e458398f98cbfeb62145847c892b199934d1812a0beff"
ADDED = "sha256:6700cacffd75aeb91d8bf7ec5ea2af6077a3dd1a0d8ee4ccabedb44bbba6d118"
PATH = "/mnt/xx/img"  # that Trivy read it from
SUBJECT = SbomSubject(
    name="ghcr.io/acme/dags-demo", digest=f"sha256:{'a' * 64}", created="2026-01-02T03:04:05Z"
)
HOST = "https://files.example"

_CYCLONEDX = JsonStrictValidator(SchemaVersion.V1_6)
_PARSER: Any = import_module("spdx_tools.spdx.parser.jsonlikedict.json_like_dict_parser").JsonLikeDictParser
_VALIDATE: Any = import_module("spdx_tools.spdx.validation.document_validator").validate_full_spdx_document


def mistakes(text: str) -> list[str]:
    """Name what the standard's own validator finds wrong in a document."""
    document = json.loads(text)
    if "bomFormat" in document:
        found = _CYCLONEDX.validate_str(text)
        return [str(found)] if found else []
    return [each.validation_message for each in _VALIDATE(_PARSER().parse(document))]


def another_run(text: str, path: str, time: str, chance: Random) -> str:
    """Write the document as another run of Trivy could: elsewhere, later, with other names and orders."""
    document = json.loads(text)
    new = {PATH: path, made(document): time, document["serialNumber"]: _uuid(chance).urn}
    parts = [document["metadata"]["component"], *document["components"]]
    new |= {each["bom-ref"]: str(_uuid(chance)) for each in parts if "pkg:" not in each["bom-ref"]}
    return json.dumps(_shuffled(_renamed(document, new), chance))


def made(document: Json) -> str:
    """When Trivy wrote it."""
    return str(document["metadata"]["timestamp"])


def _shuffled(value: Any, chance: Random) -> Any:  # noqa: ANN401 - JSON of any kind
    if isinstance(value, dict):
        return {key: _shuffled(each, chance) for key, each in cast("Json", value).items()}
    if isinstance(value, list):
        items = [_shuffled(each, chance) for each in cast("list[Any]", value)]
        return chance.sample(items, len(items))
    return value


def _renamed(value: Any, new: Mapping[str, str]) -> Any:  # noqa: ANN401 - JSON of any kind
    text = json.dumps(value)
    for before, after in new.items():
        text = text.replace(json.dumps(before), json.dumps(after))
    return json.loads(text)


def _uuid(chance: Random) -> UUID:
    return UUID(int=chance.getrandbits(128), version=4)


def lock(*packages: str) -> str:
    """Write a pylock.toml."""
    return "\n".join(['lock-version = "1.0"', *packages])


def locked(package: str, version: str, files: Mapping[str, str]) -> str:
    """Write a package of a lock, with its files and their hashes."""
    wheels = [_file(file, sha256) for file, sha256 in files.items() if file.endswith(".whl")]
    sdists = [f"sdist = {_file(file, sha256)}\n" for file, sha256 in files.items() if file.endswith(".gz")]
    head = f'[[packages]]\nname = "{package}"\nversion = "{version}"\n'
    return f"{head}{''.join(sdists)}wheels = [{', '.join(wheels)}]\n"


def _file(file: str, sha256: str) -> str:
    return f'{{ url = "{HOST}/{file}", hashes = {{ sha256 = "{sha256}" }} }}'
