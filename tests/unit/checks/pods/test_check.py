"""Credentials and images that the code of DAGs writes into pods."""

import pytest

from ci.checks.pods.check import check
from ci.checks.report import Finding, Level
from ci.config import publish
from ci.config.dag_type import parse

from ...repository import pyproject

DIGEST = "@sha256:" + "0" * 64
OURS = "ghcr.io/acme/de-airflow-pipeline-crm"
THEIRS = "ghcr.io/acme/de-airflow-pipeline-crm-api"
HELPER = (
    "def pod(image, password=None):\n  return V1Pod(containers=[V1Container(name='base', image=image)])\n"
)
FROM = "value_from=V1EnvVarSource(secret_key_ref=V1SecretKeySelector(name='db', key='password'))"


def pod(container: str) -> str:
    return f'f(executor_config={{"pod_override": V1Pod(spec=V1PodSpec(containers=[{container}]))}})\n'


def base(arguments: str) -> str:
    return pod(f'V1Container(name="base", {arguments})')


def env(variable: str) -> str:
    return base(f"env=[{variable}]")


def findings(text: str, pattern: str = publish.DEFAULT, **others: str) -> tuple[Finding, ...]:
    """Return the findings on a DAG file of the type crm, and other files of it by the names of scripts."""
    types = [
        parse(name, f"images/{name}/pyproject.toml", pyproject(settings=settings, name=name))
        for name, settings in (("crm", 'scripts = ["crm"]'), ("crm-api", 'dags = ["crm-api", "crm/both.py"]'))
    ]
    texts = {"dags/crm/dag.py": text, **{f"scripts/crm/{name}.py": code for name, code in others.items()}}
    return check(types[0], types, texts, pattern).findings


CREDENTIALS = {
    "a call": env('V1EnvVar(name="DB_PASSWORD", value="hunter2")'),
    "a module": "x = k8s.V1EnvVar(value='hunter2', name='API_KEY')",
    "arguments in their order": env('V1EnvVar("DB_PASSWORD", "hunter2")'),
    "dictionaries": 'f(executor_config={"pod_override": {"env": [{"name": "A_TOKEN", "value": "hunter2"}]}})',
    "the old executor": 'f(executor_config={"KubernetesExecutor": {"envs": {"DB_PASSWORD": "hunter2"}}})',
    "a name": 'PW = "hunter2"\n' + env('V1EnvVar(name="DB_PASSWORD", value=PW)'),
    "an address": env('V1EnvVar(name="DB", value="mysql://u:hunter2@db/x")'),
    "a formatted address": env('V1EnvVar(name="DB", value=f"mysql://u:hunter2@{HOST}/x")'),
    "default_args": 'A = {"executor_config": {"env": [dict(name="DB_PASSWORD", value="hunter2")]}}',
    "a later key": 'c = {}\nc["pod_override"] = {"env": [{"name": "DB_PASSWORD", "value": "hunter2"}]}',
    "a loop": 'V = {"DB_PASSWORD": "hunter2"}\n' + env("*[V1EnvVar(k, v) for k, v in V.items()]"),
    "a default": env('V1EnvVar(name="DB_PASSWORD", value=os.getenv("PW", "hunter2"))'),
    "a Variable's": env('V1EnvVar(name="DB_PASSWORD", value=Variable.get("pw", default_var="hunter2"))'),
    "JSON": env('V1EnvVar(name="AIRFLOW_CONN_A", value=json.dumps({"password": "hunter2"}))'),
    "a function": "def e(n, v):\n  return V1EnvVar(name=n, value=v)\n" + env('e("DB_PASSWORD", "hunter2")'),
    "arguments of a command": base('args=["--db", "mysql://u:hunter2@db/x"]'),
}
HARMLESS = {
    "a secret": env(f'V1EnvVar(name="DB_PASSWORD", {FROM})'),
    "a secret of dictionaries": env('{"name": "DB_PASSWORD", "valueFrom": {"secretKeyRef": {"name": "a"}}}'),
    "env_from": base("env_from=[V1EnvFromSource(secret_ref=V1SecretEnvSource(name='db-password'))]"),
    "what only a run tells": env('V1EnvVar(name="DB_PASSWORD", value=os.environ["PW"])'),
    "a file": env('V1EnvVar(name="DB_PASSWORD_FILE", value="/run/secrets/db")'),
    "a number": env('V1EnvVar(name="TOKEN_TTL", value="60")'),
    "an empty value": env('V1EnvVar(name="DB_PASSWORD", value="")'),
    "code without a pod": 'FIELDS = [{"name": "token", "value": "abc"}]\nX = {"DB_PASSWORD": "hunter2"}',
    "an operator's own pod": "P(full_pod_spec=V1Pod(containers=[V1Container(name='base', image='busybox')]))",
    "no Python": "def",
    "a long sum": env("V1EnvVar(name='A', value=" + "x + " * 900 + "x)"),
}


@pytest.mark.parametrize("text", CREDENTIALS.values(), ids=CREDENTIALS)
def test_a_credential_is_found_and_not_shown(text: str) -> None:
    (finding,) = findings(text)
    assert (finding.check, finding.file, finding.level) == ("executor-config", "dags/crm/dag.py", Level.ERROR)
    assert finding.line
    assert "hunter2" not in finding.message


@pytest.mark.parametrize("text", HARMLESS.values(), ids=HARMLESS)
def test_what_is_no_credential_or_no_pod_is_left_alone(text: str) -> None:
    assert findings(text) == ()


def test_what_another_file_has_is_found_there() -> None:
    (credential,) = findings("from scripts.crm.pods import E", pods='E = V1EnvVar("DB_PASSWORD", "hunter2")')
    assert (credential.file, credential.line) == ("scripts/crm/pods.py", 1)
    text = f"from scripts.crm.pods import pod, IMAGE\nx = pod(IMAGE)\ny = pod(image='{OURS}')\n"
    found = findings(text, pods=f"IMAGE = '{OURS}:latest'\n{HELPER}")
    assert sorted(one.cause.split("'")[1] for one in found) == [OURS, f"{OURS}:latest"]


MOVING = ("", ":latest", ":main", ":v1", ":v1.2", ":stable-py313", ":feature-x", ":latest-3.1.5")
FIXED = (DIGEST, ":latest" + DIGEST, ":v1.2.3", ":1.2.3-rc.1", ":sha-70d378a", ":20251130", ":build-1234")


@pytest.mark.parametrize("tag", [*MOVING, *FIXED])
def test_an_image_that_can_move_is_a_warning(tag: str) -> None:
    found = findings(base(f'image="{OURS}{tag}"'))
    assert [(one.level, OURS in one.cause) for one in found] == [(Level.WARNING, True)] * (tag in MOVING)
    assert all("@sha256:" in one.remedy for one in found)


@pytest.mark.parametrize(
    "text",
    [
        f'I = "{OURS}"\n' + base('image=I + ":latest"'),
        'R = "ghcr.io/acme"\n' + base('image=f"{R}/de-airflow-pipeline-crm:latest"'),
        base('image=f"{HOST}/de-airflow-pipeline-crm:latest"'),
        base(f'image=X or "{OURS}:latest"'),
        f'f(executor_config={{"KubernetesExecutor": {{"image": "{OURS}:latest"}}}})',
        f'IMAGES = {{"a": "{OURS}:latest"}}\n' + base('image=IMAGES["a"]'),
        f"class S:\n  image = '{OURS}:latest'\n" + base("image=S.image"),
        pod('V1Container(name="sidecar", image="busybox")'),
    ],
)
def test_an_image_is_read_as_code_writes_it(text: str) -> None:
    assert [one.level for one in findings(text)] == [Level.WARNING]


def test_an_image_of_another_type_fails_unless_it_has_the_file() -> None:
    for name in (THEIRS, "registry.example.com/mirror/de-airflow-pipeline-crm-api"):
        (found,) = findings(base(f'image="{name}{DIGEST}"'))
        assert found.level is Level.ERROR
        assert (
            "of the DAG type crm-api, but crm is published as ghcr.io/…/de-airflow-pipeline-crm"
            in found.cause
        )
    (found,) = findings(base(f'image="apache/airflow:3.1.5{DIGEST}"'))
    assert (found.level, "no DAG type" in found.cause) == (Level.WARNING, True)
    assert findings(base(f"image=f'{{X}}{DIGEST}'")) == ()


@pytest.mark.parametrize(
    "pattern", ["r.io/{owner}/dags:{dag}-{version}", "r.io/{owner}/{repo}/{dag}:{version}"]
)
def test_types_are_told_apart_by_the_pattern_of_references(pattern: str) -> None:
    for name, levels in (("crm", []), ("crm-api", [Level.ERROR]), ("other", [Level.WARNING])):
        image = pattern.format(owner="acme", repo="data", dag=name, version="1.2.3")
        assert [one.level for one in findings(base(f'image="{image}"'), pattern)] == levels
