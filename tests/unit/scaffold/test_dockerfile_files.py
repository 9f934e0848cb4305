"""Requirements files that a Dockerfile copies and installs."""

import pytest

from ci.scaffold.dockerfile.convert import Context, Conversion, convert

TEXTS = {
    "requirements.txt": "# of the type\nrequests==2.32.5\n\nhttpx[http2]>=0.27  # loose\n",
    "docker/crm/requirements.txt": "a==1 \\\n --hash=a:0 \\\n --hash=a:1\nb; python_version > '3'\n",
    "requirements/base.txt": "-c constraints.txt\n-r more/dev.txt\nc==3\n",
    "requirements/more/dev.txt": "d==4\n-r ../base.txt\n",
    "requirements/constraints.txt": "e==5\n",
    "odd.txt": "x==1\ngit+https://e.com/a/b\n--index-url https://u:hunter2@e.com\n-e .\n./lib\n-r no.txt\n",
}
BOTH = ["requests==2.32.5", "httpx[http2]>=0.27"]
URL = "https://raw.githubusercontent.com/apache/airflow/constraints-${AIRFLOW_VERSION}/constraints-${PY}.txt"


def converted(text: str) -> Conversion:
    text = f"FROM apache/airflow:3.1.5-python3.13\n{text}\n"
    context = Context(dag_type="crm", base="apache/airflow:3.1.5-python3.13", files=TEXTS.keys(), texts=TEXTS)
    return convert("Dockerfile.crm", text, context)


def names(conversion: Conversion) -> list[str]:
    return [one.text for one in conversion.requirements]


CARRIED = {
    "COPY requirements.txt .\nRUN pip install -r requirements.txt": BOTH,
    "COPY requirements.txt /\nRUN pip install --no-cache-dir -r /requirements.txt": BOTH,
    "COPY ./requirements.txt /tmp/r.txt\nRUN pip install -r/tmp/r.txt && rm -rf /tmp/r.txt": BOTH,
    "ADD requirements.txt /tmp/\nRUN python -m pip install --requirement=/tmp/requirements.txt": BOTH,
    'COPY ["requirements.txt", "/x/"]\nRUN uv pip install --system -r /x/requirements.txt': BOTH,
    "WORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt": BOTH,
    "COPY --chown=airflow:0 requirements*.txt ./\nRUN pip install --user -r requirements.txt": BOTH,
    "ARG R=requirements.txt\nCOPY $R /\nRUN pip install -r /${R}": BOTH,
    "COPY requirements.txt ${AIRFLOW_HOME}/\nRUN pip install -r ${AIRFLOW_HOME}/requirements.txt": BOTH,
    f'COPY requirements.txt /\nRUN pip install -r /requirements.txt -c "{URL}"': BOTH,
    f"COPY requirements.txt /\nRUN pip install a==1 --constraint={URL} -r /requirements.txt": ["a==1", *BOTH],
    "RUN --mount=type=bind,source=requirements.txt,target=/r.txt pip install -r /r.txt": BOTH,
    "COPY docker/crm/requirements.txt /\nRUN pip install -r /requirements.txt": [
        "a==1",
        "b; python_version > '3'",
    ],
    "COPY requirements /r\nRUN pip install -r /r/base.txt": ["d==4", "c==3"],
    "COPY requirements.txt docker/crm/requirements.txt /\nRUN pip install -r /requirements.txt": [
        "a==1",
        "b",
    ],
    "COPY requirements.txt /a.txt\nCOPY odd.txt /b.txt\nRUN pip install -r /a.txt -r /b.txt": [*BOTH, "x==1"],
}


@pytest.mark.parametrize("text", CARRIED)
def test_the_requirements_of_copied_files_are_carried_over(text: str) -> None:
    conversion = converted(text)
    assert [name.partition(";")[0] for name in names(conversion)] == [
        one.partition(";")[0] for one in CARRIED[text]
    ]
    runs = [note for note in conversion.notes if note.text.startswith("RUN")]
    assert not any(note.todo for note in runs if "install" in note.text)


def test_a_requirement_has_its_own_file_and_line() -> None:
    found = converted("COPY requirements.txt /\nRUN pip install -r /requirements.txt")
    assert [(one.file, one.line) for one in found.requirements] == [
        ("requirements.txt", 2),
        ("requirements.txt", 4),
    ]
    assert [note.outcome for note in found.notes if note.text.startswith("COPY")] == [
        "its requirements are carried over"
    ]
    assert [note.file for note in found.notes if note.todo] == ["requirements.txt"]


def test_lines_that_are_no_plain_requirements_are_left_to_do() -> None:
    found = converted("COPY odd.txt /\nRUN pip install -r /odd.txt")
    assert [(note.file, note.line) for note in found.notes if note.todo and note.line] == [
        ("odd.txt", line) for line in range(2, 7)
    ]
    assert "hunter2" not in "".join(note.markdown() for note in found.notes)


@pytest.mark.parametrize(
    "text",
    [
        "RUN pip install -r requirements.txt",  # not copied
        "COPY requirements.txt /\nRUN pip install -r /other.txt",
        "COPY --from=build requirements.txt /\nRUN pip install -r /requirements.txt",
        "COPY requirements.txt /\nRUN pip install --pre -r /requirements.txt",
        "COPY requirements.txt /\nRUN pip install -r /requirements.txt | tee log",
    ],
)
def test_what_is_not_plain_is_left_to_do_whole(text: str) -> None:
    conversion = converted(text)
    assert names(conversion) == []
    assert any(note.todo and note.text.startswith("RUN") for note in conversion.notes)
