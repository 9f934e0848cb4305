"""Images made from package registries that stand in, under the real names, for those that are pulled."""

from dataclasses import replace

from airgap import advisories, gotools, pins
from airgap.pins import Image
from airgap.standins.airflow import releases
from airgap.standins.airflow.image import airflow_step
from airgap.standins.base import base_step
from airgap.standins.postgres.image import postgres_step
from airgap.standins.python import python_step
from airgap.standins.tool import ACTIONLINT, COSIGN, REGCTL, TRIVY, tool_image_step
from airgap.standins.uv import uv_image_step
from airgap.steps import Step

FIRST = ("python", "uv", "airflow")
"""The images that every build takes, by their short names in airgap/pins.py; others may never be pulled."""


def first_images() -> list[Image]:
    """Return the images that every build takes."""
    pinned = pins.images()
    return [pinned[name] for name in FIRST]


def standin_steps() -> dict[Image, Step]:
    """Return the steps whose results are the stand-ins' OCI layouts, by the image that each stands in for.

    They are the images of ci/pins.toml, the base of images/base.toml, Airflow's further releases after it,
    and the advisories made up for tests. Raises AirgapError where the base is of no release that is locked
    here.
    """
    pinned = pins.images()
    airflow = releases.images(pinned["airflow"])
    releases.check_pin(pinned["airflow"], airflow)
    # The pinned release first: a pull by digest makes them in this order.
    sorted_airflow = sorted(airflow.items(), key=lambda item: item[0] != pinned["airflow"])
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
        "postgres": replace(postgres_step(pinned["postgres"], base), seconds=50),
    }
    return {
        **{pinned[name]: step for name, step in others.items()},
        **{image: replace(airflow_step(release, base, uv), seconds=100) for image, release in sorted_airflow},
        advisories.IMAGE: advisories.database_step(),
    }
