"""Images that a signer signed before: of others it takes nothing into what it signs."""

from ..config import names
from ..config.names import Reference
from ..errors import StepError
from ..tools import cosign
from ..tools.cosign import Signer, Trust
from ..tools.registry import Registry
from . import identity
from .provenance import ISSUER
from .statements import SIGNATURE, TYPES


async def trust_in(signer: Signer) -> Trust:
    """Return the trust in a signer's own signatures alone.

    Raise StepError if the key can't be used, or the identity isn't known before it signs.
    """
    if signer.key:
        return Trust(key=await cosign.public_key(signer))
    _, workflow = await identity.ready(signer)
    if workflow is None:
        raise StepError(["the identity token isn't of GitHub Actions: whose signature it makes isn't known"])
    return Trust(identity=workflow.identity, issuer=ISSUER, root=signer.root)


async def require(image: Reference, registry: Registry, trust: Trust) -> None:
    """Raise StepError unless an image, by digest, has a signature that is trusted."""
    answers, attached = await registry.signed({image: False})
    key = names.hex_digits(image.digest)
    problem = str(answers[key].get("problem", ""))
    if not problem:
        results = await cosign.verify(trust, attached, [key], {SIGNATURE: TYPES[SIGNATURE]})
        problem = results[key][SIGNATURE]["error"]
    if problem:
        raise StepError([f"{image}: not signed by this publish's signer ({trust.words()}): {problem}"])
