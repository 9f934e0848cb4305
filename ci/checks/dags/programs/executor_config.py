"""What the Kubernetes executor makes of a task's executor_config; other executors' keys are their own."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Any, cast

from .dagbag import check_serializable, pod_class

POD, LEGACY, TEMPLATE = "pod_override", "KubernetesExecutor", "pod_template_file"
MEANT = {POD: POD, TEMPLATE: TEMPLATE, LEGACY.lower(): POD}  # by what a wrong key is like
NEAR = 0.85  # of difflib: "nodeOverrides", which the executor of AWS Batch takes, is like none of them
WRITE = (
    'write {"pod_override": V1Pod(spec=V1PodSpec(containers=[V1Container(name="base")]))}'
    ", all of kubernetes.client.models"
)

Fault = tuple[str, str]


def faults(config: object) -> Iterator[Fault]:
    """Why an executor_config won't do, and what to write, for each fault of it."""
    if not isinstance(config, dict):
        told = f"executor_config is a {type(config).__name__}"
        yield told, 'write executor_config={"pod_override": V1Pod(...)}'
        return
    others = cast("dict[object, Any]", config).copy()
    yield from _of_pod(others.pop(POD, None))
    if others.get(LEGACY) is not None:
        yield f"executor_config has {LEGACY!r}, which the executor refuses", f"{WRITE}, in its place"
    for key in others:
        if key not in {LEGACY, TEMPLATE}:
            yield from _unread(key)
    try:
        check_serializable(others)
    except Exception as error:  # noqa: BLE001 - whatever it is, the database wouldn't take it
        yield f"executor_config can't be serialized: {error}", "give only what JSON can hold"


def _of_pod(pod: Any) -> Iterator[Fault]:  # noqa: ANN401 - anything can be there
    if pod is None:
        return
    if type(pod).__name__ != "V1Pod" or not isinstance(pod, pod_class()):
        yield f"pod_override is a {type(pod).__name__}, and the executor takes a V1Pod only", WRITE
        return
    names = [str(container.name) for container in (pod.spec.containers if pod.spec else None) or ()]
    if names and names[0] != "base":  # Airflow merges containers by their place
        told = f"the first container of pod_override is {names[0]!r}, and the task runs in 'base'"
        yield told, 'name the first container "base", and put the others after it'


def _unread(key: object) -> Iterator[Fault]:
    """A key that is like one of the executor's, which would pass over it without a word."""
    for near in difflib.get_close_matches(str(key).lower(), MEANT, n=1, cutoff=NEAR):
        told = f"executor_config has {key!r}, which no executor reads: did you mean {MEANT[near]!r}?"
        yield told, f"write {MEANT[near]!r} in its place, or take it out"
