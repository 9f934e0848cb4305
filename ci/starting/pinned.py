"""What the reference of a base tells of it."""

import re


def python_of(reference: str) -> str:
    """The Python of a base, such as 3.13; empty where the tag says none."""
    found = re.search(r"-python(\d+\.\d+)", reference)
    return found[1] if found else ""


def airflow_of(reference: str) -> str:
    """The Airflow of a base, such as 3.1.5; empty where the tag says none."""
    found = re.search(r":(\d+\.\d+\.\d+[a-z0-9]*)", reference.rpartition("/")[2])
    return found[1] if found else ""


def is_airflow(reference: str) -> bool:
    """Whether it is Airflow's official image, or a mirror of it: such says which Airflow it has."""
    return re.fullmatch(r"(?:[^@]+/)?apache/airflow(?:[:@].*)?", reference) is not None
