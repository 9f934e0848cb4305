"""An image without its uppermost layer, the DAGs: what a change of a DAG leaves as it was."""

import json

from . import oci
from .oci import Assembly, Blob, Json

_DAGS = "airflow-images: dags"  # as oci.assemble notes it


def has_dags(image: Assembly) -> bool:
    """Whether the last layer holds the DAGs; there is none where the base has the same files already."""
    config: Json = json.loads(image.config.text)
    notes = [entry.get("created_by", "") for entry in config["history"]]
    return notes[-1:] == [_DAGS]


def without_dags(image: Assembly) -> Assembly:
    """The image's JSON without the layer of its DAGs, and without what a publish writes into it."""
    end = -1 if has_dags(image) else None
    config: Json = json.loads(image.config.text)
    config.pop("created", None)
    config["config"] = {name: value for name, value in config["config"].items() if name != "Labels"}
    config["rootfs"] = {**config["rootfs"], "diff_ids": config["rootfs"]["diff_ids"][:end]}
    config["history"] = config["history"][:end]
    manifest: Json = json.loads(image.manifest.text)
    manifest.pop("annotations", None)
    layers = manifest["layers"][:end]
    dags = sum(each["size"] for each in manifest["layers"][len(layers) :])
    blob = Blob(text=oci.canonical(config))
    manifest |= {"layers": layers, "config": blob.descriptor(oci.CONFIG)}
    return oci.assembly(blob, Blob(text=oci.canonical(manifest)), image.size - dags)
