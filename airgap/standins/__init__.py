"""Images made from package registries that stand in, under the real names, for those of ci/pins.toml."""

from airgap import gotools, pins
from airgap.standins.airflow.image import airflow_step
from airgap.standins.base import base_step
from airgap.standins.postgres.image import postgres_step
from airgap.standins.python import python_step
from airgap.standins.tool import COSIGN, REGCTL, TRIVY, tool_image_step
from airgap.standins.uv import uv_image_step
from airgap.steps import Step


def standin_steps() -> dict[str, Step]:
    """Return the steps whose results are the stand-ins' OCI layouts, by short name as in ci/pins.toml."""
    images = pins.images()
    base = base_step()
    return {
        "python": python_step(images["python"], base),
        "uv": uv_image_step(images["uv"]),
        "trivy": tool_image_step(images["trivy"], base, gotools.tool_step(gotools.TRIVY), TRIVY),
        "cosign": tool_image_step(images["cosign"], base, gotools.tool_step(gotools.COSIGN), COSIGN),
        "regctl": tool_image_step(images["regctl"], base, gotools.tool_step(gotools.REGCTL), REGCTL),
        "postgres": postgres_step(images["postgres"], base),
        "airflow": airflow_step(images["airflow"], base, gotools.uv_step()),
    }
