"""Signing with a key that stays in a key management service, and keys and tokens that are of no use."""

import asyncio

import dagger
import pytest
from dagger import dag

from ci.attest import statements
from ci.attest.statements import SIGNATURE, TYPES
from ci.errors import StepError
from ci.tools import cosign
from ci.tools.cosign import Signer
from tests.engine import registries
from tests.engine.conftest import uncached
from tests.engine.histories import secret

pytestmark = pytest.mark.anyio

TOKEN = "canary-hvs.7c2e81"  # noqa: S105 - of a test's service
BEGIN, END = "-----BEGIN", " KEY-----"
DIGEST = f"sha256:{'a' * 64}"
STATEMENTS = {"a" * 64: {SIGNATURE: statements.statement(SIGNATURE, "r.example/a", DIGEST, {})}}


def transit(name: str) -> dagger.Service:
    """Return the service, with a key of its own."""
    return (
        uncached(registries.installed())
        .with_mounted_directory("/servers", dag.host().directory(str(registries.SERVERS)))
        .with_new_file("/state/token", TOKEN)
        .with_exposed_port(8200)
        .as_service(args=["python", "-B", "/servers/transit.py", "/state"])
        .with_hostname(name)
    )


async def signed(signer: Signer) -> tuple[dict[str, list[str]], dagger.Directory]:
    """Return what is signed of one statement about an image that carries nothing."""
    return await cosign.sign(signer, STATEMENTS, dag.directory().with_new_directory("a"), TYPES)


async def test_a_key_in_a_service_signs_and_its_token_is_nowhere() -> None:
    name = registries.host("transit")
    async with registries.running(transit(name)):
        environment = secret(f"VAULT_ADDR=http://{name}:8200\nVAULT_TOKEN={TOKEN}\n")
        made, bundles = await signed(Signer(key=secret("hashivault://images"), environment=environment))
        assert made == {"a" * 64: [SIGNATURE]}
        text = await bundles.file(f"{'a' * 64}/{SIGNATURE}.json").contents()
        assert '"dsseEnvelope"' in text
        assert TOKEN not in text

        wrong = secret(f"VAULT_ADDR=http://{name}:8200\nVAULT_TOKEN=another\n")
        with pytest.raises(StepError, match="signing failed: cosign public-key:") as told:
            await signed(Signer(key=secret("hashivault://images"), environment=wrong))
        assert "permission denied" in str(told.value)


async def refusal(signer: Signer) -> str:
    """Why signing fails."""
    try:
        await signed(signer)
    except StepError as fault:
        return str(fault)
    return "signed"


async def test_keys_and_passwords_that_are_of_no_use_are_told() -> None:
    folder = cosign.key_pair(secret("right"))
    name = next(each for each in await folder.entries() if each.endswith(".key"))
    key = secret(await folder.file(name).contents())
    cases = {
        "openssl's": Signer(key=secret(f"{BEGIN} PRIVATE{END}\nMIG\n")),
        "a word": Signer(key=secret("no key")),
        "damaged": Signer(key=secret(f"{BEGIN} ENCRYPTED SIGSTORE PRIVATE{END}\nbm8=\n")),
        "a wrong password": Signer(key=key, password=secret("wrong")),
    }
    told = dict(zip(cases, await asyncio.gather(*map(refusal, cases.values())), strict=True))
    wanted = {
        "openssl's": "invalid signing key; expected the text of a private key made by cosign",
        "a word": "or a URI such as awskms:///alias/name",
        "damaged": "signing failed",
        "a wrong password": "check --signing-password",
    }
    assert {case: text for case, text in told.items() if wanted[case] not in text} == {}
    assert "MIG" not in told["openssl's"]
