"""The labels in an image's configuration, which its manifest repeats as annotations.

Keys are those of the OCI image specification 1.1 (annotations.md). All of them are set, since the base's own
describe the base. Values come from the commit, the base and the configuration: equal commits, equal labels.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime

from ..config.dag_type import DagType
from ..config.revision import Revision, SourceInfo

OCI = "org.opencontainers.image."
BASE_DIGEST = f"{OCI}base.digest"
DAG = "airflow-images.dag"
FORCED = "airflow-images.forced"
DEPENDENCIES = "airflow-images.dependencies"
"""The digest of ci/image/dependencies.py."""
INHERITED = "org.apache.airflow."  # facts about the base that hold for an image above it


def labels(
    dag_type: DagType, source: SourceInfo, base: str, dependencies: str = "", forced: str = ""
) -> dict[str, str]:
    """Return the labels of a DAG type's image.

    ``base`` is a reference by digest, ``dependencies`` the digest of the inputs of the packages' layers;
    ``forced`` says why it is published although its gate failed; both may be empty.
    """
    organisation, origin, revision = source.organisation, source.origin, source.revision
    web = origin.web if origin else ""
    owner = origin.owner if origin else ""
    name, _, digest = base.partition("@")
    standard = {
        "title": f"Airflow DAGs: {dag_type.name}",
        "description": dag_type.project.description
        or f"Airflow with the DAGs and packages of {dag_type.name}",
        "url": organisation.url or web,
        "source": web,
        "documentation": organisation.documentation or web,
        "authors": organisation.authors or owner,
        "vendor": organisation.vendor or owner,
        "licenses": organisation.licenses or "NOASSERTION",  # SPDX's word for unknown
        "version": version(revision),
        "revision": revision.commit if not revision.dirty else f"{revision.commit}-dirty",
        "ref.name": version(revision),
        "created": created(revision),
        "base.name": name,
        BASE_DIGEST.removeprefix(OCI): digest,
    }
    ours = {DAG: dag_type.name, DEPENDENCIES: dependencies, FORCED: forced}
    named = {f"{OCI}{key}": value for key, value in sorted(standard.items())} | ours
    return {key: value for key, value in named.items() if value}


def version(revision: Revision) -> str:
    """Return the version of an image: its commit's, so that branch and release of a commit are one image."""
    return f"dirty-{revision.dirty[:12]}" if revision.dirty else f"sha-{revision.commit[:7]}"


def created(revision: Revision) -> str:
    """Return the commit's time as RFC 3339, in UTC."""
    return datetime.fromtimestamp(revision.created, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def read(config: str) -> dict[str, str]:
    """Return the labels in the text of an image's configuration; none if it has another shape.

    The text may be anyone's: it is read before any signature, and may be no configuration, or no JSON.
    """
    try:
        labels = json.loads(config)["config"]["Labels"].items()
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError):
        return {}
    return {key: value for key, value in labels if isinstance(value, str)}


def inherited(base_labels: Mapping[str, str]) -> dict[str, str]:
    """Return those of a base's labels that stay."""
    return {key: value for key, value in base_labels.items() if key.startswith(INHERITED)}
