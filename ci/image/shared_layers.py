"""What DAG types have in common: which packages a layer of their own saves, and how much."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..config import layers as config_layers
from ..config import lockfile
from ..config.dag_type import DagType
from ..config.layers import FILE, LIMIT
from ..errors import gather_all
from ..text import megabytes
from ..tools.checkout import Checkout
from . import build
from .base import BaseImage
from .installed import installed

# A layer of its own costs each image a descriptor and whoever pulls it a request: less isn't worth it.
WORTH = 1_000_000


@dataclass(frozen=True, order=True)
class Package:
    """A package as a type's delta has it: name, version, bytes of its files, unpacked."""

    name: str
    version: str
    size: int


@dataclass(frozen=True, kw_only=True)
class Delta:
    """What one DAG type adds; ``layer`` is the digest of its layer, the same for the same packages."""

    dag: str
    layer: str
    packages: tuple[Package, ...]


@dataclass(frozen=True, kw_only=True)
class Shared:
    """A package in several deltas: unpacked bytes that a layer of its own saves; ``own``: it has one."""

    package: Package
    dags: tuple[str, ...]
    saves: int
    own: bool


def same(deltas: Sequence[Delta]) -> tuple[tuple[str, ...], ...]:
    """The groups of types that have one delta layer; those that share it with none are left out."""
    groups: dict[str, list[str]] = {}
    for each in deltas:
        if each.packages:
            groups.setdefault(each.layer, []).append(each.dag)
    return tuple(sorted(tuple(sorted(group)) for group in groups.values() if len(group) > 1))


def shared(deltas: Sequence[Delta], own: Sequence[str]) -> tuple[Shared, ...]:
    """Packages that several different deltas have at the same version, the greatest saving first.

    Those that aren't worth a layer are left out, unless they have one.
    """
    holders: dict[Package, dict[str, list[str]]] = {}
    for delta in deltas:
        for package in delta.packages:
            holders.setdefault(package, {}).setdefault(delta.layer, []).append(delta.dag)
    found = [
        Shared(
            package=package,
            dags=tuple(sorted(dag for dags in by_layer.values() for dag in dags)),
            saves=package.size * (len(by_layer) - 1),
            own=package.name in own,
        )
        for package, by_layer in holders.items()
    ]
    worth = [each for each in found if each.own or each.saves >= WORTH]
    return tuple(sorted(worth, key=lambda each: (-each.saves, each.package)))


def table(deltas: Sequence[Delta], own: Sequence[str]) -> str:
    """What is shared and what could be, for a terminal."""
    lines = [f"one delta  {', '.join(group)}" for group in same(deltas)]
    found = shared(deltas, own)
    for each in found:
        state = "own layer" if each.own else "could be  "
        what = f"{each.package.name} {each.package.version}"
        lines.append(f"{state}  {what:<28} saves {megabytes(each.saves):>9}  {', '.join(each.dags)}")
    idle = sorted(set(own) - {each.package.name for each in found})
    lines += [f"unused     {name}: no DAG type adds it: take it out of {FILE}" for name in idle]
    could = [each.package.name for each in found if not each.own]
    useful = dict.fromkeys([*(name for name in own if name not in idle), *could])
    if could:
        named = ", ".join(f'"{name}"' for name in sorted(list(useful)[:LIMIT]))
        lines.append(f"to do: write [layers] own = [{named}] into {FILE}")
    return "\n".join(lines) or "no two DAG types add the same"


def packages(sizes: Mapping[str, tuple[str, int]], locked: Mapping[str, str]) -> tuple[Package, ...]:
    """The packages of a lock, with what is known of them: (version, bytes) by name."""
    return tuple(
        sorted(
            Package(name, *sizes[name])
            for name, version in locked.items()
            if sizes.get(name, ("", 0))[0] == version
        )
    )


async def told(types: Sequence[DagType], sources: Checkout, below: BaseImage) -> str:
    """What several DAG types share, and what they could, as a table; each image is built.

    Raises:
        ConfigurationError: a lock or images/layers.toml is wrong.
        StepError: an image can't be built.
    """
    settings = config_layers.parse(await sources.text(config_layers.FILE))
    deltas = await gather_all(_delta(each, sources, below) for each in types)
    return table(deltas, settings.own)


async def _delta(dag_type: DagType, sources: Checkout, below: BaseImage) -> Delta:
    lock = await sources.lock(dag_type, lockfile.base_name(below.reference))
    built = await build.build(dag_type, sources, below)
    there = (await installed(built.container())).distributions
    sizes = {each.name: (each.version, each.size) for each in there}
    layers = {layer.title: layer.digest for layer in built.layers}
    # Where every package has a layer of its own there is no other.
    layer = layers.get("delta", lock.installed)
    return Delta(dag=dag_type.name, layer=layer, packages=packages(sizes, lock.packages))
