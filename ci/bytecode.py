"""Byte code for tests: images carry none, and without it every start of Airflow compiles itself anew."""

import dagger
from dagger import dag

FOLDER = "/mnt/bytecode"
CHECKED = ("--invalidation-mode", "checked-hash")  # times of files say nothing: they are all the same


def mounted(container: dagger.Container, base: dagger.Container) -> dagger.Container:
    """A container of an image with the byte code of its base beside it; the image's own files don't change.

    Each file of byte code is checked against its source's hash when it is used: what the image changed is
    compiled anew.
    """
    compiled = (
        base.with_user("root")
        .with_env_variable("PYTHONPYCACHEPREFIX", FOLDER)
        .with_directory(FOLDER, dag.directory())
        .with_exec(
            ["python", "-m", "compileall", "-q", "-j", "0", *CHECKED, "/home/airflow/.local/lib"],
            expect=dagger.ReturnType.ANY,  # some packages carry files for other Pythons
        )
        .directory(FOLDER)
    )
    with_code = container.with_mounted_directory(FOLDER, compiled)
    return with_code.with_env_variable("PYTHONPYCACHEPREFIX", FOLDER)
