"""Faults of a task's executor_config for the Kubernetes executor; other executors' keys are left alone."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Any, cast

from .dagbag import check_serializable, pod_class

POD, LEGACY, TEMPLATE = "pod_override", "KubernetesExecutor", "pod_template_file"
MEANT = {POD: POD, TEMPLATE: TEMPLATE, LEGACY.lower(): POD}  # the right key by what a wrong one resembles
SIMILARITY = 0.85  # of difflib: AWS Batch's "nodeOverrides" resembles none of them
WRITE = (
    'write {"pod_override": V1Pod(spec=V1PodSpec(containers=[V1Container(name="base")]))}'
    ", all of kubernetes.client.models"
)

Fault = tuple[str, str]  # cause and remedy


def faults(config: object) -> Iterator[Fault]:
    """Yield each fault of an executor_config."""
    if not isinstance(config, dict):
        cause = f"executor_config is a {type(config).__name__}"
        yield cause, 'write executor_config={"pod_override": V1Pod(...)}'
        return
    others = cast("dict[object, Any]", config).copy()
    yield from _of_pod(others.pop(POD, None))
    if others.get(LEGACY) is not None:
        yield f"executor_config has {LEGACY!r}, which the executor refuses", f"{WRITE} instead"
    for key in others:
        if key not in {LEGACY, TEMPLATE}:
            yield from _misspelt(key)
    try:
        check_serializable(others)
    except Exception as error:  # noqa: BLE001 - whatever it is, the database wouldn't take the value
        yield f"executor_config can't be serialized: {error}", "use only what JSON can hold"


def _of_pod(pod: Any) -> Iterator[Fault]:  # noqa: ANN401 - anything is possible
    if pod is None:
        return
    if type(pod).__name__ != "V1Pod" or not isinstance(pod, pod_class()):
        yield f"pod_override is a {type(pod).__name__}, but the executor takes only a V1Pod", WRITE
        return
    names = [str(container.name) for container in (pod.spec.containers if pod.spec else None) or ()]
    if names and names[0] != "base":  # Airflow merges containers by their order
        cause = f"the first container of pod_override is {names[0]!r}, but the task runs in 'base'"
        yield cause, 'name the first container "base", and put the others after it'


def _misspelt(key: object) -> Iterator[Fault]:
    """Yield the fault of a key that resembles one of the executor's, which ignores it silently."""
    for match in difflib.get_close_matches(str(key).lower(), MEANT, n=1, cutoff=SIMILARITY):
        cause = f"executor_config has {key!r}, which no executor reads: did you mean {MEANT[match]!r}?"
        yield cause, f"write {MEANT[match]!r} instead, or remove the key"
