"""Each event, as GitHub tells it, through the real workflows: what is pushed, and what the summary says.

    python3 -m unittest tests.workflows.test_events

It needs airgap's engine and registry, with its database of made-up advisories, which it starts; and act, from
PATH or made by airgap.
"""

import json
import os
import re
import subprocess
import unittest

from tests.workflows.api import TOKEN
from tests.workflows.runner import PROJECT
from tests.workflows.scene import NO_COMMIT, Scene

WORKFLOWS = PROJECT / ".github" / "workflows"
TEXTS = [(WORKFLOWS / f"{name}.yml").read_text() for name in ("check", "publish", "rescan")]
CALLED = " ".join(" ".join(TEXTS).split())
PAGES = ("github-actions.md", "runners.md")
TAKEN = "\N{HEAVY EXCLAMATION MARK SYMBOL}"  # how act shows an error that GitHub would show on its line
BROKEN = "\nimport a_package_that_nobody_has\n"


class Events(Scene):
    """One repository, from its first push on; the tests are in the order of its history."""

    def test_01_a_first_push_publishes_every_type_signed(self) -> None:
        run = self.pushed()
        self.succeeded(run)
        self.assertEqual(self.legs(run), ["api", "salesforce"])
        commit = self.repository.git("rev-parse", "HEAD")
        for name in ("api", "salesforce"):
            self.assertEqual(sorted(self.images(name)), sorted(["main", "latest", f"sha-{commit[:7]}"]))
        references = [
            f"{self.registry.address}/{self.owner}/de-airflow-pipeline-{name}@{self.images(name)['latest']}"
            for name in ("api", "salesforce")
        ]
        self.assertEqual(run.attested, references)
        self.assertEqual(run.uploaded, ["trivy-api/", "trivy-salesforce/"])
        self.assertIn("| `salesforce` | not published yet |", run.summary)
        self.assertIn("### airflow-images: 2 DAG types passed", run.summary)
        for reference in references:
            self.assertIn(f"`{reference}`", run.summary)
        verify = re.findall(r"^dagger (call registry image .*)$", run.summary, flags=re.MULTILINE)
        self.assertEqual(len(verify), 2)
        (public,) = (self.scratch / "keys").glob("*.pub")
        told = self.daggerw(*verify[0].replace("cosign.pub", str(public)).split())
        self.assertIn("verified", told)

    def test_02_a_push_of_docs_costs_no_job(self) -> None:
        before = self.all_images()
        last = self.repository.git("rev-parse", "HEAD")
        self.repository.append("README.md", "More.\n")
        self.repository.commit("docs")
        run = self.pushed(before=last)
        self.succeeded(run)
        self.assertEqual(self.legs(run), [])
        self.assertEqual(self.all_images(), before)

    def test_03_a_pull_request_has_a_job_per_touched_type_and_pushes_nothing(self) -> None:
        before = self.all_images()
        base = self.repository.git("rev-parse", "HEAD")
        self.repository.git("switch", "--quiet", "--create", "theirs")
        self.repository.append(self.repository.dag_file("salesforce"), "\n# of another request\n")
        main = self.repository.commit("merged meanwhile")
        self.repository.git("switch", "--quiet", "--create", "feature", base)
        file = self.repository.dag_file("api")
        self.repository.append(file, BROKEN)
        line = (self.repository.root / file).read_text().splitlines().index(BROKEN.strip()) + 1
        self.repository.commit("break")
        run = self.requested(base, main=main)
        self.assertFalse(run.passed)
        self.assertEqual(self.legs(run), ["api"])
        self.assertEqual(self.all_images(), before)
        self.assertEqual((run.attested, run.uploaded), ([], ["trivy-api/"]))
        self.assertIn(f"{TAKEN}  ::error file={file},line={line},title=api", run.log)
        _, _, verdict = run.summary.partition("### airflow-images: ")
        self.assertTrue(verdict.startswith("1 of 1 DAG type failed"), run.summary)
        self.assertRegex(run.summary, r"\| [0-9.]+ MB \((unchanged|[+-][0-9.]+ [kM]B)\) \|")
        (comment,) = self.api.comments
        self.assertIn(verdict.strip(), comment["body"])

    def test_04_a_fork_gets_the_same_checks_and_writes_nothing(self) -> None:
        before, comments = self.all_images(), list(self.api.comments)
        file = self.repository.dag_file("api")
        self.repository.write(file, (self.repository.root / file).read_text().replace(BROKEN, "\n# mended\n"))
        self.repository.commit("mend")
        run = self.requested(self.repository.git("rev-parse", "main"), head="somebody/data")
        self.succeeded(run)
        self.assertEqual(self.legs(run), ["api"])
        self.assertEqual((run.attested, run.uploaded), ([], []))
        self.assertEqual((self.all_images(), self.api.comments), (before, comments))
        self.assertIn("comes from a fork", run.summary)

    def test_05_a_shallow_clone_makes_every_type_and_says_why(self) -> None:
        self.repository.git("update-ref", "-d", "refs/remotes/origin/main")
        shallow, event = self.scratch / "shallow", self.scratch / "event.json"
        event.write_text(json.dumps(self.request(self.repository.git("rev-parse", "main"), "somebody/data")))
        address = f"file://{self.repository.root}"
        subprocess.run(["git", "clone", "--quiet", "--depth", "1", address, str(shallow)], check=True)
        given = ("--source", str(shallow), "--repository", str(shallow), "--event", str(event))
        told = self.daggerw("call", "affected", *given, "table")
        self.assertRegex(told, r"(?m)^api +asked for$")
        self.assertRegex(told, r"(?m)^salesforce +asked for$")
        self.assertRegex(told, r"(?m)^note: every DAG type counts as affected, .* this clone is shallow")
        self.repository.git("switch", "--quiet", "main")
        self.repository.git("merge", "--quiet", "--ff-only", "feature")

    def test_06_a_tag_of_one_type_releases_that_one(self) -> None:
        salesforce = self.images("salesforce")
        self.repository.git("tag", "api/v1.0.0")
        run = self.pushed("refs/tags/api/v1.0.0")
        self.succeeded(run)
        self.assertEqual(self.legs(run), ["api"])
        self.assertLessEqual({"v1.0.0", "v1.0", "v1"}, set(self.images("api")))
        self.assertEqual(self.images("salesforce"), salesforce)

    def test_07_a_run_of_an_old_commit_moves_nothing_back(self) -> None:
        old = self.repository.git("rev-parse", "HEAD")
        self.repository.append(self.repository.dag_file("api"), "# newer\n")
        self.repository.commit("newer")
        self.repository.git("tag", "api/v1.1.0")
        for ref in ("refs/tags/api/v1.1.0", "refs/heads/main"):
            self.published(ref)
        newer = self.images("api")
        self.repository.git("switch", "--quiet", "--detach", old)
        again = self.published("refs/tags/api/v1.0.0")
        self.assertEqual(self.images("api"), newer)
        self.assertIn("v1.1.0 is newer", again["v1"])
        inputs = {"dag": "api"}
        late = self.runner.run(
            "workflow_dispatch",
            self.payload(ref="refs/heads/main", workflow="images.yml", inputs=inputs),
            secrets=self.secrets,
        )
        self.succeeded(late)
        self.assertEqual(self.legs(late), ["api"])
        self.assertEqual({tag: self.images("api")[tag] for tag in newer}, newer)
        self.assertIn("which comes after", late.summary)
        self.repository.git("switch", "--quiet", "main")

    def test_08_every_command_of_the_pages_works(self) -> None:
        self.repository.git("update-ref", "refs/remotes/origin/main", "HEAD~1")
        self.addCleanup(self.repository.git, "clean", "--quiet", "--force", "-d")
        (public,) = (self.scratch / "keys").glob("*.pub")
        (self.repository.root / "cosign.pub").write_bytes(public.read_bytes())
        event = self.scratch / "event.json"
        event.write_text(
            json.dumps(self.request(self.repository.git("rev-parse", "HEAD~1"), self.repository.name))
        )
        push = self.scratch / "push.json"
        push.write_text(json.dumps(self.payload(ref="refs/heads/main", before=NO_COMMIT)))
        name = f"{self.registry.address}/{self.owner}/de-airflow-pipeline-api"
        environment = {
            **os.environ,
            **self.environment,
            "DAG": "api",
            "GITHUB_REF": "refs/pull/7/merge",
            "GITHUB_TOKEN": TOKEN,
            "REFERENCE": f"{name}@{self.images('api')['v1.0.0']}",
        }
        environment["PATH"] = f"{PROJECT}:{environment['PATH']}"
        commands = [
            line
            for page in PAGES
            for line in (PROJECT / "docs" / page).read_text().splitlines()
            if line.startswith(("daggerw ", "python3 -m airgap "))
        ]
        self.assertGreater(len(commands), 7)
        for command in commands:
            if command in CALLED:
                continue
            place = self.repository.root if command.startswith("daggerw") else PROJECT
            environment["GITHUB_EVENT_PATH"] = str(push if " due " in command else event)
            with self.subTest(command):
                done = subprocess.run(
                    ["sh", "-c", command],
                    cwd=place,
                    env=environment,
                    capture_output=True,
                    text=True,
                    check=False,
                )
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr[-3000:])

    def test_09_the_hook_tests_what_a_push_touches(self) -> None:
        environment = {**os.environ, **self.environment}
        environment["PATH"] = f"{PROJECT}:{environment['PATH']}"
        hook = [str(PROJECT / "docs" / "examples" / "pre-push"), "origin", "somewhere"]
        done = subprocess.run(
            hook, cwd=self.repository.root, env=environment, capture_output=True, text=True, check=False
        )
        self.assertEqual(done.returncode, 0, done.stderr[-3000:])
        self.assertRegex(done.stdout, r"(?m)^api: passed")
        self.assertNotIn("salesforce:", done.stdout)

    def test_10_a_missing_secret_publishes_nothing_and_is_told(self) -> None:
        before = self.all_images()
        self.repository.append(self.repository.dag_file("salesforce"), "\n# edited\n")
        self.repository.commit("edit")
        kept = dict(self.secrets)
        try:
            self.secrets["COSIGN_PRIVATE_KEY"] = ""
            run = self.pushed()
        finally:
            self.secrets.update(kept)
        self.assertFalse(run.passed)
        self.assertEqual(self.all_images(), before)
        self.assertIn("1 of 1 DAG type failed", run.summary, run.faults)
        self.assertIn("--signing-key is empty", run.summary)

    def test_11_a_plan_that_fails_is_no_success(self) -> None:
        payload = self.payload(number=7, pull_request={"number": 7})
        run = self.runner.run("pull_request", payload, secrets=self.secrets)
        self.assertFalse(run.passed)
        self.assertEqual(self.legs(run), [])
        self.assertIn("Failure - Main The plan failed", run.log)

    def test_12_what_is_published_is_scanned_by_the_day(self) -> None:
        run = self.runner.run(
            "schedule", self.payload(schedule="17 4 * * *"), workflow="rescan.yml", secrets=self.secrets
        )
        self.succeeded(run)
        self.assertEqual(run.uploaded, ["trivy-api/", "trivy-salesforce/"])
        self.assertIn("### airflow-images: 2 DAG types passed", run.summary)
        for name in ("api", "salesforce"):
            self.assertIn(f"`{self.images(name)['latest']}`", run.summary)

    def test_13_every_call_and_file_of_these_workflows_was_used(self) -> None:
        call = re.compile(r"(?:daggerw |^)call (report --source \. --results results \S+|\S+)")
        wanted = set(call.findall(CALLED.replace('"$FOLDER"', ".")))
        done = [made for run in self.runner.runs for made in run.calls if made.status == 0]
        made = {words for each in done for words in call.findall(each.arguments)}
        assert len(wanted) > 4
        assert not wanted - made
        reading = re.compile(r"- name: (.+)\n(?: +(?:id|if): .+\n)* +run: cat ")
        steps = {name for text in TEXTS for name in reading.findall(text)}
        assert len(steps) > 7
        log = "".join(run.log for run in self.runner.runs)
        assert not [name for name in steps if f"Success - Main {name}" not in log]


if __name__ == "__main__":
    unittest.main(failfast=True)
