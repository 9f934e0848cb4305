"""The settings in images/publish.toml: the names of published images, the organisation in their labels."""

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict

from ..errors import ConfigurationError, did_you_mean
from . import toml
from .toml import Table

FILE = "images/publish.toml"
DEFAULT = "ghcr.io/{owner}/de-airflow-pipeline-{dag}:{version}"
PLACEHOLDERS = ("dag", "owner", "repo", "version")

_EXPECTED = f"expected one like {DEFAULT!r}"


def _reference(value: str) -> str:
    name, colon, tag = value.rpartition(":")
    host, slash, path = name.partition("/")
    unknown = sorted(set(re.findall(r"\{([^{}]*)\}", value)) - set(PLACEHOLDERS))
    if unknown:
        known = f"; the placeholders are {', '.join(f'{{{x}}}' for x in PLACEHOLDERS)}"
        hint = did_you_mean(unknown[0], PLACEHOLDERS)
        raise ValueError(f"has an unknown placeholder {{{unknown[0]}}}{hint}{known}")
    if re.search(r"[{}]", re.sub(r"\{[^{}]*\}", "", value)):
        raise ValueError(f"has an unpaired brace; {_EXPECTED}")
    if not (colon and slash and path) or "/" in tag or not re.search(r"[.:]|^localhost$", host):
        raise ValueError(f"is not a reference with a registry, a name and a tag; {_EXPECTED}")
    if "{" in host:
        raise ValueError(f"has a placeholder in its registry; {_EXPECTED}, or give --registry")
    if "{version}" not in tag or "{version}" in name:
        raise ValueError(f"lacks {{version}} in its tag, for branch, release and commit; {_EXPECTED}")
    if tag.count("{version}") > 1:
        raise ValueError(f"has {{version}} more than once, so that no tag can be read back; {_EXPECTED}")
    if "{dag}" not in value:
        raise ValueError(f"lacks {{dag}}, so that DAG types would overwrite each other; {_EXPECTED}")
    return value


class Publish(Table):
    """The table [publish]: the pattern of references."""

    reference: Annotated[str, AfterValidator(_reference)] = DEFAULT


class Organisation(Table):
    """The table [labels]: who makes the images; an empty key is filled in from git."""

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
    """Return the settings in the text of images/publish.toml; raise ConfigurationError with every mistake."""
    problems: list[str] = []
    document = toml.document(FILE, text, ("publish", "labels"), problems)
    publish = toml.read(FILE, "publish", Publish, document.get("publish", {}), problems)
    labels = toml.read(FILE, "labels", Organisation, document.get("labels", {}), problems)
    if problems or publish is None or labels is None:
        raise ConfigurationError(problems)
    return PublishSettings(publish=publish, labels=labels)
