"""A composite action becomes a workflow, each line of which knows where in the action it comes from."""

import pytest

from ci.api.programs.composite import composed, entries, job

ACTION = """\
name: Build
inputs:
  dag:
    required: true
  dry run: {default: "no"}
outputs:
  digest:
    description: the image's
    value: ${{ steps.build.outputs.digest }}
  none:
    description: has no value
runs:
  using: composite
  steps:
    # what comes first
    - id: build
      run: |
        echo "$DAG"

    - uses: ./other
branding:
  color: red
"""


def test_the_steps_of_an_action_are_those_of_a_job() -> None:
    made = job(ACTION)
    assert made
    inputs = '{"dag": {"type": "string"}, "dry run": {"type": "string"}}'
    assert made.text.splitlines() == [
        f'on: {{"workflow_call": {{"inputs": {inputs}, "secrets": {{}}}}}}',
        "jobs:",
        " action:",
        "  runs-on: ubuntu-latest",
        "  outputs:",
        '   "digest": "${{ steps.build.outputs.digest }}"',
        "  steps:",
        "    - id: build",
        "      run: |",
        '        echo "$DAG"',
        "",
        "    - uses: ./other",
    ]
    assert made.lines == (1, 1, 1, 1, 9, 9, 14, 16, 17, 18, 19, 20)


@pytest.mark.parametrize("steps", ["\n  - run: a", "\n    - run: a", " [{run: a}]", "\n    [{run: a}]"])
def test_steps_are_read_however_they_are_written(steps: str) -> None:
    text = f"runs:\n  using: composite\n  steps:{steps}\n"
    made = job(text)
    assert made
    steps_of = entries(entries(entries(composed(made.text))["jobs"][1])["action"][1])["steps"][1]
    assert entries(steps_of.value[0])["run"][1].value == "a"
    assert text.splitlines()[made.lines[-1] - 1].strip(" -[{}]").endswith("run: a")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "name: a",
        "runs: a",
        "runs:\n  using: node24\n  main: a.js\n",
        "runs:\n  using: docker\n  image: Dockerfile\n",
        "runs:\n  using: composite\n",
    ],
)
def test_what_has_no_steps_makes_no_workflow(text: str) -> None:
    assert job(text) is None


@pytest.mark.parametrize(
    ("text", "told"), [("a: [\n", "2:1: "), ("a: b\n c: d\n", "2:3: mapping values"), ("a: \x00", "1:1: ")]
)
def test_what_is_not_yaml_is_told_by_line(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=f"^{told}"):
        job(text)
