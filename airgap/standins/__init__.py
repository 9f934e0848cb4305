"""Images made from package registries that stand in, under the real names, for those that are pulled."""

from airgap import gotools, pins
from airgap.pins import Image
from airgap.standins.airflow import releases
from airgap.standins.airflow.image import airflow_step
from airgap.standins.base import base_step
from airgap.standins.postgres.image import postgres_step
from airgap.standins.python import python_step
from airgap.standins.tool import ACTIONLINT, COSIGN, REGCTL, TRIVY, tool_image_step
from airgap.standins.uv import uv_image_step
from airgap.steps import Step


def served() -> list[Image]:
    """Return the images that are stood in for: those of ci/pins.toml, and Airflow's further releases."""
    pinned = pins.images()
    return list(dict.fromkeys([*pinned.values(), *releases.images(pinned["airflow"])]))


def standin_steps() -> dict[Image, Step]:
    """Return the steps whose results are the stand-ins' OCI layouts, by the image that each stands in for.

    Raises AirgapError where the pinned image of Airflow is of no release that is locked here.
    """
    pinned = pins.images()
    airflow = releases.images(pinned["airflow"])
    releases.check_pin(pinned["airflow"], airflow)
    base, uv = base_step(), gotools.uv_step()
    others = {
        "python": python_step(pinned["python"], base),
        "uv": uv_image_step(pinned["uv"]),
        "trivy": tool_image_step(pinned["trivy"], base, gotools.tool_step(gotools.TRIVY), TRIVY),
        "cosign": tool_image_step(pinned["cosign"], base, gotools.tool_step(gotools.COSIGN), COSIGN),
        "regctl": tool_image_step(pinned["regctl"], base, gotools.tool_step(gotools.REGCTL), REGCTL),
        "actionlint": tool_image_step(
            pinned["actionlint"], base, gotools.tool_step(gotools.ACTIONLINT), ACTIONLINT
        ),
        "postgres": postgres_step(pinned["postgres"], base),
    }
    return {
        **{pinned[name]: step for name, step in others.items()},
        **{image: airflow_step(release, base, uv) for image, release in airflow.items()},
    }
