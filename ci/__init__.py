"""Container images for Airflow DAGs: built, tested and published, one image per DAG type."""

from .api.main import AirflowImages as AirflowImages
