"""Import hygiene of a built image: its type's files against its installed packages."""

from ...config.dag_type import DagType
from ...image.built import BuiltImage
from ...image.installed import installed
from ...tools.checkout import Checkout
from ..report import CheckResult
from . import files, hygiene


async def outcome(built: BuiltImage, dag_type: DagType, sources: Checkout) -> CheckResult:
    """Check what a built image's files import and its type declares; only the image's Python is run."""
    types = (await sources.catalog()).types.values()  # mistakes in other types' files are reported elsewhere
    texts = {
        **await sources.memoized("code", lambda: _code(sources)),
        dag_type.file: await sources.text(dag_type.file) or "",
    }
    return hygiene.check(dag_type, types, texts, await installed(built.container()))


async def _code(sources: Checkout) -> dict[str, str]:
    return files.read(await sources.exported())
