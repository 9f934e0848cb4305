"""What an image says of itself: the labels of its configuration, which its manifest repeats as annotations.

Keys are those of the OCI image specification 1.1 (annotations.md). Every one of them is set anew, since a
base's own describe the base. All values come from the commit, the base and the configuration: equal commits,
equal labels.
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
KEPT = "org.apache.airflow."  # facts about the base which stay true above it


def labels(dag_type: DagType, sources: SourceInfo, base: str, forced: str = "") -> dict[str, str]:
    """The labels of a DAG type's image.

    Args:
        dag_type: whose image.
        sources: where it comes from.
        base: the base's reference by digest.
        forced: why it is published although its gate failed; empty: it passed.
    """
    organisation, where, revision = sources.organisation, sources.origin, sources.revision
    web = where.web if where else ""
    owner = where.owner if where else ""
    name, _, digest = base.partition("@")
    found = {
        "title": f"Airflow DAGs: {dag_type.name}",
        "description": dag_type.project.description
        or f"Airflow with the DAGs and packages of {dag_type.name}",
        "url": organisation.url or web,
        "source": web,
        "documentation": organisation.documentation or web,
        "authors": organisation.authors or owner,
        "vendor": organisation.vendor or owner,
        "licenses": organisation.licenses or "NOASSERTION",  # SPDX's word for: nobody said
        "version": version(revision),
        "revision": revision.commit if not revision.dirty else f"{revision.commit}-dirty",
        "ref.name": version(revision),
        "created": created(revision),
        "base.name": name,
        BASE_DIGEST.removeprefix(OCI): digest,
    }
    ours = {DAG: dag_type.name} | ({FORCED: forced} if forced else {})
    return {f"{OCI}{key}": value for key, value in sorted(found.items()) if value} | ours


def version(revision: Revision) -> str:
    """The version an image carries: its commit's, so that branch and release of one commit are one image."""
    return f"dirty-{revision.dirty[:12]}" if revision.dirty else f"sha-{revision.commit[:7]}"


def created(revision: Revision) -> str:
    """The commit's time as RFC 3339, in UTC."""
    return datetime.fromtimestamp(revision.created, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def read(config: str) -> dict[str, str]:
    """The labels in the text of an image's configuration; what has another shape has none.

    The text is anyone's, read before any signature is: it may be no configuration, or no JSON at all.
    """
    try:
        found = json.loads(config)["config"]["Labels"].items()
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError):
        return {}
    return {key: value for key, value in found if isinstance(value, str)}


def kept(inherited: Mapping[str, str]) -> dict[str, str]:
    """Those of a base's labels that stay."""
    return {key: value for key, value in inherited.items() if key.startswith(KEPT)}
