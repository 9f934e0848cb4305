"""Table for test_tag_updates.py: planned tags, what the registry has, and what is done with each of them."""

from collections.abc import Mapping
from dataclasses import replace

from ci.publish.tag_updates import Candidate, RegistryState
from ci.publish.tags import Rule, Tag

from .tag_cases import alone, following, released

CANDIDATE = Candidate(digest="sha256:ours", commit="c" * 40, created="2026-02-02")
OLD = "sha256:old"
BEFORE = "b" * 40
V123 = released("v1.2.3", "v1.2", "v1")
MAIN = (*following("main"), Tag("latest", Rule.LATEST), *following("sha-ccccccc"))
LATEST = MAIN[1:2]


def state(
    digests: Mapping[str, str] | None = None,
    *names: str,
    commit: str | None = BEFORE,
    descends: bool | None = True,
    later: bool = False,
) -> RegistryState:
    existing = digests or {}
    return RegistryState(
        digests=existing,
        names={*existing, *names},
        commits={OLD: commit} if commit is not None else {},
        descends={BEFORE: descends},
        later={BEFORE} if later else set(),
        created={OLD: "2026-01-01"},
    )


def shallow(digests: Mapping[str, str], *, commit: str = BEFORE, later: bool = False) -> RegistryState:
    return replace(state(digests, commit=commit, descends=None, later=later), shallow=True)


# What it shows, the plan, the registry, one action per planned tag, and a part of one of the reasons.
Row = tuple[str, tuple[Tag, ...], RegistryState, str, str]

ROWS: list[Row] = [
    ("nothing-planned", (), state({"main": OLD}), "", ""),
    ("all-new", V123, state(), "set set set set", "is new"),
    (
        "all-ours",
        V123,
        state(dict.fromkeys(["v1.2.3", "v1.2", "v1", "latest"], CANDIDATE.digest)),
        "same " * 4,
        "",
    ),
    ("branch-new", MAIN, state(), "set set set", "is new"),
    ("branch-moves", MAIN, state(dict.fromkeys(["main", "latest"], OLD)), "set set set", f"from {OLD}"),
    ("only-latest-needs-a-label", MAIN, state({"main": OLD}, commit=None), "set set set", f"from {OLD}"),
    ("branch-overtaken", MAIN[:1], state({"main": OLD}, descends=False, later=True), "kept", "comes after"),
    ("branch-reset", MAIN[:1], state({"main": OLD}, descends=False), "set", f"moves from {OLD}"),
    (
        "branch-shallow",
        MAIN[:1],
        shallow({"main": OLD}),
        "kept",
        "bbbbbbb, and the git history is shallow: fetch the whole history",
    ),
    (
        "branch-shallow-and-later",
        MAIN[:1],
        shallow({"main": OLD}, later=True),
        "kept",
        "after",
    ),
    (
        "branch-shallow-same-commit",
        MAIN[:1],
        shallow({"main": OLD}, commit=CANDIDATE.commit),
        "set",
        "",
    ),
    ("branch-rebased", MAIN[:1], state({"main": OLD}, descends=None), "set", f"moves from {OLD}"),
    (
        "branch-of-a-newer-commit-that-is-not-fetched",
        MAIN[:1],
        replace(state({"main": OLD}, descends=None), created={OLD: "2026-03-03"}),
        "kept",
        "or fetch that commit",
    ),
    ("commit-again-later", V123[1:2], state({"v1.2": OLD}, later=True), "set", ""),
    ("branch-same", following("main"), state({"main": CANDIDATE.digest}), "same", "already"),
    ("git-tag-moves", following("nightly"), state({"nightly": OLD}), "set", f"moves from {OLD}"),
    ("commit-again", following("sha-ccccccc"), state({"sha-ccccccc": OLD}), "set", ""),
    ("refused-names-both", V123[:1], state({"v1.2.3": OLD}), "refused", f"{OLD} and never changes"),
    (
        "refused-names-ours",
        V123[:1],
        state({"v1.2.3": OLD}),
        "refused",
        f"is {CANDIDATE.digest}: release a new",
    ),
    ("refused-moves-nothing", V123, state({"v1.2.3": OLD}), "refused kept kept kept", "v1.2.3 was refused"),
    (
        "refused-with-a-line-that-is-ours",
        V123,
        state({"v1.2.3": OLD, "v1": CANDIDATE.digest}),
        "refused kept same kept",
        "v1.2.3 was refused",
    ),
    (
        "one-of-two-refused",
        (Tag("v1.3.0", Rule.RELEASE), *V123),
        state({"v1.2.3": OLD}),
        "set refused kept kept kept",
        "v1.2.3 was refused",
    ),
    ("pre-release-refused", (Tag("v1.2.3-rc.1", Rule.RELEASE),), state({"v1.2.3-rc.1": OLD}), "refused", ""),
    ("next-patch", V123, state({"v1.2": OLD, "v1": OLD}, "v1.2.2"), "set set set set", f"from {OLD}"),
    (
        "patch-of-an-old-line",
        V123,
        state({"v1.2": OLD, "v1": OLD}, "v1.3.0"),
        "set set kept kept",
        "v1.3.0 is",
    ),
    ("patch-of-an-old-major", V123, state({}, "v2.0.0"), "set set set kept", "v2.0.0 is newer"),
    ("older-patch", V123, state({"v1.2": OLD}, "v1.2.4"), "set kept kept kept", "v1.2.4 is newer"),
    (
        "two-releases-one-is-a-pre-release",
        (*alone("v1.4.0-rc.1"), *released("v1.2.4", "v1.2", "v1")),
        state({"v1": OLD, "latest": OLD}, "v1.3.0"),
        "set set set kept kept",
        "v1.3.0 is newer",
    ),
    (
        "a-line-whose-publish-was-cut-off",
        V123,
        state({"v1": OLD, "v1.3.0": "sha256:newer"}, "v1.2.2"),
        "set set mended kept",
        "was not at v1.3.0, the greatest release of that line, and is moved there",
    ),
    ("an-absent-line-of-a-greater-release", V123, state({"v1.3.0": OLD}), "set set mended kept", "v1.3.0"),
    ("a-line-at-its-greatest-release", V123, state({"v1": OLD, "v1.3.0": OLD}), "set set kept kept", "newer"),
    (
        "a-line-below-a-greater-release-with-this-image",
        V123,
        state({"v1": CANDIDATE.digest, "v1.3.0": OLD}),
        "set set mended kept",
        "",
    ),
    (
        "after-a-rollback-of-this-commit",
        V123,
        state({"latest": OLD}, f"not-latest-{'c' * 12}"),
        "set set set kept",
        "was moved away from commit ccccccc by rollback or promote: promote this image to move it back",
    ),
    (
        "after-a-rollback-of-another",
        V123,
        state({"latest": OLD}, f"not-latest-{'b' * 12}"),
        "set set set set",
        "",
    ),
    ("absent-lines-wait-too", V123, state({}, "v1.2.4"), "set kept kept kept", "v1.2.4 is newer"),
    (
        "the-newest-is-told",
        V123,
        state({}, "v1.2.4", "v1.2.10", "v1.2.9"),
        "set kept kept kept",
        "v1.2.10 is",
    ),
    ("numbers-not-letters", V123, state({}, "v1.2.1", "v1.1.20"), "set set set set", ""),
    ("pre-release-is-not-newer", V123, state({}, "v1.3.0-rc.1"), "set set set set", ""),
    ("other-suffixes-are-no-versions", V123, state({}, "v2.0.0a1", "v1.2.3.post1"), "set set set set", ""),
    ("build-is-not-newer", V123, state({}, "v1.2.3_5"), "set set set set", ""),
    ("what-moves-nothing-holds-nothing", V123, state({}, "v1.2.4_5", "v1.3.0_1"), "set set set set", ""),
    ("other-spelling-same-latest", V123, state({}, "1.3.0"), "set set set kept", "1.3.0 is newer"),
    ("no-versions", V123, state({}, "main", "v2", "v1.9", "nightly", "2024.01.15"), "set set set set", ""),
    ("line-of-longer-number", V123, state({}, "v1.20.0"), "set set kept kept", "v1.20.0"),
    (
        "two-releases",
        (
            Tag("v1.3.0", Rule.RELEASE),
            Tag("v1.2.3", Rule.RELEASE),
            *released("v1.3.0", "v1.3", "v1", "v1.2")[1:],
        ),
        state({}, "v1.2.9"),
        "set set set set kept set",
        "v1.2.9 is newer",
    ),
    ("main-ignores-releases", LATEST, state({"latest": OLD}, "v9.0.0"), "set", f"moves from {OLD}"),
    ("latest-same", LATEST, state({"latest": CANDIDATE.digest}, commit=None), "same", ""),
    ("latest-rebuilt", LATEST, state({"latest": OLD}, commit=CANDIDATE.commit), "set", ""),
    ("latest-back", LATEST, state({"latest": OLD}, descends=False), "kept", "ccccccc doesn't descend"),
    ("latest-without-label", LATEST, state({"latest": OLD}, commit=None), "kept", "promote this image"),
    (
        "latest-with-empty-label",
        LATEST,
        state({"latest": OLD}, commit=""),
        "kept",
        "no label org.opencontainers",
    ),
    (
        "latest-shallow",
        LATEST,
        shallow({"latest": OLD}),
        "kept",
        "shallow: fetch the whole history before the next publish (in GitHub Actions fetch-depth: 0)",
    ),
    (
        "latest-unknown",
        LATEST,
        state({"latest": OLD}, commit="d" * 40),
        "kept",
        "ddddddd, which the git history lacks, as after a forced push: promote this image to move it",
    ),
    ("release-back", V123, state({"latest": OLD}, descends=False), "set set set kept", "doesn't descend"),
    (
        "release-shallow",
        V123,
        shallow({"latest": OLD}),
        "set set set kept",
        "shallow",
    ),
    ("release-on", V123, state({"latest": OLD}, "v1.2.2"), "set set set set", f"from {OLD}"),
]
