"""Signing and verifying with cosign, whose place a function takes that writes down what it is given."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from ci.image.oci import Json
from ci.tools.programs import cosign as programs_cosign

from ...fake_cosign import TYPES, Fake, envelope, install
from ...programs import script

PEM = "-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\nc2VjcmV0\n-----END ENCRYPTED SIGSTORE PRIVATE KEY-----"
PASSWORD = "open-sesame"  # noqa: S105 - of no key
URI = "awskms:///alias/images"


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fake:
    """Give a cosign that has seen nothing, and an environment without keys."""
    return install(tmp_path, monkeypatch)


@pytest.fixture
def pem(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> Fake:
    """Give a key with its password, as text."""
    monkeypatch.setenv("COSIGN_KEY", PEM)
    monkeypatch.setenv("COSIGN_PASSWORD", PASSWORD)
    return fake


@pytest.fixture
def kms(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> Fake:
    """Give a key in a KMS."""
    monkeypatch.setenv("COSIGN_KEY", URI)
    return fake


def test_every_statement_is_signed_by_the_key_and_without_a_log(pem: Fake) -> None:
    pem.says("api", provenance={"a": 1}, signature={})
    pem.says("dbt", cyclonedx={"b": 1})
    assert pem.do("sign") == {"api": ["provenance", "signature"], "dbt": ["cyclonedx"]}
    assert pem.bundles() == {"api/provenance.json", "api/signature.json", "dbt/cyclonedx.json"}
    config = ["--signing-config", str(pem.state / "config.json")]
    signed = pem.asked("attest-blob")
    assert [each[-4:] for each in signed] == [["--key", "env://COSIGN_KEY", *config]] * 3
    assert all(each[0] == "--yes" for each in signed)
    (made,) = pem.asked("signing-config")
    assert made[1:-2] == [f"--no-default-{each}" for each in ("fulcio", "oidc", "rekor", "tsa")]


def test_the_public_key_is_that_of_the_key(pem: Fake) -> None:
    assert pem.do("public-key") == {"key": "PUBLIC\n"}
    assert pem.asked("public-key") == [["--key", "env://COSIGN_KEY"]]


def test_nothing_is_verified_of_images_to_which_nothing_is_attached(pem: Fake) -> None:
    pem.holds(dbt={TYPES["cyclonedx"]: [envelope({"b": 1})]})
    pem.says("api", provenance={"a": 1}, signature={})
    pem.says("dbt", cyclonedx={"b": 1})
    assert pem.do("sign", new=["api"]) == {"api": ["provenance", "signature"], "dbt": []}
    assert len(pem.asked("verify-attestation")) == len(pem.asked("public-key")) == 1
    pem.log.clear()
    pem.do("sign", new=["api", "dbt"])
    assert {command[0] for command, _ in pem.log} == {"signing-config", "attest-blob"}


@pytest.mark.parametrize("text", [PEM, f"\n{PEM}\n\n"])
def test_neither_key_nor_password_is_ever_on_a_command_line(
    pem: Fake, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("COSIGN_KEY", text)
    pem.says("api", provenance={"a": 1}, cyclonedx={})
    assert pem.do("sign") == {"api": ["cyclonedx", "provenance"]}
    commands = json.dumps([command for command, _ in pem.log])
    secrets = [PASSWORD, *PEM.split("\n"), "BEGIN ENCRYPTED", json.dumps(PEM)[1:-1]]
    assert [secret for secret in secrets if secret in commands] == []
    assert {(seen["COSIGN_KEY"], seen["COSIGN_PASSWORD"]) for _, seen in pem.log} == {(PEM, PASSWORD)}


def test_a_key_in_a_kms_is_an_argument_and_its_environment_is_set(
    kms: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KMS_ENVIRONMENT", "AWS_REGION = eu-central-1\n\nno pair\n")
    kms.says("api", signature={})
    assert kms.do("sign") == {"api": ["signature"]}
    assert kms.asked("public-key") == [["--key", URI]]
    assert kms.asked("attest-blob")[0][5:7] == ["--key", URI]
    assert {seen["AWS_REGION"] for _, seen in kms.log} == {"eu-central-1"}
    for value in ("a=b==", "https://a.example/?x=1"):
        monkeypatch.setenv("KMS_ENVIRONMENT", f"AWS_REGION={value}")
        assert programs_cosign.key() == (["--key", URI], {"AWS_REGION": value})


@pytest.mark.parametrize(
    "given",
    [
        "/run/secrets/cosign.key",
        "hunter2",
        "-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----",
        "-----BEGIN PUBLIC KEY-----\nhunter2\n-----END PUBLIC KEY-----",
        "https://kms.example/hunter2",
        f"{URI} --allow-insecure-registry",
        f"x{URI}",
    ],
)
def test_a_key_that_is_none_is_refused_and_not_told(
    fake: Fake, monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    monkeypatch.setenv("COSIGN_KEY", given)
    fake.says("api", signature={})
    (problem,) = fake.do("sign").values()
    assert problem.startswith("invalid signing key; expected the text of a private key made by cosign")
    assert not any(text in problem for text in (given, "hunter2"))
    assert fake.log == []


def test_without_a_key_all_is_signed_keyless_always(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGSTORE_ID_TOKEN", "header.payload.signature")
    fake.holds(api={"": ["{}"], TYPES["provenance"]: [envelope({"a": 1})]})
    fake.says("api", provenance={"a": 1}, signature={})
    types = fake.do("sign", arguments=["--fulcio-url", "https://f.example"])
    assert types == {"api": ["provenance", "signature"]}
    assert {command[0] for command, _ in fake.log} == {"attest-blob"}
    assert all(command[-2:] == ["--fulcio-url", "https://f.example"] for command in fake.asked())
    assert "payload" not in json.dumps(fake.asked())
    assert {seen["SIGSTORE_ID_TOKEN"] for _, seen in fake.log} == {"header.payload.signature"}


def test_a_signing_config_that_is_given_is_used(pem: Fake) -> None:
    pem.says("api", signature={})
    pem.do("sign", arguments=["--signing-config", "/theirs.json"])
    assert pem.asked("signing-config") == []
    assert pem.asked("attest-blob")[0].count("--signing-config") == 1


def scanned(when: str, result: str = "passed") -> Json:
    return {"scanner": {"result": result}, "metadata": {"scanStartedOn": when, "scanFinishedOn": when}}


TODAY = "2026-11-21T00:00:00Z"
TWO_SCANS = [scanned("2026-10-01T00:00:00Z"), scanned(TODAY)]

# A type, the attached predicates, the new predicate, and whether it is signed.
KEPT: list[tuple[str, list[Any] | None, Json, bool]] = [
    ("provenance", None, {"a": 1}, True),
    ("provenance", [{"a": 1}], {"a": 1}, False),
    ("provenance", [{"a": 1}], {"a": 2}, False),  # the first tells of the build that made the image
    ("signature", None, {}, True),
    ("signature", [{}], {}, False),
    ("cyclonedx", None, {"a": 1}, True),
    ("cyclonedx", [], {"a": 1}, True),
    ("cyclonedx", [{"a": 2}], {"a": 1}, True),
    ("cyclonedx", [{"a": 2}, {"a": 1}], {"a": 1}, False),
    ("cyclonedx", [{"a": 1, "metadata": {"time": 1}}], {"a": 1, "metadata": {"time": 2}}, False),
    ("cyclonedx", [{"a": {"metadata": 1}}], {"a": {"metadata": 2}}, True),
    ("cyclonedx", ["text", None, [], 7, {"a": 1}], {"a": 1}, False),  # others' may be anything
    ("cyclonedx", ["text"], {"a": 1}, True),
    ("scan", None, scanned("2026-11-21T06:30:00Z"), True),
    ("scan", [scanned(TODAY)], scanned("2026-11-21T23:59:59Z"), False),
    ("scan", [scanned("2026-11-20T23:59:59Z")], scanned("2026-11-21T23:59:58Z"), False),
    ("scan", [scanned("2026-11-20T06:30:00Z")], scanned("2026-11-21T06:30:00Z"), True),  # it grows old
    ("scan", [scanned(TODAY, "x")], scanned(TODAY), True),
    ("scan", TWO_SCANS, scanned("2026-11-21T09:00:00Z"), False),
    ("scan", [{**scanned(""), "metadata": 7}, "text"], scanned(TODAY), True),
]


@pytest.mark.parametrize(("kind", "held", "wanted", "signed"), KEPT)
def test_what_this_key_has_said_before_is_not_signed_again(
    pem: Fake,
    kind: str,
    held: list[Any] | None,  # anyone's
    wanted: Json,
    signed: bool,  # noqa: FBT001 - a column
) -> None:
    types = {**TYPES, "scan": "https://cosign.sigstore.dev/attestation/vuln/v1"}
    pem.holds(**({"api": {types[kind]: [envelope(each) for each in held]}} if held is not None else {}))
    pem.says("api", **{kind: wanted})
    assert pem.do("sign", types=types) == {"api": [kind] if signed else []}
    assert pem.bundles() == ({f"api/{kind}.json"} if signed else set())


def test_a_statement_without_a_predicate_says_nothing_of_an_image(pem: Fake) -> None:
    bare = json.dumps({"payload": base64.b64encode(b'{"predicateType":"x"}').decode()})
    pem.holds(api={TYPES["cyclonedx"]: [bare]})
    pem.says("api", cyclonedx={"a": 1})
    assert pem.do("sign") == {"api": ["cyclonedx"]}


def test_only_what_this_key_signed_counts_as_said(pem: Fake) -> None:
    pem.says("api", provenance={})
    pem.do("sign")
    (verified,) = pem.asked("verify-attestation")
    public = ["--key", str(pem.state / "cosign.pub"), "--insecure-ignore-tlog"]
    assert verified[:5] == ["--type", TYPES["provenance"], *public]
    assert (pem.state / "cosign.pub").read_text() == "PUBLIC\n"
    assert verified[-2:] == ["--local-image", str(pem.state / "signed/api")]


@pytest.mark.parametrize("verb", ["public-key", "signing-config", "attest-blob"])
def test_why_cosign_failed_is_told_by_its_last_words(pem: Fake, verb: str) -> None:
    pem.says("api", signature={})
    pem.fails((verb, "Error: decrypt: encrypted: decryption failed\n"))
    assert pem.do("sign") == {"problem": f"cosign {verb}: Error: decrypt: encrypted: decryption failed"}
    pem.fails((verb, "x" * 5000 + "the end"))
    assert pem.do("sign") == {"problem": f"cosign {verb}: {'x' * 993}the end"}


def cosign(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(programs_cosign, "COSIGN", script(tmp_path / "cosign", text))


def test_cosign_is_a_process_with_output_and_without_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COSIGN_PASSWORD", PASSWORD)
    cosign(tmp_path, monkeypatch, 'echo "$* $COSIGN_PASSWORD"; cat')
    assert programs_cosign.cosign(["verify", "--x"]) == f"verify --x {PASSWORD}\n"
    cosign(tmp_path, monkeypatch, 'printf "WARNING: old\\n\\nError: no\\n" >&2; exit 7')
    with pytest.raises(programs_cosign.SigningError, match=r"^cosign verify: Error: no$"):
        programs_cosign.cosign(["verify"])
    cosign(tmp_path, monkeypatch, "exec sleep 60")
    monkeypatch.setattr(programs_cosign, "SECONDS", 0.05)
    with pytest.raises(programs_cosign.SigningError, match=r"^cosign public-key took longer than 0\.05 s$"):
        programs_cosign.cosign(["public-key"])


@pytest.mark.parametrize(("failures", "runs"), [(0, 1), (3, 4), (9, programs_cosign.ATTEMPTS)])
def test_a_connection_that_cannot_be_opened_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failures: int, runs: int
) -> None:
    error = "Error: public key: dial tcp: lookup kms on 10.0.0.1:53: no such host"
    counted = f"echo >> {tmp_path}/runs; test $(wc -l < {tmp_path}/runs) -gt {failures}"
    program = script(tmp_path / "cosign", f"{counted} && echo done || {{ echo '{error}' >&2; exit 1; }}")
    monkeypatch.setattr(programs_cosign, "COSIGN", program)
    monkeypatch.setattr("time.sleep", list[float]().append)
    if failures < runs:
        assert programs_cosign.cosign(["public-key"]) == "done\n"
    else:
        with pytest.raises(programs_cosign.SigningError, match="no such host"):
            programs_cosign.cosign(["public-key"])
    assert len((tmp_path / "runs").read_text().splitlines()) == runs


def test_a_cosign_that_is_not_there_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs_cosign, "COSIGN", str(tmp_path / "nowhere"))
    monkeypatch.setattr(programs_cosign, "PUBLIC", tmp_path / "cosign.pub")
    monkeypatch.setenv("COSIGN_KEY", URI)
    job, answer = tmp_path / "job.json", tmp_path / "answer.json"
    for verb in ("sign", "verify"):
        job.write_text(json.dumps({"images": ["api"], "types": TYPES, "arguments": [], "no_log": []}))
        programs_cosign.main(verb, str(job), str(answer))
        assert "nowhere" in json.loads(answer.read_text())["problem"]


def test_all_types_of_all_images_are_verified(fake: Fake) -> None:
    fake.holds(
        api={TYPES["provenance"]: [envelope({"a": 1}), envelope({"a": 2})]},
        dbt={TYPES["cyclonedx"]: [f"a word\n{envelope({})}\n"], TYPES["signature"]: [envelope({})]},
    )
    error = "cosign verify-attestation: no matching attestations: "
    none: Json = {"good": False, "error": error, "statements": []}
    both: Json = {"good": True, "error": "", "statements": [{"predicate": {"a": 1}}, {"predicate": {"a": 2}}]}
    empty: Json = {"good": True, "error": "", "statements": [{"predicate": {}}]}
    # That anything is signed is no signature.
    assert fake.do("verify", images=["api", "dbt"], types=TYPES, arguments=["--key", "cosign.pub"]) == {
        "api": {"provenance": both, "cyclonedx": none, "signature": none},
        "dbt": {"provenance": none, "cyclonedx": empty, "signature": empty},
    }
    assert all(command[-4:-2] == ["--key", "cosign.pub"] for command in fake.asked())


def test_what_older_cosigns_attached_counts_too(fake: Fake, tmp_path: Path) -> None:
    (tmp_path / "signed" / "api.old").mkdir(parents=True)
    fake.holds(**{"api.old": {"": ["[]"], TYPES["cyclonedx"]: [envelope({})]}})
    told = fake.do("verify", images=["api", "dbt"], types=TYPES)
    assert [kind for kind, check in told["api"].items() if check["good"]] == ["cyclonedx", "signature"]
    assert not any(check["good"] for check in told["dbt"].values())


@pytest.mark.parametrize(
    "line", ["{", "{}", '{"payload": "W10="}', '{"payload": "%%%"}', '{"payload": "bm8gSlNPTg=="}']
)
def test_an_answer_that_cannot_be_read_is_a_problem_and_never_good(fake: Fake, line: str) -> None:
    fake.holds(api={TYPES["cyclonedx"]: [line]})
    told = fake.do("verify", images=["api"], types={"cyclonedx": TYPES["cyclonedx"]})
    assert told.get("problem") or not told["api"]["cyclonedx"]["good"]
