"""An image without its uppermost layer, the DAGs: what a change of a DAG leaves as it was."""

import json

from .. import oci
from ..oci import Assembly, Blob, Json


def without_dags(image: Assembly) -> Assembly:
    """The image's JSON without its last layer, and without what a publish writes into it.

    Args:
        image: its last layer holds the DAGs.
    """
    config: Json = json.loads(image.config.text)
    config.pop("created", None)
    config["config"] = {name: value for name, value in config["config"].items() if name != "Labels"}
    config["rootfs"] = {**config["rootfs"], "diff_ids": config["rootfs"]["diff_ids"][:-1]}
    config["history"] = config["history"][:-1]
    manifest: Json = json.loads(image.manifest.text)
    manifest.pop("annotations", None)
    *layers, last = manifest["layers"]
    blob = Blob(text=oci.canonical(config))
    manifest |= {"layers": layers, "config": blob.descriptor(oci.CONFIG)}
    return oci.assembly(blob, Blob(text=oci.canonical(manifest)), image.size - last["size"])
