"""Container images for Airflow DAGs: built, tested and published, one image per DAG type."""

from . import lazy, sdk

lazy.install()
sdk.share_converter()

from .api.main import AirflowImages as AirflowImages  # noqa: E402 - lazily, so after the line above
