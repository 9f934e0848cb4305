"""What a change touches, as a user gets it: a table, and the same as JSON or as a matrix of jobs."""

from dagger import function, object_type

from ..boundary import printed
from . import telling
from .affected import Findings


@object_type
class Affected:
    """The DAG types that a change touches, and why."""

    found: str

    # A remembered call prints nothing.
    @function(cache="never")  # pyright: ignore[reportCallIssue, reportUntypedFunctionDecorator] - SDK overloads
    async def sync(self) -> str:
        """Print the table. The CLI calls it where a call ends here."""
        return await printed("affected.txt", self.table())

    @function
    def table(self) -> str:
        """Each affected DAG type with its reasons, and the commit that is compared with."""
        return telling.table(self.parsed())

    @function
    def json(self) -> str:
        """The same for programs, with every path."""
        return telling.as_json(self.parsed())

    @function
    def matrix(self) -> str:
        """A matrix for GitHub Actions in one line: {"include": [{"dag": …, "reason": …}]}."""
        return telling.matrix(self.parsed())

    def parsed(self) -> Findings:
        """The findings as values."""
        return Findings.model_validate_json(self.found)


def of(found: Findings) -> Affected:
    """The findings, to be asked for their texts."""
    return Affected(found=found.model_dump_json())
