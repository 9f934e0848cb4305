"""The summary of a run: every type with its verdict, what is wrong, and how to verify what was pushed."""

from ci.github import event
from ci.github.outputs import Plan
from ci.github.summary import markdown
from ci.publication import Publication, Row
from ci.report import Fact, Finding, Report

from .events import pull_request, push
from .test_github_outputs import found

COMMIT = "c" * 40
IDENTITY = "https://github.com/acme/data/.github/workflows/publish.yml@refs/heads/main"
GOOD = Report(subject="api", facts=(Fact(check="dags", told="one"),))
BAD = Report(
    subject="api",
    findings=(Finding(check="parse", file="dags/a.py", line=3, cause="no module <b>", remedy="mend it"),),
)
PUSHED = Row(
    dag="api",
    repository="r.example/api",
    digest="sha256:aa",
    written=("main", "latest"),
    size=10_000_000,
    added=1_000_000,
    tests=(GOOD,),
)


def told(*rows: Row, plan: Plan | None = None, missing: tuple[str, ...] = ()) -> str:
    return markdown(Publication(commit=COMMIT, rows=rows), plan, missing)


def with_(**changed: object) -> Row:
    return PUSHED.model_copy(update=changed)


def test_the_verdict_is_said_first() -> None:
    assert told(PUSHED).startswith("### airflow-images: 1 DAG type passed\n")
    two = told(PUSHED, with_(dag="dbt", problem="x"))
    assert two.startswith("### airflow-images: 1 of 2 DAG types failed\n")
    assert told(missing=("dbt",)).startswith("### airflow-images: 1 of 1 DAG type failed\n")
    assert told().startswith("### airflow-images: no DAG type is affected\n")


def test_a_row_has_all_that_is_known() -> None:
    line = next(line for line in told(PUSHED).splitlines() if line.startswith("| `api`"))
    cells = [cell.strip() for cell in line.strip("|").split("|")]
    image, size, tags = "`r.example/api@sha256:aa`", "10.0 MB (1.0 MB added)", "`main`, `latest`"
    assert cells == ["`api`", "passed", image, size, "passed", "-", tags]


def test_the_size_is_compared_with_what_latest_was() -> None:
    assert "10.0 MB (+2.0 MB)" in told(with_(before=8_000_000))
    assert "10.0 MB (-2.0 MB)" in told(with_(before=12_000_000))
    assert "10.0 MB (unchanged)" in told(with_(before=10_000_000))


def test_a_type_without_a_result_is_not_left_out() -> None:
    assert "| `dbt` | **no result** |" in told(PUSHED, missing=("dbt",))


def test_what_failed_is_told_with_file_and_line_and_no_markup_of_others() -> None:
    text = told(with_(tests=(BAD,), problem="the gate failed"))
    assert "`dags/a.py:3`" in text
    assert "<b>" not in text
    assert "the gate failed" not in text  # the findings say more
    assert "the base<br>is away" in told(with_(problem="the base\nis away"))


def test_tags_that_stay_are_told_with_the_reason() -> None:
    text = told(with_(left={"v1": "v1.3.0 is newer"}))
    assert "`v1` left" in text
    assert "- `api`: `v1` stays: v1.3.0 is newer" in text


def test_what_was_signed_can_be_verified_by_the_commands_in_it() -> None:
    assert "How to verify" not in told(PUSHED)
    by_key = told(with_(signed=5))
    command = f"dagger call verify --reference r.example/api@sha256:aa --key cosign.pub --commit {COMMIT}"
    assert command in by_key.splitlines()
    assert "gh attestation" not in by_key
    plan = Plan(found=found("api"), event=event.parse(push("refs/heads/main")))
    keyless = told(with_(signed=5, identity=IDENTITY), plan=plan)
    assert f"--certificate-identity {IDENTITY} " in keyless
    platform = "gh attestation verify oci://r.example/api@sha256:aa --repo acme/data"
    assert f"{platform} --signer-workflow acme/data/.github/workflows/publish.yml" in keyless.splitlines()


def test_the_event_and_the_notes_of_the_plan_are_told() -> None:
    noted = found().model_copy(update={"notes": ("a fork: nothing is pushed",)})
    text = told(plan=Plan(found=noted, event=event.parse(pull_request({"full_name": "x/y"}))))
    assert "pull request &#35;7 from a fork" in text
    assert "> a fork: nothing is pushed" in text


def test_the_same_results_give_the_same_text() -> None:
    assert told(PUSHED, with_(dag="dbt")) == told(PUSHED, with_(dag="dbt"))


def test_what_else_is_to_be_told_is_told() -> None:
    done = Publication(commit=COMMIT, rows=(PUSHED,), notes=("dbt: never | published",))
    assert "> dbt: never &#124; published" in markdown(done, None, ())
