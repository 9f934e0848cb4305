"""Selected DAG types, as a user gets them: a table, JSON, jobs."""

import dagger
from dagger import dag, function, object_type

from ..pipeline import event as events
from ..pipeline import report_files, selection, text
from ..pipeline.github import outputs
from ..tools import checkout as checkouts
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
            return checkouts.with_files(dag.directory(), report_files.of_plan(self._plan()))

    def parsed(self) -> "selection.Selection":
        """Return the selection as a value."""
        return selection.Selection.model_validate_json(self.selection)

    def _plan(self) -> "outputs.JobPlan":
        event = events.Event.model_validate_json(self.event) if self.event else None
        return outputs.JobPlan(found=self.parsed(), event=event)


def of(selected: "selection.Selection", event: "events.Event | None" = None) -> Affected:
    """Return a selection as a user gets it."""
    return Affected(selection=selected.model_dump_json(), event=event.model_dump_json() if event else "")


async def event_of(file: dagger.File) -> "events.Event":
    """Return the event of GitHub Actions that a file describes."""
    with as_function_error():
        return events.parse(await retrying(file.contents))
