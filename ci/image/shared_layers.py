"""Layers that DAG types share, and the bytes that more layers of single packages would save."""

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
from .runtime import installed

# The least saving, in bytes, that is worth the descriptor in each image and the request of each pull.
WORTH = 1_000_000


@dataclass(frozen=True, order=True)
class DeltaPackage:
    """A package of a type's delta: name, version, size of its files in bytes, unpacked."""

    name: str
    version: str
    size: int


@dataclass(frozen=True, kw_only=True)
class Delta:
    """The packages that one DAG type adds; ``layer`` are the digests of their layers.

    ``own`` are those with a layer of their own.
    """

    dag: str
    layer: str
    packages: tuple[DeltaPackage, ...]
    own: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Shared:
    """A package in several deltas, the bytes that a layer of its own saves, and whether it has one."""

    package: DeltaPackage
    dags: tuple[str, ...]
    saves: int
    own: bool


def same(deltas: Sequence[Delta]) -> tuple[tuple[str, ...], ...]:
    """Return the groups of types that share one delta layer."""
    groups: dict[str, list[str]] = {}
    for delta in deltas:
        if delta.packages:
            groups.setdefault(delta.layer, []).append(delta.dag)
    return tuple(sorted(tuple(sorted(group)) for group in groups.values() if len(group) > 1))


def shared(deltas: Sequence[Delta], own: Sequence[str]) -> tuple[Shared, ...]:
    """Return the packages that different deltas have at the same version, the greatest saving first.

    Packages that aren't worth a layer are left out, unless they have one.
    """
    apart = {*own, *(name for delta in deltas for name in delta.own)}
    holders: dict[DeltaPackage, dict[str, list[str]]] = {}
    for delta in deltas:
        for package in delta.packages:
            holders.setdefault(package, {}).setdefault(delta.layer, []).append(delta.dag)
    candidates = [
        Shared(
            package=package,
            dags=tuple(sorted(dag for dags in by_layer.values() for dag in dags)),
            saves=package.size * (len(by_layer) - 1),
            own=package.name in apart,
        )
        for package, by_layer in holders.items()
    ]
    worth = [one for one in candidates if one.package.name in own or one.saves >= WORTH]
    return tuple(sorted(worth, key=lambda candidate: (-candidate.saves, candidate.package)))


def table(deltas: Sequence[Delta], own: Sequence[str]) -> str:
    """Return a table of the layers that types share, and of those that they could."""
    lines = [f"one delta  {', '.join(group)}" for group in same(deltas)]
    rows = shared(deltas, own)
    for row in rows:
        state = "own layer" if row.own else "could be  "
        package = f"{row.package.name} {row.package.version}"
        lines.append(f"{state}  {package:<28} saves {megabytes(row.saves):>9}  {', '.join(row.dags)}")
    unused = sorted(set(own) - {row.package.name for row in rows})
    lines += [f"unused     {name}: no DAG type adds it: remove it from {FILE}" for name in unused]
    proposed = [row.package.name for row in rows if not row.own]
    if proposed:
        useful = dict.fromkeys([*(name for name in own if name not in unused), *proposed])
        names = ", ".join(f'"{name}"' for name in sorted(list(useful)[:LIMIT]))
        lines.append(f"fix: write [layers] own = [{names}] into {FILE}")
    return "\n".join(lines) or "no two DAG types add the same"


def packages(sizes: Mapping[str, tuple[str, int]], locked: Mapping[str, str]) -> tuple[DeltaPackage, ...]:
    """Return the packages of a lock; ``sizes`` has the installed version and bytes by name."""
    return tuple(
        sorted(
            DeltaPackage(name, *sizes[name])
            for name, version in locked.items()
            if sizes.get(name, ("", 0))[0] == version
        )
    )


async def savings(types: Sequence[DagType], checkout: Checkout, base: BaseImage) -> str:
    """Build the images of DAG types, and return a table of the layers that they share, or could."""
    settings = config_layers.parse(await checkout.text(config_layers.FILE))
    deltas = await gather_all(_delta(dag_type, checkout, base) for dag_type in types)
    return table(deltas, settings.own)


async def _delta(dag_type: DagType, checkout: Checkout, base: BaseImage) -> Delta:
    lock = await checkout.lock(dag_type, lockfile.base_name(base.reference))
    built = await build.build(dag_type, checkout, base)
    distributions = (await installed(built.container())).distributions
    sizes = {one.name: (one.version, one.size) for one in distributions}
    layers = [layer for layer in built.layers if layer.title in {"delta", *lock.packages}]
    return Delta(
        dag=dag_type.name,
        layer=" ".join(layer.digest for layer in layers),
        packages=packages(sizes, lock.packages),
        own=frozenset(layer.title for layer in layers),
    )
