"""What images/publish.toml may say: how published images are called, and what labels tell of the house."""

import re
import tomllib
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict

from ..errors import ConfigurationError, did_you_mean
from . import toml
from .toml import Table

FILE = "images/publish.toml"
DEFAULT = "ghcr.io/{owner}/de-airflow-pipeline-{dag}:{version}"
PLACEHOLDERS = ("dag", "owner", "repo", "version")

_SHAPE = f"write it like {DEFAULT!r}"


def _reference(value: str) -> str:
    name, colon, tag = value.rpartition(":")
    host, slash, path = name.partition("/")
    found = re.findall(r"\{([^{}]*)\}", value)
    unknown = sorted(set(found) - set(PLACEHOLDERS))
    if unknown:
        known = f"; known are {', '.join(f'{{{x}}}' for x in PLACEHOLDERS)}"
        hint = did_you_mean(unknown[0], PLACEHOLDERS)
        raise ValueError(f"has an unknown placeholder {{{unknown[0]}}}{hint}{known}")
    if re.search(r"[{}]", re.sub(r"\{[^{}]*\}", "", value)):
        raise ValueError(f"has a brace without its other: {_SHAPE}")
    if not (colon and slash and path) or "/" in tag or not re.search(r"[.:]|^localhost$", host):
        raise ValueError(f"is no reference with a registry, a name and a tag: {_SHAPE}")
    if "{" in host:
        raise ValueError(f"has a placeholder in its registry: {_SHAPE}, or give --registry")
    if "{version}" not in tag or "{version}" in name:
        raise ValueError(f"lacks {{version}} in its tag, where branch, release and commit go: {_SHAPE}")
    if "{dag}" not in value:
        raise ValueError(f"lacks {{dag}}: two DAG types would overwrite each other; {_SHAPE}")
    return value


class Publish(Table):
    """The table [publish]: the pattern of references."""

    reference: Annotated[str, AfterValidator(_reference)] = DEFAULT


class Organisation(Table):
    """The table [labels]: what git doesn't know about who makes the images; empty: what git says is used."""

    authors: str = ""
    vendor: str = ""
    licenses: str = ""
    documentation: str = ""
    url: str = ""


class PublishSettings(BaseModel):
    """The whole file."""

    model_config = ConfigDict(frozen=True)

    publish: Publish = Publish()
    labels: Organisation = Organisation()


def parse(text: str | None) -> PublishSettings:
    """The settings from the text of images/publish.toml; the defaults where there is none.

    Raises:
        ConfigurationError: with everything that is wrong in it.
    """
    if text is None:
        return PublishSettings()
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError([f"{FILE}: is no TOML: {error}"]) from None
    accepted = ("publish", "labels")
    problems = [
        f"{FILE}: unknown table [{table}]{did_you_mean(table, accepted) or ': expected [publish], [labels]'}"
        for table in document
        if table not in accepted
    ]
    publish = toml.read(FILE, "publish", Publish, document.get("publish", {}), problems)
    labels = toml.read(FILE, "labels", Organisation, document.get("labels", {}), problems)
    if problems or publish is None or labels is None:
        raise ConfigurationError(problems)
    return PublishSettings(publish=publish, labels=labels)
