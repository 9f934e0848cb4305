"""No credentials in a lock, in a pyproject.toml, or in what is said of them."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ci.dependencies.credentials import redacted, refuse_in_lock
from ci.errors import ConfigurationError
from ci.spec import parse

from .repository import FILE

TEXT = '[project]\nname = "x"\ndependencies = [{pins}]\n{more}\n'
INDEX = '[[tool.uv.index]]\nname = "acme"\nurl = "{}"\n'


def problems_of(text: str) -> tuple[str, ...]:
    with pytest.raises(ConfigurationError) as caught:
        parse("salesforce", FILE, text)
    return caught.value.problems


@pytest.mark.parametrize(
    "address",
    [
        "https://me:hidden@index.example/simple",
        "https://hidden@index.example/simple",
        "https://:hidden@index.example/simple",
        "https://me:hid/den@index.example/simple",
        "https://me:hid@den@index.example/simple",
        "https://index.example/simple?token=hidden",
        "https://index.example/simple?a=1&X-Amz-Signature=hidden",
        "ssh://me:hidden@index.example/simple",
        "https://me:123/hidden@index.example/simple",
        "https://me:123/hidden@10.0.0.1/simple",
        "https://me:/hidden@index.example/simple",
        "https://me:hidden@[::1]:80/simple",
        "https://index.example/a?access_key=hidden",
        "https://index.example/a?x=1&jwt=hidden",
        "https://index.example/a?user-pwd=hidden",
        "https://index.example/a?passwd=hidden",
    ],
)
def test_an_address_with_credentials_is_told_by_its_key_alone(address: str) -> None:
    (problem,) = problems_of(TEXT.format(pins="", more=INDEX.format(address)))
    assert problem.startswith(f"{FILE}: tool.uv.index[0].url: the address holds credentials")
    assert "--netrc file://$HOME/.netrc" in problem
    assert not any(part in problem for part in ("hidden", "hid/", "den@"))


def test_a_requirement_with_credentials_is_told_and_its_mistakes_are_not_shown() -> None:
    text = TEXT.format(pins='"a @ https://me:hidden@index.example/a.whl", "b"', more="")
    (problem,) = problems_of(text)
    assert problem.startswith(f"{FILE}: project.dependencies[0]: the address holds credentials")
    assert "hidden" not in problem


def test_all_addresses_with_credentials_are_told() -> None:
    more = '[tool.uv]\nfind-links = ["https://a:b@c/", "https://c/"]\nindex-url = "https://a:b@c/"\n'
    assert [each.split(": ")[1] for each in problems_of(TEXT.format(pins="", more=more))] == [
        "tool.uv.find-links[0]",
        "tool.uv.index-url",
    ]


@pytest.mark.parametrize(
    "address",
    [
        "https://index.example/simple",
        "https://index.example:8443/@scope/simple?page=2",
        "ssh://git@index.example/x",
        "https://[::1]:80/a@b",
        "https://[::1]/a@b",
        "https://index.example:8443/a@b",
        "https://localhost:8443/a@b",
        "http://index:8080/@scope/a",
        "http://index:8080/a@1.0/a.whl",
        "https://index.example:/a@b",
    ],
)
def test_an_address_without_credentials_is_fine(address: str) -> None:
    assert parse("x", FILE, TEXT.format(pins="", more=INDEX.format(address))).name == "x"


@pytest.mark.parametrize("name", ["apache-airflow", "Apache_Airflow.Core", "apache-airflow-task-sdk"])
def test_airflow_itself_is_never_allowed_to_change(name: str) -> None:
    more = f'[tool.airflow-images.allow-base-changes]\n"{name}" = "newer"\n'
    (problem,) = problems_of(TEXT.format(pins="", more=more))
    assert "Airflow itself can't be changed by a DAG type: take another base in ci/pins.toml" in problem


@pytest.mark.parametrize(
    "address", ["https://me:hidden@files.example/a.whl", "https://files.example/a.whl?sig=hidden&se=1"]
)
def test_a_lock_with_credentials_is_refused_and_they_are_not_shown(address: str) -> None:
    with pytest.raises(ConfigurationError, match=r"pylock\.toml: isn't written: files\.example ") as caught:
        refuse_in_lock("images/x/pylock.toml", f'wheels = [{{ url = "{address}" }}]\n')
    assert "hidden" not in str(caught.value)


def test_every_address_in_a_word_is_redacted() -> None:
    text = "a=https://x.example:80/,b=https://me:hidden@y.example/,c=https://me@z.example/?token=hidden&d=1"
    assert redacted(text) == (
        "a=https://x.example:80/,b=https://***@y.example/,c=https://***@z.example/?token=***&d=1"
    )


@given(
    st.text(st.characters(exclude_categories=["Cs", "Z", "C"], exclude_characters="'\"<>@/?#"), min_size=1),
    st.text(st.characters(exclude_categories=["Cs", "Z", "C"], exclude_characters="'\"<>"), min_size=1),
)
def test_no_password_is_shown_however_odd(user: str, password: str) -> None:
    assume(not (user.endswith(":") and password[0].isdecimal()))
    told = redacted(f"see https://{user}:x{password}@index.example/simple now")
    assert told == "see https://***@index.example/simple now"


def test_a_lock_without_credentials_is_taken() -> None:
    text = 'url = "https://files.example/a@1/a.whl?x=1"\nother = "me@mail.example"\n'
    refuse_in_lock("pylock.toml", text)
    assert redacted(text) == text
