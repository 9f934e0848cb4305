"""The stand-in for docker.io/apache/airflow: Airflow's packages in that image's places, with its settings."""
