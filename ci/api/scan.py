"""The result of a scan, as a user gets it."""

from ..checks.scan import formats
from ..publish import publication
from ..text import choose

RESULTS = "results"
"""The format that `report` reads, beside those of ``formats``."""


def check_format(form: str) -> None:
    """Raise ConfigurationError for a format that a scan doesn't have: before it costs one."""
    choose("format", form, dict.fromkeys((*formats.FORMATS, RESULTS)))


def result(scan: "formats.ScanResult", form: str = "table", *, report_failures: bool = False) -> str:
    """Return a scan's result in a format; raise its table as a CheckError unless every image passed."""
    if not report_failures:
        formats.gate(scan)
    if form == RESULTS:
        return publication.of_scan(scan).as_json()
    return formats.render(form, scan.verdicts, scan.locks, scan.notes)
