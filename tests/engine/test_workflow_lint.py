"""The check of workflows: what each tool finds is told by file and line, and what is sound passes."""

from collections.abc import Mapping

import dagger
import pytest
from dagger import dag

from ci.api import project as api_project

pytestmark = pytest.mark.anyio

WORKFLOWS = ".github/workflows"
WORKFLOW = """\
name: Clean
on:
  pull_request:
permissions: {}
concurrency:
  group: clean-${{ github.ref }}
  cancel-in-progress: true
jobs:
  greet:
    name: Greet
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8 # v5.0.0
        with:
          persist-credentials: false
      - uses: $/
        with:
          dag: api
      - env:
          TITLE: ${{ github.event.pull_request.title }}
          SOURCE: ${{ github.repository }}@${{ github.sha }}
        run: echo "$TITLE of $SOURCE"
"""
ACTION = """\
name: Build
description: Builds a DAG type's image
inputs:
  dag:
    description: The DAG type
    required: true
outputs:
  digest:
    description: The image's digest
    value: ${{ steps.build.outputs.digest }}
runs:
  using: composite
  steps:
    - id: build
      shell: bash
      env:
        DAG: ${{ inputs.dag }}
      run: echo "digest=$DAG" >> "$GITHUB_OUTPUT"
"""
DEPENDABOT = """\
version: 2
updates:
  - package-ecosystem: github-actions
    directory: /
    schedule:
      interval: weekly
    cooldown:
      default-days: 7
"""
GITLAB = """\
.own:
  script: [./daggerw check]
build:
  script:
    - !reference [.own, script]
"""
SOUND = {
    f"{WORKFLOWS}/clean.yml": WORKFLOW,
    ".github/dependabot.yml": DEPENDABOT,
    "action.yml": ACTION,
    "setup/action.yml": ACTION,
    "docs/examples/gitlab-ci.yml": GITLAB,
}


def changed(text: str, old: str, new: str) -> str:
    """The text with one thing in it replaced."""
    assert text.count(old) == 1
    return text.replace(old, new)


RUN = 'echo "$TITLE of $SOURCE"'
WRONG = {
    f"{WORKFLOWS}/unpinned.yml": changed(
        WORKFLOW, "@08c6903cd8c0fde910a37f88322edcfb5dd907a8 # v5.0.0", "@v5"
    ),
    f"{WORKFLOWS}/injected.yml": changed(WORKFLOW, RUN, 'echo "${{ github.event.pull_request.title }}"'),
    f"{WORKFLOWS}/misspelt.yml": changed(WORKFLOW, "runs-on:", "run-on:"),
    f"{WORKFLOWS}/script.yaml": changed(WORKFLOW, RUN, "echo $TITLE"),
    f"{WORKFLOWS}/input.yml": changed(WORKFLOW, "dag: api", "dags: api"),
    "action.yml": changed(
        changed(ACTION, "steps.build.", "steps.built."),
        'echo "digest=$DAG" >> "$GITHUB_OUTPUT"',
        "echo $DAG ${{ inputs.dga }}",
    ),
    "setup/action.yml": changed(ACTION, "shell:", "shel:"),
    "other/action.yml": "name: [\n",
    ".github/dependabot.yml": changed(DEPENDABOT, "github-actions", "github-action"),
    "docs/examples/gitlab-ci.yml": changed(GITLAB, "build:\n  script:", "build:\n  scripts:"),
}
FINDINGS = {
    "an action that isn't pinned": (f"error[unpinned-uses]: …--> {WORKFLOWS}/unpinned.yml:13:15",),
    "a script that others can write into": (
        f'{WORKFLOWS}/injected.yml:22:24: "github.event.pull_request.title" is potentially untrusted',
        f"error[template-injection]: …--> {WORKFLOWS}/injected.yml:22:",
    ),
    "a key that no workflow has": (
        f'{WORKFLOWS}/misspelt.yml:11:5: unexpected key "run-on" for "job" section',
        f"{WORKFLOWS}/misspelt.yml:9: $.jobs.greet: 'runs-on' is a required property",
    ),
    "a mistake in a script": (
        f"{WORKFLOWS}/script.yaml:22:9: shellcheck reported issue in this script: SC2086",
    ),
    "an input that the repository's own action hasn't": (
        f'{WORKFLOWS}/input.yml:18:11: input "dags" is not defined in action "Build"',
        f'{WORKFLOWS}/input.yml:16:15: missing input "dag" which is required by action "Build"',
    ),
    "mistakes in an action's script": (
        "action.yml:18:7: shellcheck reported issue in this script: SC2086",
        'action.yml:18:26: property "dga" is not defined',
        "help[template-injection]: …--> action.yml:18:",
    ),
    "an action's output of no step": ('action.yml:10:19: property "built" is not defined',),
    "a key that no action has": ("setup/action.yml:14: $.runs.steps[0]: ",),
    "a file that isn't YAML": ("other/action.yml:2:1: ",),
    "an ecosystem that there isn't": (
        ".github/dependabot.yml:3: $.updates[0]['package-ecosystem']: 'github-action' is not one of",
    ),
    "a key that no job of GitLab has": ("docs/examples/gitlab-ci.yml:3: $.build: ",),
}


async def told(files: Mapping[str, str]) -> str:
    """What the check prints of a project of those files; with "passed" before it where it passes."""
    project = dag.directory()
    for path, text in files.items():
        project = project.with_new_file(path, text)
    try:
        return f"passed\n{await api_project.workflows(project).stdout()}"
    except dagger.ExecError as error:
        return error.stdout


async def test_every_mistake_is_told_by_file_and_line_whatever_else_is_wrong() -> None:
    output = await told(WRONG)
    missing = [mistake for mistake in FINDINGS if not all(is_in(output, each) for each in FINDINGS[mistake])]
    assert missing == [], output
    assert output.rstrip().endswith("actionlint, zizmor, schemas found what is above")


def is_in(output: str, finding: str) -> bool:
    """Whether a finding is told; where it has an ellipsis, its head stands above the place it is about."""
    head, _, place = finding.rpartition("…")
    return any(head in before.rpartition("\n\n")[2] for before in output.split(place)[:-1])


async def test_sound_files_pass() -> None:
    names = [f"{WORKFLOWS}/clean.yml", "action.yml", "setup/action.yml"]
    names += [".github/dependabot.yml", "docs/examples/gitlab-ci.yml"]
    assert (await told(SOUND)).splitlines() == ["passed", f"{', '.join(names)}: nothing found"]


async def test_a_project_without_workflows_is_told_so() -> None:
    nothing = await told({})
    assert nothing.startswith(f"there is nothing to check: no file at {WORKFLOWS}/*.yml")
