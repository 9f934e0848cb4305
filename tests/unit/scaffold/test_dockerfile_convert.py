"""Every instruction of a Dockerfile is carried over or left to do; what is carried over is in the image."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci.scaffold.dockerfile.convert import Context, Conversion, convert
from ci.scaffold.dockerfile.instructions import read

BASE = "docker.io/apache/airflow:3.1.5-python3.13@sha256:" + "0" * 64
FILES = frozenset({"dags/crm/a.py", "dags/crm_dag.py", "pyproject.crm.toml", "scripts/crm/b.py"})
INSTALL = "RUN apt-get install --no-install-recommends"


def converted(text: str, files: frozenset[str] = FILES) -> Conversion:
    return convert("Dockerfile.crm", text, Context(dag_type="crm", base=BASE, files=files))


def todo(conversion: Conversion) -> list[str]:
    return [note.outcome for note in conversion.notes if note.todo]


NEEDLESS = (
    *("FROM apache/airflow:3.1.5-python3.13", "ARG DEBIAN_FRONTEND=x", "USER root\nUSER airflow"),
    "FROM docker.io/apache/airflow:3.1.5-python3.13@sha256:" + "1" * 64 + " AS final",
    "ARG VERSION=3.1.5\nFROM apache/airflow:${VERSION}-python3.13",
    *("USER 50000:0", "WORKDIR /opt/airflow", 'WORKDIR "${AIRFLOW_HOME}"', "COPY dags/ /opt/airflow/dags/"),
    'ENV PYTHONPATH="${PYTHONPATH}:/opt/airflow" AIRFLOW_HOME=/opt/airflow PIP_NO_CACHE_DIR=1',
    "COPY --link --chown=airflow:root pyproject.crm.toml ./pyproject.toml",
    *("COPY scripts ${AIRFLOW_HOME}/scripts", "COPY dags/crm_dag.py dags/"),
    "RUN set -eux; apt-get update && rm -rf /var/lib/apt/lists/*",
    "RUN --mount=type=cache,target=/root/.cache uv sync --frozen --no-dev",
)


@pytest.mark.parametrize("text", NEEDLESS)
def test_what_an_image_has_anyway_needs_nothing(text: str) -> None:
    conversion = converted(text)
    assert conversion.notes
    assert (todo(conversion), conversion.env) == ([], {})


LEFT_TO_DO = {
    "the base is apache/airflow:3.1.5-python3.13: pin another": ("FROM apache/airflow:2.8.1",),
    "the base is": ("FROM --platform=linux/amd64 apache/airflow:3.1.5-python3.13", "FROM"),
    "a build takes no arguments": (
        "ARG VERSION=1",
        "ARG VERSION=3\nFROM apache/airflow:$VERSION\nRUN $VERSION",
    ),
    "an image runs as airflow (uid 50000), never as root": ("USER root",),
    "an image runs as airflow (uid 50000)": ("USER nobody",),
    "the image's folder is /opt/airflow": ("WORKDIR /srv",),
    "has no counterpart": ("CMD airflow version", "NONSENSE x", "ADD dags /opt/airflow/dags"),
    "belongs to the base": ("ENV PATH=/x:$PATH",),
    "can't be read": ("ENV A='",),
    "only dags/ and scripts/ get into an image": (
        *("COPY --from=builder /x /y", "COPY --chmod=755 scripts /opt/airflow/scripts"),
        *("COPY . /opt/airflow", "COPY <<EOF /x\na\nEOF"),
    ),
    "is /opt/airflow/dags/crm_*.py in an image": ("COPY dags/crm_*.py dags/",),
    "is /opt/airflow/scripts/crm in an image": ("COPY scripts/crm /srv",),
    "no command runs in a build": (
        *("RUN --mount=type=secret,id=x pip install a==1", "RUN <<EOF\npip install a==1\nEOF", "RUN make"),
    ),
    "is of an earlier stage": ("FROM x AS a\nRUN pip install a==1\nFROM y",),
}


@pytest.mark.parametrize(
    ("text", "remedy"), [(text, remedy) for remedy, texts in LEFT_TO_DO.items() for text in texts]
)
def test_what_has_no_counterpart_is_left_to_do_whole(text: str, remedy: str) -> None:
    conversion = converted(text)
    assert any(remedy in outcome for outcome in todo(conversion))
    assert not conversion.requirements
    quoted = {note.text for note in conversion.notes if "ENV" not in note.text}
    assert {instruction.source for instruction in read(text)} >= quoted


def test_installed_packages_have_their_lines() -> None:
    run = "apt-get install --no-install-recommends jq=1 && pip install \\\n a==1 && make"
    conversion = converted(f"FROM x\nRUN {run}\nRUN pip install b\n")
    assert conversion.packages == {"jq": "jq=1"}
    assert [(one.text, one.line) for one in conversion.requirements] == [("a==1", 2), ("b", 4)]
    assert [note.text for note in conversion.notes if note.todo] == ["FROM x", "RUN make"]


def test_the_version_of_the_official_image_is_filled_in() -> None:
    run = "RUN pip install apache-airflow==${AIRFLOW_VERSION} a==1\n"
    conversion = converted(f"ARG V=3.1.5\nFROM apache/airflow:$V-python3.13\n{run}")
    assert [one.text for one in conversion.requirements] == ["apache-airflow==3.1.5", "a==1"]
    assert not converted(f"FROM x\n{run}").requirements


def test_a_debian_package_is_taken_once() -> None:
    conversion = converted(f"{INSTALL} git jq\n{INSTALL} git=1 jq\n")
    assert conversion.packages == {"git": "git", "jq": "jq"}
    assert todo(conversion) == ["system-packages has git: choose one"]


def test_variables_are_kept_as_docker_reads_them() -> None:
    conversion = converted('ENV A=b C="d e" F=g\\ h I=${AIRFLOW_HOME}/j\nENV K l m\n')
    assert conversion.env == {"A": "b", "C": "d e", "F": "g h", "I": "/opt/airflow/j", "K": "l m"}
    for again in ("ENV A=$B", "ENV A='", 'ENV A "b" c', "ENV A='$B' D=1"):
        assert converted(f"ENV A=1 C=2\n{again}\n").env == {"C": "2"}, again


@pytest.mark.parametrize(
    ("copy", "files", "own"),
    [
        ("", frozenset[str](), False),
        ("", FILES, True),
        ("COPY pyproject.toml ./", FILES, False),
        ("COPY pyproject.crm.toml ./pyproject.toml", frozenset[str](), True),
        ("COPY pyproject.mail.toml pyproject.toml", FILES, False),
    ],
)
def test_the_types_own_pyproject_is_installed_from_its_lock(
    copy: str,
    files: frozenset[str],
    own: bool,  # noqa: FBT001
) -> None:
    notes = converted(f"{copy}\nRUN pip install .\n", files).notes
    assert [note.todo for note in notes if note.text.startswith("RUN")] == [not own]


def test_copied_dags_are_known_by_their_paths() -> None:
    conversion = converted("COPY dags/crm_dag.py ./dags/\nCOPY dags/crm /opt/airflow/dags/crm")
    assert conversion.dags == {"crm_dag.py", "crm"}


SECRETS = (
    *(
        "ENV API_TOKEN=hunter2",
        "ENV DB=postgresql://u:hunter2@db/x",
        "ENV AIRFLOW_CONN_DB aws://?token=hunter2",
    ),
    *("ARG GITHUB_TOKEN=hunter2", "RUN export PGPASSWORD=hunter2 && make", "LABEL token=hunter2"),
    "RUN pip install --extra-index-url https://u:hunter2@example.com/simple x==1",
)


def test_no_secret_is_kept_or_quoted() -> None:
    for line in SECRETS:
        conversion = converted(line)
        assert todo(conversion), line
        assert "hunter2" not in repr(conversion.env)
        assert all("hunter2" not in note.markdown() for note in conversion.notes), line


WORDS = (
    "FROM RUN ENV COPY ADD USER ARG CMD X apt-get install pip uv -r -y --from=a --mount=type=cache,a && ; | "
    '# <<EOF EOF a=b a $A " \' [ ["a"] dags/ root x==1 ( /opt/airflow/dags ./ as'
)


@given(st.lists(st.sampled_from([*WORDS.split(), "\\\n", "\n", "\n"]), max_size=30).map(" ".join))
def test_every_instruction_and_all_that_it_gives_has_a_note(text: str) -> None:
    conversion = converted(text)
    assert {instruction.line for instruction in read(text)} == {note.line for note in conversion.notes}
    outcomes = " ".join(note.outcome for note in conversion.notes)
    assert all(name in outcomes for name in (*conversion.env, *conversion.packages))
    assert all(requirement.text in outcomes for requirement in conversion.requirements)
