"""An executor_config that the Kubernetes executor refuses or ignores has faults; others' keys have none."""

from types import SimpleNamespace
from typing import cast

import pytest

from ci.checks.dags.programs import executor_config


class V1Pod:
    """Stands for the Kubernetes client's."""

    def __init__(self, *names: str) -> None:
        containers = [SimpleNamespace(name=name) for name in names]
        self.spec = SimpleNamespace(containers=containers) if names else None


@pytest.fixture(autouse=True)
def airflow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand for what is asked of Airflow."""

    def check(value: object) -> None:
        if object in cast("dict[object, object]", value).values():
            raise TypeError("object is no JSON")

    monkeypatch.setattr(executor_config, "check_serializable", check)
    monkeypatch.setattr(executor_config, "pod_class", lambda: V1Pod)


UNREAD = "executor_config has {!r}, which no executor reads: did you mean {!r}?"
LEGACY = "executor_config has 'KubernetesExecutor', which the executor refuses"
NO_POD = "pod_override is a {}, but the executor takes only a V1Pod"
FIRST_CONTAINER = "the first container of pod_override is 'sidecar', but the task runs in 'base'"
NO_JSON = "executor_config can't be serialized: object is no JSON"
NOTHING: dict[str, object] = {}


@pytest.mark.parametrize(
    ("config", "causes"),
    [
        (NOTHING, []),
        ({"pod_override": V1Pod()}, []),
        ({"pod_override": V1Pod("base", "sidecar")}, []),
        ({"pod_override": None, "pod_template_file": "/pod.yaml"}, []),
        ({"pod_override": V1Pod("sidecar", "base")}, [FIRST_CONTAINER]),
        ({"pod_override": {"spec": {}}}, [NO_POD.format("dict")]),
        ({"pod_override": NOTHING}, [NO_POD.format("dict")]),
        ({"pod_override": "pod.yaml"}, [NO_POD.format("str")]),
        ({"queue": object}, [NO_JSON]),
        ("text", ["executor_config is a str"]),
        ({"KubernetesExecutor": {"image": "other:1"}}, [LEGACY]),
        ({"KubernetesExecutor": NOTHING, "pod_override": V1Pod("base")}, [LEGACY]),
        ({"KubernetesExecutor": None}, []),
        (
            {"pod_override": "x", "KubernetesExecutor": NOTHING, "pod_overide": NOTHING, "queue": object},
            [
                NO_POD.format("str"),
                LEGACY,
                UNREAD.format("pod_overide", "pod_override"),
                NO_JSON,
            ],
        ),
    ],
)
def test_an_executor_config_is_what_the_executor_takes(config: object, causes: list[str]) -> None:
    assert [cause for cause, _ in executor_config.faults(config)] == causes


def test_a_misspelt_key_is_a_fault() -> None:
    template = dict.fromkeys(("pod_template_files", "template_file"), "pod_template_file")
    pod = "pod_overide pod_overrides podOverride POD-OVERRIDE kubernetes_executor KubernetesExecuter"
    meant = {**dict.fromkeys(pod.split(), "pod_override"), **template}
    assert {key: list(executor_config.faults({key: {}})) for key in meant} == {
        key: [(UNREAD.format(key, name), f"write {name!r} instead, or remove the key")]
        for key, name in meant.items()
    }


def test_keys_of_other_executors_are_theirs() -> None:
    keys = (
        "queue overrides containerOverrides nodeOverrides ecsPropertiesOverride taskDefinition "
        "networkConfiguration CeleryExecutor LocalExecutor image"
    )
    others = dict.fromkeys([*keys.split(), 1, None], NOTHING)
    assert list(executor_config.faults({**others, "pod_override": V1Pod("base")})) == []


def test_a_pod_of_another_make_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executor_config, "pod_class", lambda: SimpleNamespace)
    ((cause, _),) = executor_config.faults({"pod_override": V1Pod("base")})
    assert cause.startswith("pod_override is a V1Pod")
