"""Links between pages of the documentation, and to the files and headings that they name."""

import re
from pathlib import Path
from urllib.parse import unquote

PROJECT = Path(__file__).parents[2]
PAGES = sorted([*PROJECT.glob("*.md"), *PROJECT.glob("docs/**/*.md")])
FENCE = re.compile(r"^(`{3,}|~{3,}).*?^\1\s*$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def anchors(text: str) -> set[str]:
    """Return the anchors that GitHub gives to the headings of a page."""
    names: set[str] = set()
    for heading in re.findall(r"^#{1,6} +(.+?) *$", FENCE.sub("", text), re.MULTILINE):
        title = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        name = re.sub(r"[^\w\- ]", "", title).replace(" ", "-")
        repeated = [f"{name}-{number}" for number in range(1, 99) if f"{name}-{number}" not in names]
        names.add(repeated[0] if name in names else name)
    return names


def broken(page: Path, text: str) -> list[str]:
    """Return each link of a page that leads to no file or to no heading."""
    faults: list[str] = []
    for link in LINK.findall(FENCE.sub("", text)):
        if re.match(r"[a-z][a-z0-9+.-]*:", link):
            continue
        path, _, anchor = unquote(link).partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists():
            faults.append(f"{page.name}: {link}: no such file")
        elif anchor and anchor not in anchors(target.read_text(encoding="utf-8")):
            faults.append(f"{page.name}: {link}: no such heading in {target.name}")
    return faults


def test_every_link_leads_to_a_file_and_a_heading() -> None:
    faults = [fault for page in PAGES for fault in broken(page, page.read_text(encoding="utf-8"))]
    assert not faults, "\n".join(["correct these links:", *faults])


def test_a_broken_link_is_found(tmp_path: Path) -> None:
    page = tmp_path / "a.md"
    links = "[x](a.md) [x](#two-three) [x](https://a.b) [x](b.md) [x](#four)"
    text = f"# One\n## Two, `three`\n{links}\n```\n[x](c.md)\n```\n"
    page.write_text(text, encoding="utf-8")
    assert broken(page, text) == ["a.md: b.md: no such file", "a.md: #four: no such heading in a.md"]


def test_an_anchor_is_that_of_github() -> None:
    assert anchors("# A b\n## `c` & d?\n### A b\n```\n# no\n```\n") == {"a-b", "c--d", "a-b-1"}


def test_the_documentation_has_at_most_8000_words() -> None:
    pages = (PROJECT / "docs").glob("*.md")
    assert sum(len(page.read_text(encoding="utf-8").split()) for page in pages) <= 8000
