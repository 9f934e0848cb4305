"""The inputs of the layers of a type's packages as one digest: equal digests, equal layers.

A label of an image has it, so that a machine tells without building whether the layers of
a published image are the ones that it would make.
"""

import hashlib
import json

from ..config import pins
from ..config.dag_type import DagType
from ..config.layers import HEAVY, LIMIT, LayerSettings
from ..config.lockfile import Lock
from . import oci

# Raise it with every change of code that changes a byte of such a layer.
FORMAT = 1


def inputs_digest(base: oci.Base, dag_type: DagType, lock: Lock, settings: LayerSettings) -> str:
    """Return the digest of all that the layers are made of; empty if there are none.

    Debian's packages are of the day on which they are installed: with some, nothing is said.
    """
    type_settings = dag_type.settings
    debian = bool(type_settings.system_packages or (lock.build and type_settings.build_packages))
    if not lock.packages or debian:
        return ""
    inputs = {
        "base": [base.reference, base.config.get("os"), base.config.get("architecture")],
        "lock": lock.installed,
        "build": lock.build.model_dump(mode="json") if lock.build else None,
        "own": [name for name in settings.own if name in lock.packages],
        "compression": settings.compression,
        "bytecode": type_settings.bytecode != "none",
        "constants": [FORMAT, HEAVY, LIMIT],
        "uv": pins.image("uv").partition("@")[0],
    }
    text = json.dumps(inputs, sort_keys=True, ensure_ascii=False)
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
