"""Container images for Airflow DAGs: built, tested and published, one image per DAG type."""

from .main import AirflowImages as AirflowImages
