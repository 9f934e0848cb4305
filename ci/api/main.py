"""The main object: what a user calls."""

import dagger
from dagger import check, function, object_type

from .. import text
from ..checks.scan import formats, scan
from ..checks.scan.database import DatabaseRequest, database_request
from ..config import catalog, policy
from ..image import base, build, shared_layers
from ..publish import plan, publish
from ..publish.plan import PlanRequest
from ..tools.checkout import Netrc, Source, opened
from ..tools.engine import as_function_error
from ..tools.git import Repository
from ..tools.registry import Access
from . import project
from . import scan as api_scan
from .arguments import (
    AnyDagType,
    Authority,
    Database,
    DatabaseFile,
    Format,
    OneDagType,
    Owner,
    PlainHttp,
    Ref,
    RegistryHost,
    Select,
    Sharing,
    Suite,
    Token,
    Username,
)
from .caretaker import Caretaker
from .dependencies import Locker
from .image import Image
from .pipeline import Pipeline
from .project import PythonFiles, TestedFiles, WorkflowFiles
from .publication import Publisher
from .registry import Afterwards
from .scaffold import Starter
from .scan import Scan
from .tester import Tester


@object_type
class AirflowImages(Tester, Locker, Publisher, Afterwards, Pipeline, Starter, Caretaker):
    """Container images for Airflow DAGs: one per DAG type, built, tested and published."""

    source: Source
    netrc: Netrc = None

    @function
    async def list(self, form: Format = "table") -> str:
        """The DAG types with their base, packages and DAG files."""
        async with opened(self.source, self.netrc) as sources:
            types, reference = (await sources.catalog()).all(), await sources.base_reference()
            rows = catalog.rows(types, reference, await sources.exported())
            return text.chosen(form, catalog.table(rows), catalog.as_json(rows))

    @function
    async def base(self) -> dagger.Container:
        """The base image of every DAG type, as images/base.toml names it."""
        async with opened(self.source) as sources:
            return base.container(await sources.base_reference())

    # Per session: a base named by tag may have moved since the last one, and what is printed is to be seen.
    @function(cache="session")  # pyright: ignore[reportCallIssue, reportUntypedFunctionDecorator] - SDK overloads
    async def build(self, dag_type: OneDagType) -> Image:
        """Build a DAG type's image from its lock, and print what it is."""
        async with opened(self.source, self.netrc) as sources:
            found = (await sources.catalog()).get(dag_type)  # first: a slip of the keyboard costs no pull
            built = await build.build(found, sources, await base.pinned(sources))
            image = Image.of(built, await sources.text(policy.HOUSE) or "")
        print(built.summary())  # noqa: T201 - the CLI shows nothing of an object but its id
        return image

    # Never remembered: advisories come by the hour.
    @function(cache="never")  # pyright: ignore[reportCallIssue, reportUntypedFunctionDecorator] - SDK overloads
    async def scan(
        self,
        dag_type: AnyDagType = "",
        database: Database = None,
        database_file: DatabaseFile = None,
        username: Username = None,
        token: Token = None,
        authority: Authority = None,
        *,
        plain_http: PlainHttp = False,
    ) -> Scan:
        """Scan a DAG type's image, or every type's, by images/policy.toml; fails unless all passed."""
        async with opened(self.source, self.netrc) as sources:
            access = Access(username=username, token=token, authority=authority, plain_http=plain_http)
            asked = database_request(tuple(database or ()), database_file, access)
            types = (await sources.catalog()).chosen(dag_type)
            return api_scan.of(await scan.scan_all(types, asked, sources))

    @check
    @function(cache="never")  # pyright: ignore[reportCallIssue, reportUntypedFunctionDecorator] - SDK overloads
    async def vulnerabilities(self) -> None:
        """Scan of every DAG type's image; no policy is wrong, no ignore expired."""
        async with opened(self.source, self.netrc) as sources:
            types = (await sources.catalog()).all()
            result = await scan.scan_all(types, DatabaseRequest(test=True), sources)
            print(formats.gate(result, test=True))  # noqa: T201 - a check shows what it printed

    # Per session, as a build: with --sharing it builds.
    @function(cache="session")  # pyright: ignore[reportCallIssue, reportUntypedFunctionDecorator] - SDK overloads
    async def plan(
        self,
        repository: Repository,
        dag_type: AnyDagType = "",
        registry: RegistryHost = "",
        owner: Owner = "",
        ref: Ref = "",
        form: Format = "table",
        *,
        sharing: Sharing = False,
    ) -> str:
        """What publish would push, under which tags and why; no registry is asked."""
        async with opened(self.source, self.netrc) as sources:
            request = PlanRequest(dag_type=dag_type, registry=registry, owner=owner, ref=ref)
            planned = await publish.plan(sources, repository, request)
            told = text.chosen(form, plan.table(planned), plan.as_json(planned))
            if not sharing:
                return told
            types = [each.dag_type for each in planned.types]
            below = await base.pinned(sources)
            return f"{told}\n{await shared_layers.told(types, sources, below)}"

    @check
    @function
    def lint(self, python_files: PythonFiles) -> dagger.Container:
        """Ruff's rules and format, over every Python file."""
        return project.lint(python_files)

    @check
    @function
    def workflows(self, workflow_files: WorkflowFiles) -> dagger.Container:
        """What GitHub and GitLab run: actionlint with shellcheck, zizmor, and the published schemas."""
        return project.workflows(workflow_files)

    @check
    @function
    def types(self, python_files: PythonFiles) -> dagger.Container:
        """Pyright, strict."""
        return project.types(python_files)

    @check
    @function
    def unit(self, tested_files: TestedFiles, select: Select = "") -> dagger.Container:
        """Tests of pure logic, which need no engine."""
        return project.unit(tested_files, select)

    @check
    @function(cache="session")  # pyright: ignore[reportCallIssue, reportUntypedFunctionDecorator] - SDK overloads
    async def engine(
        self,
        python_files: PythonFiles,
        workflow_files: WorkflowFiles,
        tested_files: TestedFiles,
        select: Select = "",
    ) -> dagger.Container:
        """Tests against the engine this runs on; without --select after the quick checks, if these pass."""
        with as_function_error():
            if not select:
                await project.quick(python_files, workflow_files, tested_files)
            return project.engine(tested_files, select)

    @function(cache="session")  # pyright: ignore[reportCallIssue, reportUntypedFunctionDecorator] - SDK overloads
    def junit(self, tested_files: TestedFiles, suite: Suite, select: Select = "") -> dagger.File:
        """Run unit or engine tests, and give their results as a JUnit file, failed ones too."""
        with as_function_error():
            return project.junit(tested_files, suite, select)
