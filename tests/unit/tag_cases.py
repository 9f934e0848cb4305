"""Tables for test_tags.py: what git and a pipeline say, and the tags that the type 'salesforce' gets for it.

Many names are those of docker/metadata-action's README and tests, here under this project's rules.
"""

from dataclasses import dataclass, replace

from ci.config.revision import Revision
from ci.publish.tags import Rule, Tag, TypeNaming

COMMIT = "0123456789abcdef0123456789abcdef01234567"
HASH = "fedcba9876543210"
TYPES = ("hubspot", "sales.force-2", "salesforce")
NAMING = TypeNaming(dag_type="salesforce", dag_types=TYPES)
CLEAN = Revision(
    commit=COMMIT,
    created=1_700_000_000,
    branch=None,
    tags=(),
    pull=False,
    remote="https://example.com/dags.git",
    dirty=None,
    changed=(),
    shallow=False,
)
SHA = Tag("sha-0123456", Rule.BRANCH)
DIRTY = (Tag("dirty-fedcba987654", Rule.BRANCH),)
LATEST = Tag("latest", Rule.LATEST)


@dataclass(frozen=True)
class Given:
    """Arguments of ``plan``, without those that are the same for all rows."""

    revision: Revision
    ref: str = ""

    def dirty(self, *changed: str) -> "Given":
        """Give the same with a tree that differs."""
        differing = self.revision.model_copy(update={"dirty": HASH, "changed": changed or ("dags/a.py",)})
        return replace(self, revision=differing)

    def pull(self) -> "Given":
        """Give the same where HEAD is a pull request's ref."""
        return replace(self, revision=self.revision.model_copy(update={"pull": True}))


def on(branch: str | None, *tags: str) -> Given:
    """Stand on a branch (none: detached) of a laptop, at a commit with tags."""
    return Given(CLEAN.model_copy(update={"branch": branch, "tags": tags}))


def event(ref: str, *tags: str) -> Given:
    """Run in a pipeline, which checks out a commit, not a branch."""
    return Given(CLEAN.model_copy(update={"tags": tags}), ref)


def pushed(branch: str, *tags: str) -> Given:
    """Run for a branch that was pushed."""
    return event(f"refs/heads/{branch}", *tags)


def tagged(tag: str) -> Given:
    """Run for a git tag that was pushed."""
    return event(f"refs/tags/{tag}", tag)


def released(name: str, *lines: str) -> tuple[Tag, ...]:
    """Expect a release with its lines and latest."""
    return (Tag(name, Rule.RELEASE), *(Tag(line, Rule.FLOATING) for line in lines), LATEST)


def alone(name: str) -> tuple[Tag, ...]:
    """Expect a release that moves nothing else."""
    return (Tag(name, Rule.RELEASE),)


def following(*names: str) -> tuple[Tag, ...]:
    """Expect tags that move."""
    return tuple(Tag(name, Rule.BRANCH) for name in names)


def branched(name: str) -> tuple[Tag, ...]:
    """Expect what any branch but main gets."""
    return (*following(name), SHA)


MAIN = (*following("main"), LATEST, SHA)
V123 = released("v1.2.3", "v1.2", "v1")

# What it shows, what is given, the tags, and a part of the reason.
Row = tuple[str, Given, tuple[Tag, ...], str]

BRANCHES: list[Row] = [
    ("main", pushed("main"), MAIN, "branch main"),
    ("main-laptop", on("main"), MAIN, "branch main"),
    ("develop", pushed("develop"), branched("develop"), "branch develop"),
    ("develop-laptop", on("develop"), branched("develop"), "branch develop"),
    ("master-is-any-branch", pushed("master"), branched("master"), "branch master"),
    ("dev", pushed("dev"), branched("dev"), "branch dev"),
    ("slash", pushed("my/branch"), branched("my-branch"), "branch my/branch"),
    ("slash-laptop", on("my/branch"), branched("my-branch"), "branch my/branch"),
    ("slashes", pushed("a/b/c"), branched("a-b-c"), "branch a/b/c"),
    ("releases", pushed("releases/v1"), branched("releases-v1"), "branch releases/v1"),
    ("type-and-version", pushed("salesforce/v1.2.3"), branched("salesforce-v1.2.3"), "branch salesforce"),
    ("run-of-illegal", pushed("fix/#1245--it's"), branched("fix-1245--it-s"), "branch fix"),
    ("dependabot", pushed("dependabot/npm/@x/y-2.0"), branched("dependabot-npm-x-y-2.0"), ""),
    ("underscore-first", pushed("_wip"), branched("_wip"), ""),
    ("capitals", pushed("Feature/ABC-1"), branched("Feature-ABC-1"), ""),
    ("plus", pushed("c++"), branched("c-"), ""),
    ("illegal-first", pushed("#42-fix"), branched("42-fix"), ""),
    ("not-ascii-inside", pushed("aé漢b"), branched("a-b"), ""),
    ("long", pushed("x" * 200), branched("x" * 128), ""),
    ("long-after-illegal", pushed("é" + "x" * 200), branched("x" * 128), ""),
    ("nothing-left", pushed("漢字"), (SHA,), "branch 漢字: no character of its name is allowed"),
    ("like-version", pushed("v1.2.3"), (SHA,), "reserved for a release"),
    ("like-version-without-v", pushed("1.2.3"), (SHA,), "reserved for a release"),
    ("like-pre-release", pushed("v1.2.3-rc1"), (SHA,), "reserved for a release"),
    ("suffix-without-hyphen", pushed("v1.2.3rc1"), branched("v1.2.3rc1"), ""),
    ("becomes-version", pushed("v1.2.3/fix"), (SHA,), "the tag v1.2.3-fix is reserved for a release"),
    ("like-major-line", pushed("v1"), (SHA,), "reserved for the newest of several releases"),
    ("like-minor-line", pushed("v1.2"), (SHA,), "reserved for the newest of several releases"),
    ("like-major-without-v", pushed("1"), (SHA,), "reserved for the newest of several releases"),
    ("like-minor-without-v", on("1.2"), (SHA,), "branch 1.2: the tag 1.2 is reserved"),
    ("called-latest", pushed("latest"), (SHA,), "reserved for the newest image, so only sha-0123456"),
    ("like-sha", pushed("sha-0123456"), (SHA,), "reserved for a commit"),
    ("like-dirty", pushed("dirty-work"), (SHA,), "reserved for a tree"),
    (
        "like-mark-of-a-rollback",
        pushed("not-latest-0123456789ab"),
        (SHA,),
        "reserved for a commit that latest",
    ),
    (
        "like-referrers",
        pushed(f"sha256-{'0' * 64}"),
        (SHA,),
        "is reserved for an image's signatures, so only",
    ),
    ("digest-that-is-cut", pushed(f"sha256-{'0' * 63}"), branched(f"sha256-{'0' * 63}"), ""),
    ("becomes-main", pushed("é/main"), (SHA,), "the tag main is reserved for the branch of that name"),
    ("becomes-develop", on("@develop"), (SHA,), "the tag develop is reserved for the branch"),
    ("x-line-is-no-line", pushed("1.x"), branched("1.x"), ""),
    ("four-numbers", pushed("1.2.3.4"), branched("1.2.3.4"), ""),
    ("sha-without-hex", pushed("sha-fix"), branched("sha-fix"), ""),
    ("like-main", pushed("main-2"), branched("main-2"), ""),
    ("branch-event-at-a-release", pushed("main", "v1.2.3"), MAIN, "branch main"),
]

RELEASES: list[Row] = [
    ("release", tagged("v1.2.3"), V123, "release v1.2.3"),
    ("without-v", tagged("1.2.3"), released("1.2.3", "1.2", "1"), "release 1.2.3"),
    ("v1.1.1", tagged("v1.1.1"), released("v1.1.1", "v1.1", "v1"), "release v1.1.1"),
    ("large-numbers", tagged("v10.20.30"), released("v10.20.30", "v10.20", "v10"), ""),
    ("zero-patch", tagged("v2.0.0"), released("v2.0.0", "v2.0", "v2"), ""),
    ("no-major-for-zero", tagged("v0.3.1"), released("v0.3.1", "v0.3"), "release v0.3.1"),
    ("all-zero", tagged("0.0.0"), released("0.0.0", "0.0"), ""),
    ("own-type", tagged("salesforce/v1.2.3"), V123, "release salesforce/v1.2.3"),
    ("own-type-pre", tagged("salesforce/v1.2.3-rc.1"), alone("v1.2.3-rc.1"), ""),
    ("other-type", tagged("hubspot/v1.2.3"), (), "hubspot/v1.2.3 releases only hubspot"),
    (
        "other-type-dots",
        tagged("sales.force-2/1.0.0"),
        (),
        "sales.force-2/1.0.0 releases only sales.force-2",
    ),
    ("no-tags-fetched", event("refs/tags/v1.2.3"), V123, "release v1.2.3"),
    ("one-of-two", event("refs/tags/v1.2.3", "v1.2.4", "v1.2.3"), V123, "release v1.2.3"),
    ("beta", tagged("v2.0.8-beta.67"), alone("v2.0.8-beta.67"), "release v2.0.8-beta.67"),
    ("beta-without-v", tagged("2.0.8-beta.67"), alone("2.0.8-beta.67"), ""),
    ("rc", tagged("v1.2.3-rc.1"), alone("v1.2.3-rc.1"), ""),
    ("rc1", tagged("v1.2.3-rc1"), alone("v1.2.3-rc1"), ""),
    ("semver-zero", tagged("v1.2.3-0"), alone("v1.2.3-0"), ""),
    ("semver-hyphens", tagged("v1.2.3-a-b.-"), alone("v1.2.3-a-b.-"), ""),
    ("build", tagged("v1.2.3+5"), alone("v1.2.3_5"), "release v1.2.3+5"),
    ("pre-and-build", tagged("v1.2.3-rc.1+ab.c"), alone("v1.2.3-rc.1_ab.c"), ""),
    ("build-as-in-a-registry", tagged("v1.2.3_5"), alone("v1.2.3_5"), ""),
]

OTHER_TAGS: list[Row] = [
    ("nightly", tagged("nightly"), following("nightly"), "tag nightly, which is no version"),
    ("release1", tagged("release1"), following("release1"), ""),
    (
        "suffix-without-hyphen",
        tagged("v1.2.3rc1"),
        following("v1.2.3rc1"),
        "is no version",
    ),
    ("post-release", tagged("v1.2.3.post1"), following("v1.2.3.post1"), ""),
    ("date-rc", tagged("20200110-RC2"), following("20200110-RC2"), ""),
    ("leading-zero", tagged("v01.2.3"), following("v01.2.3"), ""),
    ("calendar", tagged("2024.01.15"), following("2024.01.15"), ""),
    ("four-numbers", tagged("v1.2.3.4"), following("v1.2.3.4"), ""),
    ("pre-with-leading-zero", tagged("v1.2.3-01"), following("v1.2.3-01"), ""),
    ("capital-v", tagged("V1.2.3"), following("V1.2.3"), ""),
    ("wild", tagged("1.2.x"), following("1.2.x"), ""),
    ("other-digits", tagged("v1.2.\N{ARABIC-INDIC DIGIT THREE}"), following("v1.2.-"), ""),
    ("slash", tagged("nightly/2"), following("nightly-2"), "tag nightly/2"),
    ("type-without-version", tagged("salesforce/nightly"), following("salesforce-nightly"), ""),
    ("type-with-line", tagged("salesforce/v1.2"), following("salesforce-v1.2"), ""),
    ("underscore", tagged("_x"), following("_x"), ""),
    ("long", tagged("t" * 129), following("t" * 128), ""),
    ("nothing-left", tagged("漢"), (SHA,), "tag 漢: no character of its name is allowed"),
]

PULLS: list[Row] = [
    ("merge", event("refs/pull/15/merge"), (), "pull request: built and tested, never pushed"),
    ("head", event("refs/pull/15/head"), (), "pull request"),
    ("gitlab", event("refs/merge-requests/7/head"), (), "pull request"),
    ("gitlab-train", event("refs/merge-requests/7/train"), (), "pull request"),
    ("with-tags", event("refs/pull/15/head", "v1.2.3"), (), "pull request"),
    ("checked-out", on(None).pull(), (), "pull request"),
    ("checked-out-at-a-release", on(None, "v1.2.3").pull(), (), "pull request"),
    ("dirty", event("refs/pull/15/merge").dirty(), (), "pull request"),
    ("checked-out-dirty", on(None).pull().dirty(), (), "pull request"),
    ("the-ref-decides", pushed("main").pull(), MAIN, "branch main"),
]

CHANGES: list[Row] = [
    ("branch", on("main").dirty("b", "a"), DIRTY, "the tree differs from commit 0123456: 'b', 'a'"),
    ("many", on("main").dirty("a", "b", "c", "d"), DIRTY, "'a', 'b', 'c' and more"),
    ("newline", on("main").dirty("a\nb"), DIRTY, r"'a\nb'"),
    ("release", on("main", "v1.2.3").dirty(), DIRTY, "'dags/a.py'"),
    ("detached", on(None).dirty(), DIRTY, "differs"),
    ("pushed-branch", pushed("main").dirty(), DIRTY, "differs"),
    ("pushed-tag", tagged("v1.2.3").dirty(), DIRTY, "differs"),
    ("other-type", tagged("hubspot/v1.2.3").dirty(), DIRTY, "differs"),
]

LAPTOP: list[Row] = [
    ("release-on-main", on("main", "v1.2.3"), V123, "release v1.2.3"),
    ("release-detached", on(None, "v1.2.3"), V123, "release v1.2.3"),
    ("own-type", on("main", "salesforce/v1.2.3"), V123, "release salesforce/v1.2.3"),
    ("other-type-on-main", on("main", "hubspot/v1.2.3"), MAIN, "branch main"),
    ("other-type-detached", on(None, "hubspot/v1.2.3"), (), "hubspot/v1.2.3 releases only hubspot"),
    ("no-type", on("main", "salesfroce/v1.2.3"), MAIN, "branch main"),
    ("no-type-detached", on(None, "salesfroce/v1.2.3"), (SHA,), "commit 0123456"),
    ("both-spellings", on("main", "v1.2.3", "salesforce/v1.2.3"), V123, "release v1.2.3, salesforce/v1.2.3"),
    ("pre-release", on("main", "v1.2.3-rc.1"), alone("v1.2.3-rc.1"), "release v1.2.3-rc.1"),
    ("promoted", on("main", "v1.2.3-rc.1", "v1.2.3"), (V123[0], *alone("v1.2.3-rc.1"), *V123[1:]), ""),
    (
        "highest-first",
        on("main", "v1.9.0", "v1.10.0"),
        (*alone("v1.10.0"), *released("v1.9.0", "v1.10", "v1", "v1.9")),
        "release v1.10.0, v1.9.0",
    ),
    ("other-tag", on("main", "nightly"), MAIN, "branch main"),
    ("kept-tag", on("main", "latest", "v1"), MAIN, "branch main"),
    ("detached", on(None), (SHA,), "commit 0123456, on no branch and without a version tag"),
    ("detached-other-tag", on(None, "nightly"), (SHA,), "commit 0123456"),
]

# What it shows, what is given, and parts of the message.
REFUSALS: list[tuple[str, Given, tuple[str, ...]]] = [
    (
        "short-branch",
        event("main"),
        ("ref 'main'", "refs/heads/<branch>", "refs/tags/<tag>", "give the event"),
    ),
    ("short-heads", event("heads/main"), ("ref 'heads/main'",)),
    ("short-tag", event("v1.2.3"), ("ref 'v1.2.3'",)),
    ("notes", event("refs/notes/commits"), ("ref 'refs/notes/commits'", "refs/pull/<number>/merge")),
    ("remotes", event("refs/remotes/origin/main"), ("ref 'refs/remotes/origin/main'",)),
    ("pull-without-number", event("refs/pull/x/merge"), ("ref 'refs/pull/x/merge'",)),
    ("no-branch", event("refs/heads/"), ("ref 'refs/heads/'",)),
    ("no-tag", event("refs/tags/"), ("ref 'refs/tags/'",)),
    ("newline", event("refs/heads/main\n"), (r"ref 'refs/heads/main\n'",)),
    ("dirty", event("main").dirty(), ("ref 'main'",)),
    ("elsewhere", event("refs/tags/v1.2.3", "v1.2.2", "x"), ("'refs/tags/v1.2.3'", "0123456", "v1.2.2, x")),
    ("typo", tagged("salesfroce/v1.2.3"), ("no DAG type 'salesfroce': did you mean 'salesforce'?", "v1.2.3")),
    ("no-type", tagged("zzz/1.2.3"), ("no DAG type 'zzz': Rename", "<type>/1.2.3", "hubspot, sales.force-2")),
    ("nested", tagged("x/salesforce/v1.2.3"), ("no DAG type 'x/salesforce'",)),
    (
        "latest",
        tagged("latest"),
        ("tag 'latest': its name is reserved for the newest image: rename it",),
    ),
    ("main", tagged("main"), ("tag 'main'", "reserved for the branch")),
    ("develop", tagged("develop"), ("tag 'develop'", "reserved for the branch")),
    ("major", tagged("v1"), ("tag 'v1'", "reserved for the newest of several releases")),
    ("minor", tagged("v1.2"), ("tag 'v1.2'", "reserved for the newest of several releases")),
    ("minor-without-v", tagged("1.2"), ("tag '1.2'", "reserved for the newest of several releases")),
    ("date", tagged("20200110"), ("tag '20200110'", "reserved for the newest of several releases")),
    ("referrers", tagged(f"sha512-{'0' * 64}"), ("reserved for an image's signatures: rename it",)),
    ("sha", tagged("sha-0123456"), ("tag 'sha-0123456'", "reserved for a commit")),
    ("dirty-tag", tagged("dirty-x"), ("tag 'dirty-x'", "reserved for a tree")),
    (
        "becomes-kept",
        tagged("é/latest"),
        ("tag 'é/latest': its name in a registry, 'latest', is reserved",),
    ),
    (
        "becomes-version",
        tagged("v1.2.3@x"),
        ("its name in a registry, 'v1.2.3-x', is reserved for a release",),
    ),
    ("too-long", tagged("v1.2.3-" + "x" * 128), ("reserved for a release",)),
    ("numbers-too-long", tagged("v" + "1" * 5000 + ".2.3"), ("reserved for the newest of several releases",)),
]
