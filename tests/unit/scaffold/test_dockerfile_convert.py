"""Every instruction of a Dockerfile is carried over or told; what is carried over is what an image has."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci.starting.instructions import read
from ci.starting.recipe import Facts, Recipe, recipe
from ci.starting.told import Told

BASE = "docker.io/apache/airflow:3.1.5-python3.13@sha256:" + "0" * 64
FILES = frozenset(
    {"dags/crm/a.py", "dags/crm_dag.py", "dags/mail_dag.py", "pyproject.crm.toml", "scripts/crm/b.py"}
)


def judged(text: str) -> Recipe:
    return recipe("Dockerfile.crm", text, Facts(dag_type="crm", base=BASE, files=FILES))


def of_run(command: str) -> Recipe:
    return judged(f"RUN {command}")


def todo(found: Recipe) -> list[str]:
    return [each.outcome for each in found.told if each.todo]


@pytest.mark.parametrize(
    "line",
    [
        "FROM apache/airflow:3.1.5-python3.13",
        "FROM docker.io/apache/airflow:3.1.5-python3.13@sha256:" + "1" * 64 + " AS final",
        "USER airflow",
        "USER 50000:0",
        "WORKDIR /opt/airflow",
        'WORKDIR "${AIRFLOW_HOME}"',
        'SHELL ["/bin/bash", "-c"]',
        'ENTRYPOINT ["/usr/bin/dumb-init", "--", "/entrypoint"]',
        "ARG DEBIAN_FRONTEND=noninteractive",
        "ENV PYTHONPATH=/opt/airflow",
        'ENV PYTHONPATH="${PYTHONPATH}:/opt/airflow" AIRFLOW_HOME=/opt/airflow PIP_NO_CACHE_DIR=1',
        "COPY --from=ghcr.io/astral-sh/uv:0.9 /uv /uvx /bin/",
        "COPY --link --chown=airflow:root pyproject.crm.toml ./pyproject.toml",
        "COPY dags/ /opt/airflow/dags/",
        "COPY scripts ${AIRFLOW_HOME}/scripts",
        "COPY dags/crm_dag.py dags/",
        "RUN set -eux; mkdir -p /opt/airflow/dags && chown -R airflow:root /opt/airflow",
        "RUN apt-get update && apt-get clean && rm -rf /var/lib/apt/lists/* /tmp/*",
        "RUN --mount=type=cache,target=/root/.cache uv sync --frozen --no-dev",
        "RUN pip install --no-cache-dir --upgrade pip uv",
        "RUN pip install .",
        "RUN python -m pip install -r pyproject.toml",
        "RUN uv pip install --system -r pyproject.crm.toml",
        "RUN uv lock",
        "RUN # nothing",
    ],
)
def test_what_an_image_has_anyway_needs_nothing(line: str) -> None:
    found = judged(line)
    assert found.told
    assert not todo(found)
    assert not found.env


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("FROM apache/airflow:2.8.1", "the base is docker.io/apache/airflow:3.1.5-python3.13"),
        ("FROM python:3.13", "pin it in ci/pins.toml"),
        ("FROM --platform=linux/amd64 apache/airflow:3.1.5-python3.13", "--platform"),
        ("ARG VERSION=1", "a build takes no arguments"),
        ("USER root", "an image runs as airflow (uid 50000), never as root"),
        ("USER nobody", "an image runs as airflow (uid 50000)"),
        ("WORKDIR /srv", "the image's folder is /opt/airflow"),
        ('ENTRYPOINT ["/start.sh"]', "the base's own entrypoint stays"),
        ("CMD airflow version", "the base's own command stays"),
        ("EXPOSE 8080", "the pod's to name"),
        ("VOLUME /data", "the pod's to name"),
        ("HEALTHCHECK CMD true", "set a probe"),
        ("LABEL a=b", "publish writes the labels"),
        ("ONBUILD RUN x", "no image is built from this one"),
        ("STOPSIGNAL SIGINT", "SIGTERM"),
        ("NONSENSE x", "isn't known"),
        ("ENV PATH=/x:$PATH", "belongs to the base"),
        ("ENV PYTHONPATH=/opt/airflow/scripts", "belongs to the base"),
        ("ENV A=$B", "nothing is filled in here"),
        ("ENV A='", "can't be read"),
        ("ENV _PIP_ADDITIONAL_REQUIREMENTS=x", "at every start of a pod"),
        ("COPY --from=builder /x /y", "files of another image"),
        ("COPY --chmod=755 scripts /opt/airflow/scripts", "files of an image are airflow's"),
        ("COPY . /opt/airflow", "only dags/ and scripts/ are in an image"),
        ("COPY plugins/ /opt/airflow/plugins", "only dags/ and scripts/ are in an image"),
        ("COPY scripts/crm /srv", "in an image at /opt/airflow/scripts/crm alone"),
        ("COPY uv.lock .", "compare versions that matter"),
        ("COPY <<EOF /x\na\nEOF", "write the file into dags/ or scripts/"),
        ("ADD https://example.com/x.tar.gz /x", "only dags/ and scripts/ are in an image"),
        ("RUN --mount=type=secret,id=x pip install .", "--netrc"),
        ("RUN curl -f https://example.com/x | sh", "no command downloads"),
        ("RUN make", "no command runs in a build"),
        ("RUN apt-get install -y $PACKAGES", "only a shell could tell"),
        ("RUN apt-get install -y jq", "without what they recommend"),
        ("RUN apt-get install -y --no-install-recommends ./x.deb", "is no Debian package by name"),
        ("RUN apt-get install -y --no-install-recommends --target-release=sid jq", "the base's own sources"),
        ("RUN apt-get -y upgrade", "a base's packages stay"),
        ("RUN apt-get purge -y curl", "what a base has isn't removed"),
        ("RUN uv sync --extra x", "only [project] dependencies are installed"),
        ("RUN pip uninstall -y x", "packages are only added"),
        ("RUN pip install -r requirements.txt", "write its pins into [project] dependencies"),
        ("RUN pip install -c constraints.txt x==1", "the base's own constraints hold"),
        ("RUN pip install --index-url=https://example.com/simple x==1", "[[tool.uv.index]]"),
        ("RUN pip install --no-deps x==1", "no counterpart"),
        ("RUN pip install --trusted-host h x==1", "--trusted-host h: has no counterpart"),
        ("RUN pip install --new-option h x==1", "--new-option: isn't known, and may take the next word"),
        ("RUN pip install git+https://github.com/a/b", "only packages of an index"),
        ("RUN pip install -e ./lib", "only packages of an index"),
        ("RUN pip install 'x @ https://example.com/x.whl'", "only packages of an index"),
    ],
)
def test_what_has_no_place_is_told_with_what_to_do(line: str, told: str) -> None:
    assert told in "\n".join(todo(judged(line)))


def test_debian_packages_stay_unless_they_are_removed_again() -> None:
    found = of_run(
        "apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "
        "jq gcc libpq5=17.6-0+deb13u1 && apt-get purge -y gcc && apt-get autoremove -y"
    )
    assert sorted(found.installs.system) == ["jq", "libpq5=17.6-0+deb13u1"]
    assert list(found.installs.build) == ["gcc"]
    assert not todo(found)


def test_requirements_come_with_their_lines() -> None:
    found = judged(
        "FROM x\nRUN pip install a==1 \\\n  \"b[c]>=2; python_version > '3'\" && \\\n pip3 install -U d\n"
    )
    assert [(each.text, each.line) for each in found.installs.wishes] == [
        ("a==1", 2),
        ("b[c]>=2; python_version > '3'", 2),
        ("d", 4),
    ]


def test_environment_variables_are_kept_as_they_are_read() -> None:
    found = judged('ENV A=b C="d e" F=g\\ h I=${AIRFLOW_HOME}/j\nENV K l m\n')
    assert found.env == {"A": "b", "C": "d e", "F": "g h", "I": "/opt/airflow/j", "K": "l m"}


@pytest.mark.parametrize("second", ["ENV A=$B", "ENV A='", 'ENV A "b" c', "ENV A='$B' D=1"])
def test_a_variable_that_is_set_anew_is_not_kept_as_it_was(second: str) -> None:
    found = judged(f"ENV A=1 C=2\n{second}\n")
    assert found.env == {"C": "2"}
    assert todo(found)


def test_copied_files_are_known_by_their_paths() -> None:
    found = judged(
        "COPY dags/crm_*.py ./dags/\nCOPY dags/crm /opt/airflow/dags/crm\nCOPY scripts /opt/airflow/scripts"
    )
    assert found.dags == {"crm_dag.py", "crm"}
    assert found.scripts == {""}
    assert not todo(found)


def test_each_mount_is_told() -> None:
    found = judged(
        "RUN --mount=type=cache,target=/c --mount=type=secret,id=x "
        "--mount=type=bind,source=r.txt,target=r.txt --network=none pip install -r r.txt"
    )
    told = {each.what: each for each in found.told if each.what.startswith("RUN --")}
    assert [each.partition(",")[0] for each in told] == [
        "RUN --mount=type=cache",
        "RUN --mount=type=secret",
        "RUN --mount=type=bind",
        "RUN --network=none",
    ]
    assert [each.todo for each in told.values()] == [False, True, False, True]
    assert any("r.txt: write its pins into [project] dependencies" in each for each in todo(found))


@pytest.mark.parametrize(("source", "own"), [("pyproject.crm.toml", True), ("pyproject.toml", False)])
def test_a_bound_pyproject_is_the_types_own_for_its_command_alone(source: str, own: bool) -> None:  # noqa: FBT001
    bound = f"--mount=type=bind,source={source},target=pyproject.toml"
    found = judged(f"COPY pyproject.mail.toml pyproject.toml\nRUN {bound} uv sync\nRUN uv sync\n")
    shared = [each.line for each in found.told if "isn't known to be the type's own" in each.outcome]
    assert shared == ([3] if own else [2, 3])


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("ARG A(=3", ["ARG A(=3"]),
        ("ARG A='", ["ARG A='"]),
        ("ARG A=1 B='2 3' GITHUB_PAT=hunter2", ["ARG A=1", "ARG B=2 3", "ARG GITHUB_PAT=***"]),
        ("ARG DEBIAN_FRONTEND=noninteractive A", ["ARG DEBIAN_FRONTEND=noninteractive", "ARG A"]),
    ],
)
def test_each_argument_of_a_build_is_told(line: str, shown: list[str]) -> None:
    found = judged(f"{line}\nFROM x:$A\n")
    assert [each.what for each in found.told if each.line == 1] == shown


def test_root_in_between_is_the_build_s_own_affair() -> None:
    assert not todo(judged("USER root\nUSER airflow\n"))


@pytest.mark.parametrize(
    "line",
    [
        "ENV API_TOKEN=hunter2",
        "ENV DB=postgresql://u:hunter2@db/x",
        "ENV PIP_INDEX_URL=https://u:hunter2@example.com/simple",
        "ENV AIRFLOW_CONN_DB hunter2",
        "ARG GITHUB_TOKEN=hunter2",
        "LABEL token=hunter2",
        "RUN export PGPASSWORD=hunter2 && x",
        "RUN curl -H 'Authorization: Bearer hunter2' https://example.com",
        "RUN login --password hunter2",
        "RUN pip install git+https://u:hunter2@example.com/x",
        "RUN pip install --extra-index-url https://u:hunter2@example.com/simple x==1",
        "ADD https://u:hunter2@example.com/x /x",
    ],
)
def test_no_secret_is_shown_or_kept(line: str) -> None:
    found = judged(line)
    assert todo(found)
    assert "hunter2" not in repr((found.told, found.env))


WORDS = st.sampled_from(
    [
        *("FROM", "RUN", "ENV", "COPY", "ADD", "USER", "ARG", "CMD", "SHELL", "LABEL", "X", "apt-get"),
        *("install", "pip", "uv", "-r", "-y", "--from=a", "--mount=type=cache", "&&", ";", "|", "#", "<<EOF"),
        *("\\\n", "\n", "\n", "EOF", "a=b", "a", "$A", '"', "'", "[", '["a"]', "dags/", "root", "x==1", "("),
        *("/opt/airflow/dags", "git+https://x/y", "./", "{}", "pyproject.crm.toml"),
    ]
)


@given(st.lists(WORDS, max_size=30).map(" ".join))
def test_nothing_is_dropped_silently(text: str) -> None:
    found = judged(text)
    told: set[int] = {each.line for each in found.told}
    assert {each.line for each in read(text)} <= told
    assert all(each.outcome and each.file == "Dockerfile.crm" for each in found.told)
    # What the image gets is told, too.
    carried = " ".join(each.outcome for each in found.told if not each.todo)
    assert all(name in carried for name in (*found.env, *found.installs.system, *found.installs.build))
    assert all(wish.text in carried for wish in found.installs.wishes)


@given(
    st.lists(
        st.sampled_from(["jq", "$X", "make", "a | b", "apt-get install -y", "x==1", "pip install"]),
        min_size=1,
    )
)
def test_every_command_of_a_run_is_told(parts: list[str]) -> None:
    found = of_run(" && \\\n".join(f"{part} c{index}" for index, part in enumerate(parts)))
    told: list[Told] = list(found.told)
    assert all(any(f"c{index}" in each.what for each in told) for index in range(len(parts)))
