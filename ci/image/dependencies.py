"""The inputs of the layers below a type's own files as one digest: equal digests, equal layers.

A label of an image has it, so that a machine tells without building whether the layers of
a published image are the ones that it would make.
"""

import hashlib
import json

from ..config import pins
from ..config.dag_type import DagType
from ..config.fields import Bytecode
from ..config.layers import HEAVY, LIMIT, Compression, LayerSettings
from ..config.lockfile import Lock
from . import oci

# Raise it with every change of code that changes a byte of such a layer.
FORMAT = 2


def inputs_digest(base: oci.Base, dag_type: DagType, lock: Lock, settings: LayerSettings) -> str:
    """Return the digest of all that the layers are made of; empty if there are none.

    Debian's packages are of the day on which they are installed: with some, nothing is said.
    """
    type_settings = dag_type.settings
    if type_settings.system_packages or (lock.packages and lock.build and type_settings.build_packages):
        return ""
    if not lock.packages:
        return bytecode_digest(base, type_settings.bytecode, settings.compression)
    return _digest(
        base,
        type_settings.bytecode,
        settings.compression,
        lock=lock.installed,
        build=lock.build.model_dump(mode="json") if lock.build else None,
        own=[name for name in settings.own if name in lock.packages],
        constants=[HEAVY, LIMIT],
        uv=pins.image("uv").partition("@")[0],
    )


def bytecode_digest(base: oci.Base, bytecode: Bytecode, compression: Compression) -> str:
    """Return the digest of all that the byte code of a base is made of; empty if there is none."""
    return "" if bytecode == "none" else _digest(base, bytecode, compression)


def _digest(base: oci.Base, bytecode: Bytecode, compression: Compression, **packages: object) -> str:
    inputs = {
        "format": FORMAT,
        "base": [base.reference, base.config.get("os"), base.config.get("architecture")],
        "bytecode": bytecode,
        "compression": compression,
        **packages,
    }
    text = json.dumps(inputs, sort_keys=True, ensure_ascii=False)
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
