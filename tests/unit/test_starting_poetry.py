"""Poetry's requirements as others read them, by Poetry's documented rules; what has no such form is told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from ci.starting.poetry import Unfit, requirements, specifiers


@pytest.mark.parametrize(
    ("constraint", "expected"),
    [
        ("^1.2.3", ">=1.2.3,<2"),
        ("^1.2", ">=1.2,<2"),
        ("^1", ">=1,<2"),
        ("^0.2.3", ">=0.2.3,<0.3"),
        ("^0.0.3", ">=0.0.3,<0.0.4"),
        ("^0.0", ">=0.0,<0.1"),
        ("^0", ">=0,<1"),
        ("^1.0.0b2", ">=1.0.0b2,<2"),
        ("^2024.1.1.5", ">=2024.1.1.5,<2025"),
        ("^ 2.31", ">=2.31,<3"),
        ("~1.2.3", ">=1.2.3,<1.3"),
        ("~1.2", ">=1.2,<1.3"),
        ("~1", ">=1,<2"),
        ("*", ""),
        ("1.*", "==1.*"),
        ("1.2.*", "==1.2.*"),
        ("==1.2.*", "==1.2.*"),
        ("!=1.2.*", "!=1.2.*"),
        ("1.2.3", "==1.2.3"),
        ("2.31", "==2.31"),
        ("=1.2.3", "==1.2.3"),
        ("==1.2.3", "==1.2.3"),
        ("1.0.0b2", "==1.0.0b2"),
        (">= 1.2.0", ">=1.2.0"),
        (">1", ">1"),
        ("<2", "<2"),
        ("!=1.2.3", "!=1.2.3"),
        ("~=1.2", "~=1.2"),
        (">=1.2,<1.5", ">=1.2,<1.5"),
        (">= 1.2 , < 1.5, != 1.3", ">=1.2,<1.5,!=1.3"),
        (">=1.2 <1.5", ">=1.2,<1.5"),
        ("^1.2,!=1.3", ">=1.2,<2,!=1.3"),
    ],
)
def test_a_constraint_becomes_a_range(constraint: str, expected: str) -> None:
    assert specifiers(constraint) == expected
    assert SpecifierSet(expected) is not None


@pytest.mark.parametrize(
    "constraint", ["^1 || ^2", "^1 | ^2", "", "latest", "^", "^1.*", "~x", ">=1,", "1.2-3.4", "@a"]
)
def test_a_constraint_that_no_range_says_has_none(constraint: str) -> None:
    assert specifiers(constraint) is None


@given(
    st.lists(st.integers(0, 20), min_size=1, max_size=3), st.lists(st.integers(0, 20), min_size=1, max_size=3)
)
def test_a_caret_leaves_the_first_digit_that_is_not_zero(wanted: list[int], other: list[int]) -> None:
    text, version = ".".join(map(str, wanted)), Version(".".join(map(str, other)))
    first = next((index for index, each in enumerate(wanted) if each), len(wanted) - 1)
    same = [*version.release, 0, 0][: first + 1] == wanted[: first + 1]
    assert SpecifierSet(specifiers(f"^{text}") or "").contains(version) is (same and version >= Version(text))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("^2.31", ["requests<3,>=2.31"]),
        ("*", ["requests"]),
        ({"version": "^2"}, ["requests<3,>=2"]),
        ({"version": "1.2", "extras": ["socks", "a"]}, ["requests[a,socks]==1.2"]),
        ({"version": "1", "markers": "sys_platform == 'linux'"}, ['requests==1; sys_platform == "linux"']),
        ({"version": "1", "python": ">=3.9"}, ['requests==1; python_version >= "3.9"']),
        (
            {"version": "1", "python": "^3.9"},
            ['requests==1; python_version >= "3.9" and python_version < "4"'],
        ),
        ({"version": "1", "python": "<3.9.2"}, ['requests==1; python_full_version < "3.9.2"']),
        ({"version": "1", "python": "*"}, ["requests==1"]),
        (
            {"version": "1", "markers": "os_name == 'a' or os_name == 'b'", "python": "<4"},
            ['requests==1; (os_name == "a" or os_name == "b") and python_version < "4"'],
        ),
        ({"version": "1", "optional": False, "allow-prereleases": True}, ["requests==1"]),
        (
            [{"version": "1", "python": "<3.9"}, {"version": "2", "python": ">=3.9"}],
            ['requests==1; python_version < "3.9"', 'requests==2; python_version >= "3.9"'],
        ),
    ],
)
def test_a_dependency_becomes_requirements(value: object, expected: list[str]) -> None:
    found = requirements("requests", value)
    assert [str(Requirement(each)) for each in found if isinstance(each, str)] == expected
    assert len(found) == len(expected)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ({"path": "../x", "develop": True}, "path = '../x'"),
        ({"git": "https://u:hunter2@example.com/x.git", "rev": "1"}, "git = 'https://***@example.com/x.git'"),
        ({"url": "https://example.com/x.whl"}, "url = 'https://example.com/x.whl'"),
        ({"file": "x.whl"}, "file = 'x.whl'"),
        ({"version": "^1", "source": "house"}, "is from the source 'house'"),
        ({"version": "^1", "optional": True}, "is installed with an extra alone"),
        ({"version": "^1", "python": "^2.7 || ^3.9"}, "'^2.7 || ^3.9' is no single range"),
        ({"version": "^1", "markers": "nonsense"}, "'nonsense' is no marker"),
        ({"version": "^1", "platform": "linux"}, "platform"),
        ({"version": 1}, "1 is no single range"),
        ({"version": "^1", "extras": "a"}, "'a' is no list of extras"),
        ({}, "names no version"),
        ("^1 || ^2", "'^1 || ^2' is no single range"),
        (3, "3 is no single range"),
        ([], "names no version"),
    ],
)
def test_what_has_no_such_form_is_told(value: object, told: str) -> None:
    (found,) = requirements("requests", value)
    assert isinstance(found, Unfit)
    assert told in found.why
    assert "hunter2" not in found.why


def test_a_name_that_is_none_is_told() -> None:
    (found,) = requirements("a b", "^1")
    assert isinstance(found, Unfit)
    assert "'a b' is no name of a package" in found.why


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(alphabet="^~*<>=!|, .0129ax", max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["version", "python", "extras", "markers", "git", "optional", "x"]),
                inner,
                max_size=4,
            )
        ),
        max_leaves=6,
    )
)
def test_any_value_is_a_requirement_or_told(value: object) -> None:
    found = requirements("a", value)
    assert found
    assert all(Requirement(each) if isinstance(each, str) else each.why for each in found)
