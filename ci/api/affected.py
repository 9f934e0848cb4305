"""Selected DAG types, as a user gets them: a table, JSON, jobs."""

import dagger
from dagger import dag, function, object_type

from ..pipeline import event as pipeline_event
from ..pipeline import report_files, text
from ..pipeline.event import Event
from ..pipeline.github.outputs import JobPlan
from ..pipeline.selection import Selection
from ..tools.checkout import with_files
from ..tools.engine import as_function_error, retrying
from .caching import never_cached
from .output import shown


@object_type
class Affected:
    """DAG types selected by a change, an event or a registry, with the reasons."""

    selection: str
    event: str

    # A remembered call shows nothing.
    @never_cached
    async def sync(self) -> str:
        """Show the table. The CLI calls it where a call ends here."""
        return await shown(self.table())

    @function
    def table(self) -> str:
        """Return the DAG types with their reasons, and the commit compared with."""
        return text.table(self.parsed())

    @function
    def json(self) -> str:
        """Return the same for programs, with every path."""
        return text.as_json(self.parsed())

    @function
    def matrix(self) -> str:
        """Return a matrix for GitHub Actions in one line: {"include": [{"dag": …, "reason": …}]}."""
        return text.matrix(self.parsed())

    @function
    def files(self) -> dagger.Directory:
        """Return files for the jobs of a workflow: plan.json, planned.md for a summary, outputs.env."""
        with as_function_error():
            return with_files(dag.directory(), report_files.of_plan(self._plan()))

    def parsed(self) -> Selection:
        """Return the selection as a value."""
        return Selection.model_validate_json(self.selection)

    def _plan(self) -> JobPlan:
        event = Event.model_validate_json(self.event) if self.event else None
        return JobPlan(found=self.parsed(), event=event)


def of(selection: Selection, event: Event | None = None) -> Affected:
    """Return a selection as a user gets it."""
    return Affected(selection=selection.model_dump_json(), event=event.model_dump_json() if event else "")


async def event_of(file: dagger.File) -> Event:
    """Return the event of GitHub Actions that a file describes."""
    with as_function_error():
        return pipeline_event.parse(await retrying(file.contents))
