"""Building a DAG type's image: plan its layers, check its lock, make them, check them, assemble the image."""

import functools
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

import dagger

from ..config import layers as config_layers
from ..config import lockfile
from ..config.dag_type import DagType
from ..config.lockfile import Lock
from ..errors import ConfigurationError, gather_all, gather_both, refuse
from ..text import megabytes
from ..tools import containers, failures
from ..tools.checkout import Checkout
from ..tools.engine import step
from . import built, dependencies, guard, oci
from . import layers as image_layers
from .base import BaseImage
from .built import BuiltImage, Taken
from .environment import Environment
from .layers import LayerPlan, Packing
from .runtime import installed

DAGS = "opt/airflow/dags"
SCRIPTS = "opt/airflow/scripts"
ENVIRONMENT = {"PYTHONPATH": "/opt/airflow"}
Take = Callable[[str, BaseImage], Awaitable[Taken]]
"""A function that takes the layers of packages, by the digest of their inputs, from a published image."""
_STEPS = {"delta": "dependencies", "dags": "DAGs"}  # names of steps, by the title of their layer


@dataclass(frozen=True, kw_only=True)
class _Plan:
    """The layers that a DAG type adds to its base, lowest first; none is made yet."""

    dag_type: DagType
    base: BaseImage
    lock: Lock
    dependencies: tuple[LayerPlan, ...]
    own_files: tuple[LayerPlan, ...]
    installed: dagger.Container
    """The base with the packages of the type in it."""
    inputs: str
    """The digest of the inputs of the dependencies."""
    left_out: tuple[str, ...]

    @property
    def files(self) -> dagger.Directory:
        """The type's own files, as they are in the layers."""
        first, *others = (layer.unpacked for layer in self.own_files if layer.unpacked)
        return functools.reduce(lambda files, other: files.with_directory("", other), others, first)


async def build(
    dag_type: DagType,
    checkout: Checkout,
    base: BaseImage,
    tools: dagger.Container | None = None,
    take: Take | None = None,
) -> BuiltImage:
    """Build the image of a DAG type on a base.

    ``tools`` packs files that get no byte code, and has Python; none: the module's own container. What
    ``take`` gives isn't made. Raise ConfigurationError if the lock doesn't fit, changes the base, or adds
    more than max-added-mb; StepError if a step failed.
    """
    plan = await _plan(dag_type, checkout, base, tools or containers.tool_container())
    before = await _check_lock(plan)
    taken, own_files = await gather_both(_take(plan, take), _make(plan.dag_type, plan.own_files))
    layers = taken.layers or await _make(plan.dag_type, plan.dependencies)
    image = _assemble(plan, {**layers, **own_files}, taken)
    await _check_made(plan, before, image)
    return image


async def _plan(dag_type: DagType, checkout: Checkout, base: BaseImage, tools: dagger.Container) -> _Plan:
    """Plan the layers, rarest change first."""
    lock = await checkout.lock(dag_type, lockfile.base_name(base.reference))
    settings = config_layers.parse(await checkout.text(config_layers.FILE))
    packing = Packing(compression=settings.compression, bytecode=dag_type.settings.bytecode)
    inputs = dependencies.inputs_digest(base.image, dag_type, lock, settings)
    layers: list[LayerPlan] = []
    container = base.container
    packer = tools
    if packing.bytecode != "none":
        layers.append(image_layers.bytecode(base, packing))
        packer = container  # byte code is for one version of Python
    if dag_type.settings.system_packages:
        system, container = image_layers.system_packages(
            container, dag_type.settings.system_packages, packing.compression
        )
        layers.append(system)
    if lock.packages:
        packages, container = image_layers.delta(container, dag_type, lock, settings, checkout.netrc, inputs)
        layers.append(packages)
    own_files: list[LayerPlan] = []
    if dag_type.script_paths:
        scripts = await checkout.script_files(dag_type)
        own_files.append(image_layers.tree(packer, built.SCRIPTS, scripts, SCRIPTS, packing))
    dags = await checkout.dag_files(dag_type)
    own_files.append(image_layers.tree(packer, built.DAGS, dags, DAGS, packing))
    return _Plan(
        dag_type=dag_type,
        base=base,
        lock=lock,
        dependencies=tuple(layers),
        own_files=tuple(own_files),
        installed=container,
        inputs=inputs,
        left_out=tuple(await checkout.left_out(dag_type)),
    )


async def _check_lock(plan: _Plan) -> Environment | None:
    """Check lock and Python against the base, and return what is installed there; None if nothing asks."""
    if not plan.lock.packages and not plan.dag_type.project.requires_python:
        return None
    before = await _installed(plan.dag_type, plan.base.container)
    refuse(plan.dag_type.python_problems(before.markers["python_full_version"]))
    guard.check_lock(plan.dag_type, plan.lock, before)
    return before


async def _take(plan: _Plan, take: Take | None) -> Taken:
    return await take(plan.inputs, plan.base) if take and plan.inputs else Taken()


async def _make(dag_type: DagType, plans: Sequence[LayerPlan]) -> dict[oci.Layer, dagger.File]:
    """Make layers at the same time, and return those that have files, with their tarballs."""
    made = await gather_all(_made(dag_type, layer) for layer in plans)
    return {layer: tarball for layers in made for layer, tarball in layers.items()}


async def _check_made(plan: _Plan, before: Environment | None, image: BuiltImage) -> None:
    """Check that the base is unchanged, and that the layers are as small as the type demands."""
    if before and plan.lock.packages:
        # Taken layers are looked at as tests do it: nothing is installed for it.
        container = image.environment.container() if image.taken.layers else plan.installed
        guard.check_installed(plan.dag_type, before, await _installed(plan.dag_type, container))
    budget = plan.dag_type.settings.max_added_mb
    # All types on the base share its byte code, which no dependency adds.
    size = sum(layer.size for layer in image.layers if layer.title != built.BYTECODE)
    if budget is not None and size > budget * 1e6:
        problem = f"the image adds {megabytes(size)} to its base, max-added-mb allows {budget:g}"
        lines = "".join(f"\n  {layer.line}" for layer in image.layers)
        raise ConfigurationError([f"{plan.dag_type.file}: {problem}: drop a dependency or raise it{lines}"])


def _assemble(plan: _Plan, layers: Mapping[oci.Layer, dagger.File], taken: Taken) -> BuiltImage:
    """Put the layers on the base."""
    env = {**ENVIRONMENT, **plan.dag_type.settings.env}
    return BuiltImage(
        dag_type=plan.dag_type,
        base=plan.base.reference,
        base_layout=built.without_own_json(plan.base),
        assembly=oci.assemble(plan.base.image, tuple(layers), env, plan.base.user),
        layers=tuple(layers),
        tarballs={layer.digest: tarball for layer, tarball in layers.items()},
        files=plan.files,
        lock=plan.lock.text,
        dependencies=plan.inputs,
        taken=taken,
        left_out=plan.left_out,
    )


async def _made(dag_type: DagType, layer: LayerPlan) -> dict[oci.Layer, dagger.File]:
    name = f"{_STEPS.get(layer.title, layer.title)} of {dag_type.name}"
    with failures.as_step_error(f"{dag_type.name}: layer {layer.title!r} failed"), step(name):
        return await layer.make()


async def _installed(dag_type: DagType, container: dagger.Container) -> Environment:
    with failures.as_step_error(
        f"{dag_type.name}: could not list the packages installed in the base's Python"
    ):
        return await installed(container)
