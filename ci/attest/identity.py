"""OIDC tokens to sign with: taken as given, or asked of GitHub Actions; and what such a token claims."""

import asyncio
import base64
import dataclasses
import json
import urllib.parse
import urllib.request
import uuid
from http.client import HTTPException
from typing import Any, cast

import dagger
from dagger import dag
from pydantic import BaseModel

from ..errors import ConfigurationError, StepError
from ..tools import failures
from ..tools.cosign import Signer
from .provenance import ISSUER, Workflow

_AUDIENCE = "sigstore"


class _Answer(BaseModel):
    """What GitHub sends."""

    value: str


async def ready(signer: Signer) -> tuple[Signer, Workflow | None]:
    """The signer with its token, and the run of GitHub Actions that the token speaks of, if it is one of its.

    It is asked for at the last moment, for such tokens are good for minutes.

    Raises:
        ConfigurationError: the token is none.
        StepError: GitHub gives none, or a variable isn't there.
    """
    try:
        if signer.url and signer.request:
            address = f"{(await signer.url.plaintext()).strip()}&audience={urllib.parse.quote(_AUDIENCE)}"
            made = await asyncio.to_thread(_ask, address, (await signer.request.plaintext()).strip())
            signer = dataclasses.replace(signer, token=dag.set_secret(f"oidc-{uuid.uuid4().hex}", made))
        return signer, workflow(await signer.token.plaintext()) if signer.token else None
    except dagger.QueryError as error:
        raise failures.step_error("the identity token can't be had", error) from None


def workflow(jwt: str) -> Workflow | None:
    """The run of GitHub Actions that a token speaks of; None where it is another's.

    Whether it speaks the truth the authority finds out when it makes a certificate for it: nothing that rests
    on these claims is published unless it did.
    """
    claims = _claims(jwt)
    if claims.get("iss") != ISSUER:
        return None
    wanted = ("job_workflow_ref", "repository", "run_id", "run_attempt")
    return Workflow(**{name: str(claims.get(name, "")) for name in wanted})


def _claims(jwt: str) -> dict[str, Any]:
    try:
        payload = jwt.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (IndexError, ValueError):
        claims = None
    if not isinstance(claims, dict):
        raise ConfigurationError(["the identity token is no OIDC token (a JWT of three parts)"])
    return cast("dict[str, Any]", claims)


def _ask(address: str, request: str) -> str:
    try:
        asking = urllib.request.Request(address, headers={"Authorization": f"bearer {request}"})  # noqa: S310
        with urllib.request.urlopen(asking, timeout=30) as response:  # noqa: S310
            return _Answer.model_validate_json(response.read()).value
    except (OSError, ValueError, HTTPException) as error:
        told = "check that the job has permissions: id-token: write"
        raise StepError([f"no identity token from GitHub Actions: {type(error).__name__}: {told}"]) from None
