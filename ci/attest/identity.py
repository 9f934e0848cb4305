"""OIDC tokens for signing: given, or requested from GitHub Actions; and the claims of such a token."""

import asyncio
import base64
import dataclasses
import json
import urllib.parse
import urllib.request
import uuid
from http.client import HTTPException
from typing import Any, cast

from dagger import dag
from pydantic import BaseModel

from ..errors import ConfigurationError, StepError
from ..tools import failures
from ..tools.cosign import Signer
from .provenance import ISSUER, Workflow

_AUDIENCE = "sigstore"


class _Answer(BaseModel):
    """GitHub's answer."""

    value: str


async def ready(signer: Signer) -> tuple[Signer, Workflow | None]:
    """Return the signer with its token, and the run of GitHub Actions in the token, if it is GitHub's.

    The token is requested at the last moment: it is valid for minutes.
    """
    with failures.as_step_error("could not read the identity token"):
        if signer.url and signer.request:
            address = f"{(await signer.url.plaintext()).strip()}&audience={urllib.parse.quote(_AUDIENCE)}"
            token = await asyncio.to_thread(_request, address, (await signer.request.plaintext()).strip())
            signer = dataclasses.replace(signer, token=dag.set_secret(f"oidc-{uuid.uuid4().hex}", token))
        return signer, workflow(await signer.token.plaintext()) if signer.token else None


def workflow(jwt: str) -> Workflow | None:
    """Return the run of GitHub Actions in a token; None for a token of another issuer.

    The claims are not verified here: the certificate authority does so when it makes a certificate for the
    token, and nothing that rests on them is published unless it did.
    """
    claims = _claims(jwt)
    if claims.get("iss") != ISSUER:
        return None
    names = ("job_workflow_ref", "repository", "run_id", "run_attempt")
    return Workflow(**{name: str(claims.get(name, "")) for name in names})


def _claims(jwt: str) -> dict[str, Any]:
    try:
        payload = jwt.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (IndexError, ValueError):
        claims = None
    if not isinstance(claims, dict):
        raise ConfigurationError(["invalid identity token: expected an OIDC token (a JWT of three parts)"])
    return cast("dict[str, Any]", claims)


def _request(address: str, bearer: str) -> str:
    try:
        request = urllib.request.Request(address, headers={"Authorization": f"bearer {bearer}"})  # noqa: S310
        with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310
            return _Answer.model_validate_json(response.read()).value
    except (OSError, ValueError, HTTPException) as error:
        remedy = "check that the job has permissions: id-token: write"
        raise StepError(
            [f"no identity token from GitHub Actions: {type(error).__name__}: {remedy}"]
        ) from None
