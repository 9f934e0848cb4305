"""No credentials in a lock, in a pyproject.toml, or in messages about them."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ci.config.dag_type import parse
from ci.config.secrets.urls import redacted, refuse_in_lock
from ci.errors import ConfigurationError

from ..refusals import refusal
from ..repository import FILE

TEXT = '[project]\nname = "x"\ndependencies = [{pins}]\n{more}\n'
INDEX = '[[tool.uv.index]]\nname = "acme"\nurl = "{}"\n'


def problems_of(text: str) -> tuple[str, ...]:
    return refusal(parse, "salesforce", FILE, text)


LOGINS = ("me:hidden", "hidden", ":hidden", "me:hid/den", "me:hid@den", "me:123/hidden", "me:/hidden")
ODD_LOGINS = ("me:hid'den", 'me:hid\\"den', "me:hid<den", "me:hid den", "me:12 hidden", "me hidden")
QUERIES = (
    *("token=hidden", "a=1&X-Amz-Signature=hidden", "access_key=hidden", "x=1&jwt=hidden"),
    *("user-pwd=hidden", "passwd=hidden", "token='hidden"),
)
ADDRESSES = (
    *(f"https://{login}@index.example/simple" for login in (*LOGINS, *ODD_LOGINS)),
    *(f"https://index.example/simple?{query}" for query in QUERIES),
    *("ssh://me:hidden@index.example/simple", "https://me:123/hidden@10.0.0.1/simple"),
    *("https://me:hidden@[::1]:80/simple", "https://me@corp.example:123/hidden@index.example/simple"),
    *("https:///me:hidden@index.example/simple", "https:/me:hidden@index.example/simple"),
    "https:\\\\\\\\me:hidden@index.example/simple",
)


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_with_credentials_is_reported_by_its_key_alone(address: str) -> None:
    (problem,) = problems_of(TEXT.format(pins="", more=INDEX.format(address)))
    assert problem.startswith(f"{FILE}: tool.uv.index[0].url: the address has credentials")
    assert "--netrc file://$HOME/.netrc" in problem
    assert not any(part in problem for part in ("hidden", "hid/", "hid ", "hid'", "den@"))


def test_a_requirement_with_credentials_is_reported_and_its_mistakes_are_not_shown() -> None:
    text = TEXT.format(pins='"a @ https://me:hidden@index.example/a.whl", "b"', more="")
    (problem,) = problems_of(text)
    assert problem.startswith(f"{FILE}: project.dependencies[0]: the address has credentials")
    assert "hidden" not in problem


@pytest.mark.parametrize("table", ["build-system", "dependency-groups"])
def test_a_requirement_of_another_table_counts_too(table: str) -> None:
    more = f'[{table}]\nrequires = ["a @ https://me hidden@index.example/a.whl"]\n'
    (problem,) = problems_of(TEXT.format(pins="", more=more))
    assert problem.startswith(f"{FILE}: {table}.requires[0]: the address has credentials")


def test_a_description_may_hold_an_address_and_another_of_mail() -> None:
    more = 'description = "https://flows.example by us: ask me@corp.example"\n'
    assert parse("x", FILE, TEXT.format(pins="", more=more)).name == "x"


def test_all_addresses_with_credentials_are_reported() -> None:
    more = '[tool.uv]\nfind-links = ["https://a:b@c/", "https://c/"]\nindex-url = "https://a:b@c/"\n'
    assert [one.split(": ")[1] for one in problems_of(TEXT.format(pins="", more=more))] == [
        "tool.uv.find-links[0]",
        "tool.uv.index-url",
    ]


HARMLESS = (
    *("https://index.example/simple", "https://index.example:8443/@scope/simple?page=2"),
    *("ssh://git@index.example/x", "https://[::1]:80/a@b", "https://[::1]/a@b", "https://index.example:/a@b"),
    *("https://index.example:8443/a@b", "https://localhost:8443/a@b", "http://index:8080/@scope/a"),
    *("http://index:8080/a@1.0/a.whl", "file:///me@home/wheels"),
)


@pytest.mark.parametrize("address", HARMLESS)
def test_an_address_without_credentials_is_fine(address: str) -> None:
    assert parse("x", FILE, TEXT.format(pins="", more=INDEX.format(address))).name == "x"


@pytest.mark.parametrize("name", ["apache-airflow", "Apache_Airflow.Core", "apache-airflow-task-sdk"])
def test_airflow_itself_is_never_allowed_to_change(name: str) -> None:
    more = f'[tool.airflow-images.allow-base-changes]\n"{name}" = "newer"\n'
    (problem,) = problems_of(TEXT.format(pins="", more=more))
    assert "a DAG type can't change Airflow itself: take another base in images/base.toml" in problem


@pytest.mark.parametrize(
    "address",
    [
        "https://me:hidden@files.example/a.whl",
        "https://me:hid'hidden@files.example/a.whl",
        "https://me:hid hidden@files.example/a.whl",
        'https://me:hid\\"hidden@files.example/a.whl',
        "https://files.example/a.whl?sig=hidden&se=1",
    ],
)
@pytest.mark.parametrize(
    "lock",
    ['wheels = [{{ url = "{}" }}]\n', 'archive = {{ url = "{}" }}\n', '"{}" = 1\n'],
    ids=["wheel", "archive", "key"],
)
def test_a_lock_with_credentials_is_refused_and_they_are_not_shown(address: str, lock: str) -> None:
    with pytest.raises(ConfigurationError, match=r"pylock\.toml: isn't written: files\.example ") as caught:
        refuse_in_lock("images/x/pylock.toml", lock.format(address))
    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize(
    ("lock", "host"),
    [
        ('url = "https://me:x@hidden/y@files.example/a.whl"', "an index"),  # the host may be of a password
        ("<<<<\nurl = https://me:hidden@files.example/a.whl\n", "files.example"),
    ],
)
def test_a_lock_is_looked_through_though_it_is_no_toml_or_has_no_sure_host(lock: str, host: str) -> None:
    (problem,) = refusal(refuse_in_lock, "pylock.toml", lock)
    assert f"isn't written: {host} serves files " in problem
    assert "hidden" not in problem


@pytest.mark.parametrize("scheme", ["ssh", "git+ssh"])
def test_the_user_of_ssh_in_a_lock_is_no_secret(scheme: str) -> None:
    address = f"{scheme}://git@files.example/a"
    refuse_in_lock("pylock.toml", f'vcs = {{ url = "{address}" }}')
    assert redacted(address) == f"{scheme}://***@files.example/a"


def test_every_address_in_a_word_is_redacted() -> None:
    text = "a=https://x.example:80/,b=https://me:hidden@y.example/,c=https://me@z.example/?token=hidden&d=1"
    assert redacted(text) == (
        "a=https://x.example:80/,b=https://***@y.example/,c=https://***@z.example/?token=***&d=1"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("fetch: `https://me:s'e`c@h.example/a/`", "fetch: `https://***@h.example/a/`"),
        ("'https://me:x@h.example' and me@corp.example", "'https://***@h.example' and me@corp.example"),
        ("https://h.example: no answer, ask me@corp.example", ""),
        ("(https://index:8080), ask me@corp.example", ""),
        ("https://[::1]:80, ask me@corp.example", ""),
        ("https://me:a b@h.example/x", "https://***@h.example/x"),
        ("https://h.example/a\nme:b@corp.example", ""),
        ("via https://p.example/http://me:x@h.example", "via https://p.example/http://***@h.example"),
        ("x://[me:a/b@h.example", "x://***@h.example"),
        ("a 'https://h.example/?token=a'b' z", "a 'https://h.example/?token=***' z"),
    ],
)
def test_a_sentence_keeps_all_but_logins(text: str, message: str) -> None:
    assert redacted(text) == (message or text)


# Anything but blanks, and the beginning of another address.
SIGNS = st.text(st.characters(exclude_categories=["Cs", "Z", "C"]), min_size=1, max_size=12).filter(
    lambda text: "://" not in f":{text}"
)
USERS = SIGNS.filter(lambda user: not set(user) & set("@/?#\\"))
QUOTED = st.sampled_from(["see {} now", "'{}'", '{{"url":"{}"}}', "`{}`", "<{}>", "a={},b=1", "({})"])


@given(USERS, SIGNS, QUOTED)
def test_no_password_is_shown_however_odd(user: str, password: str, around: str) -> None:
    assume(not (user.endswith(":") and password[0].isdecimal()))
    message = redacted(around.format(f"https://{user}:x{password}@index.example/simple"))
    assert message == around.format("https://***@index.example/simple")


@given(USERS, SIGNS, SIGNS, QUOTED)
def test_no_password_of_a_user_with_a_host_is_shown(user: str, host: str, password: str, around: str) -> None:
    assume(not set(host) & set("/?#"))
    message = redacted(around.format(f"https://{user}@{host}:{password}@index.example/simple"))
    assert message == around.format("https://***@index.example/simple")


@given(st.text(st.sampled_from("https:/@ab1. ,'?=&\n\\[]"), max_size=60))
def test_what_is_redacted_stays_as_it_is(text: str) -> None:
    assert redacted(redacted(text)) == redacted(text)


@pytest.mark.parametrize(
    "part",
    [
        *("://", "a://", "://a:b", "x:y://a:b ", "http://", "://a:1/", "@", "://@"),
        *(",a", "a", "?token=", "?a='", "[", "\n"),
    ],
)
def test_a_long_text_is_no_work(part: str) -> None:
    text = part * (20_000 // len(part))
    assert len(redacted(text)) <= len(text) + 4 * text.count("@")


def test_a_lock_without_credentials_is_taken() -> None:
    text = 'url = "https://files.example/a@1/a.whl?x=1"\nother = "me@mail.example"\n'
    refuse_in_lock("pylock.toml", text)
    assert redacted(text) == text
