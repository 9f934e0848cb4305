"""The gate of a publish: tests and scan of every image of a DAG type, and what may be overridden."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from ..checks import report_formats
from ..checks.report import Report
from ..checks.scan import scan, text
from ..checks.scan.database import SOURCES
from ..checks.scan.scan import ScannedImage, Scanner
from ..config.dag_type import DagType
from ..errors import Fault, gather_all, gather_both, gather_each
from ..image.base import BaseImage
from ..image.built import BuiltImage
from ..tools.checkout import Checkout

Reports = Mapping[str, Report | Fault]
"""The reports on images by their types' names, or the faults with which tests ended."""
Test = Callable[[Sequence[BuiltImage], Checkout, BaseImage], Awaitable[Reports]]
"""A function that tests images on a base."""
Images = Mapping[str, BuiltImage]
"""The images of a DAG type by platform."""


@dataclass(frozen=True, kw_only=True)
class GateResult:
    """The results of tests and scan by platform, the problems among them, and a note on what was allowed."""

    tested: Mapping[str, Report] = field(default_factory=dict[str, Report])
    scanned: Mapping[str, ScannedImage] = field(default_factory=dict[str, ScannedImage])
    problems: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Gate:
    """Tests and scan that every image of a publish has to pass.

    ``bases`` and ``scanners`` are by platform; ``checkout`` has the policies; ``unscanned`` is the reason to
    publish what couldn't be scanned; empty: it is refused.
    """

    test: Test
    bases: Mapping[str, BaseImage]
    scanners: Mapping[str, Scanner]
    checkout: Checkout
    unscanned: str = ""

    async def tests(self, types: Sequence[Images]) -> Mapping[str, Reports]:
        """Test the images of all DAG types, and return the results by platform."""
        jobs = (
            self.test([images[platform] for images in types], self.checkout, base)
            for platform, base in self.bases.items()
        )
        ended = await gather_each(jobs)
        names = [image.dag_type.name for images in types for image in images.values()]
        return {
            platform: dict.fromkeys(names, reports) if isinstance(reports, Fault) else reports
            for platform, reports in zip(self.bases, ended, strict=True)
        }

    async def check(
        self, dag_type: DagType, images: Images, tests: Awaitable[Mapping[str, Reports]]
    ) -> GateResult:
        """Scan the images of a DAG type as they are to be published, and judge them with their tests.

        Raises:
            ConfigurationError: the policy is wrong.
        """
        scans = gather_all(self.scan(dag_type, *image) for image in images.items())
        reports, scanned_images = await gather_both(tests, scans)
        tested_images = [reports[platform][dag_type.name] for platform in images]
        checks = list(zip(tested_images, scanned_images, strict=True))
        problems: list[str] = []
        notes: list[str] = []
        for tested, scanned in checks:
            if isinstance(tested, Fault):
                problems += tested.problems
            elif not tested.passed:
                problems.append(report_formats.text([tested]))
            missing = scanned.verdict.unreliable
            if missing and self.unscanned:
                first = missing.partition("\n")[0]
                notes.append(f"published without a scan: {self.unscanned} ({first})")
            elif missing:
                problems.append(not_scanned(missing))
            if scanned.verdict.fails:  # also where the scan is incomplete
                problems.append(text.table([scanned.verdict]))
        by_platform = list(zip(images, checks, strict=True))
        return GateResult(
            tested={name: one for name, (one, _) in by_platform if isinstance(one, Report)},
            scanned={name: one for name, (_, one) in by_platform},
            problems=tuple(problems),
            note="; ".join(dict.fromkeys(notes)),
        )

    async def scan(self, dag_type: DagType, platform: str, built: BuiltImage) -> ScannedImage:
        """Scan the image of a platform.

        Raises:
            ConfigurationError: the policy is wrong.
        """
        return await scan.scan(dag_type, built, self.scanners[platform], self.checkout)


def not_scanned(missing: str) -> str:
    """Return what to do about an image that isn't scanned, on one line, and why it isn't below."""
    remedy = f"not scanned: give {SOURCES}, or publish without a scan by --allow-unscanned '<reason>'"
    return "\n".join([remedy, *(f"  {line}" for line in missing.splitlines())])


def refusal(result: GateResult) -> str:
    """Return the problem of a DAG type that failed the gate."""
    advice = "fix the findings, or publish anyway with --force '<reason>' (recorded in a label)"
    return "\n".join([f"checks failed, nothing was pushed: {advice}", *result.problems])


def forced_note(result: GateResult, reason: str) -> str:
    """Return the note on a DAG type that failed the gate and is published with --force."""
    return "\n".join([f"checks failed, published by force: {reason}", *result.problems])
