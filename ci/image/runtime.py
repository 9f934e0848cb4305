"""An image made ready to be tested: the same files, and what makes each start of Airflow in it quicker."""

import dagger
from dagger import dag

from ..tools import containers
from .base import ENVIRONMENT

BYTECODE = "/mnt/bytecode"
CHECKED = ("--invalidation-mode", "checked-hash")  # times of files say nothing: they are all the same


def ready(container: dagger.Container, base: dagger.Container) -> dagger.Container:
    """A container of an image with the byte code of its base beside it.

    Images carry no byte code, and without it every start of Airflow compiles itself anew. Each file of byte
    code is checked against its source's hash when it is used: what the image changed is compiled anew.
    """
    compiled = (
        base.with_user("root")
        .with_env_variable("PYTHONPYCACHEPREFIX", BYTECODE)
        .with_directory(BYTECODE, dag.directory())
        .with_exec(
            ["python", "-m", "compileall", "-q", "-j", "0", *CHECKED, f"{ENVIRONMENT}/lib"],
            expect=dagger.ReturnType.ANY,  # some packages carry files for other Pythons
        )
        .directory(BYTECODE)
    )
    return (
        containers.without_certificate_updates(container)
        .with_mounted_directory(BYTECODE, compiled)
        .with_env_variable("PYTHONPYCACHEPREFIX", BYTECODE)
    )
