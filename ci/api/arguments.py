"""Arguments of the module's functions: type, name, and help for the command line."""

from typing import Annotated

import dagger
from dagger import DefaultPath, Doc, Ignore, Name

from ..tools.programs import litter, trees
from ..tools.sources import LITTER, TREES

# A function's inputs are its cache key, so only the wanted files are handed over.
# One folder for all three: a default path must exist, and a repository may lack scripts/.
# Not "/", which is the root of the git repository, not of a project in a folder of it.
Source = Annotated[
    dagger.Directory,
    DefaultPath("."),
    Doc("The project's folder, with images/, dags/ and scripts/; default: the module's"),
    Ignore(["*", *(f"!{name}" for name in (*TREES, ".gitmodules")), *LITTER]),
]
Netrc = Annotated[
    dagger.Secret | None, Doc("Logins for package indexes, as a netrc file: file://$HOME/.netrc")
]
# Of the working tree only the module, which makes images: what they are made of is the source.
# The index, logs and hooks change without a commit.
Repository = Annotated[
    dagger.Directory,
    DefaultPath("/"),
    Doc("The repository's root, whose commit names the images"),
    Ignore(
        [
            *("*", "!.git", *(f"!**/{name}" for name in trees.MODULE)),
            *(f"**/{name}" for name in litter.UNNAMED),
            *(f".git/{name}" for name in ("index", "logs", "hooks", "lfs", "annex")),
        ]
    ),
]

OneDagType = Annotated[str, Name("dag"), Doc("DAG type: a folder under images/")]
AnyDagType = Annotated[str, Name("dag"), Doc("DAG type: a folder under images/; default: all")]
# Not --json: dagger call has a flag of that name, which only puts a result in quotes.
Format = Annotated[str, Name("format"), Doc("table or json")]
ReportFormat = Annotated[str, Name("format"), Doc("text, markdown, junit or json")]
ScanFormat = Annotated[
    str,
    Name("format"),
    Doc("table, json, markdown, sarif, junit, html, or results: the file that `report` reads"),
]
ExcludeNewer = Annotated[
    str,
    Doc("Day or time such as 2026-01-31; later files in the index are ignored; default: pyproject.toml's"),
]
_EVENT = Doc("The event of GitHub Actions: the file that $GITHUB_EVENT_PATH names")
EventFile = Annotated[dagger.File, Name("event"), _EVENT]
OptionalEventFile = Annotated[dagger.File | None, Name("event"), _EVENT]
Ref = Annotated[
    str, Doc("The ref of the pipeline's event: refs/heads/…, refs/tags/…; default: what is checked out")
]
RegistryHost = Annotated[
    str, Name("registry"), Doc("Registry, such as ghcr.io or 127.0.0.1:5000; default: images/publish.toml's")
]
Owner = Annotated[str, Doc("Owner in the images' names; default: the git remote's")]
Username = Annotated[
    dagger.Secret | None, Doc("User name for the registry; default: the owner, where there is a token")
]
Token = Annotated[dagger.Secret | None, Doc("Token or password for the registry")]
Authority = Annotated[dagger.File | None, Name("registry-ca"), Doc("Certificate of the registry's own CA")]
PlainHttp = Annotated[bool, Doc("Use plain HTTP for the registry; a loopback address needs no flag")]
Database = Annotated[
    list[str] | None,
    Doc("Mirrors of the vulnerability database, in order; default: the policy's"),
]
DatabaseFile = Annotated[dagger.File | None, Doc("Vulnerability database as a file (db.tar.gz)")]
RefreshDatabase = Annotated[bool, Doc("Ask the mirrors now, not once an hour")]
TrustedRoot = Annotated[
    dagger.File | None, Doc("Trusted root of your own Sigstore services; default: the public ones")
]

UpgradePackages = Annotated[
    list[str] | None, Doc("Packages to upgrade, such as zeep,lxml; all others stay as locked")
]
Upgrade = Annotated[bool, Doc("Lock the newest versions that fit, instead of those locked")]
Since = Annotated[str, Doc("Start of the change: a branch, a tag or a commit (origin/main, v1.2.0, HEAD~1)")]
ResultsFolder = Annotated[
    dagger.Directory,
    Name("results"),
    Doc("Folder with published.json files, at any depth, and plan.json if types may lack a result"),
]

Platforms = Annotated[
    list[str] | None,
    Name("platform"),
    Doc("Platforms such as linux/amd64,linux/arm64; default: the engine's own"),
]
Force = Annotated[str, Doc("Reason to publish despite failed checks; recorded in a label")]
AllowUnscanned = Annotated[
    str, Doc("Reason to publish where there is no vulnerability database to scan with")
]
DryRun = Annotated[bool, Doc("Build, test and scan, and push nothing")]
ReportFailures = Annotated[bool, Doc("Exit without an error although a DAG type failed; the result says so")]
SigningKey = Annotated[
    dagger.Secret | None,
    Doc("Private key made by cosign, or the URI of a key in a KMS (awskms:///alias/name, …)"),
]
SigningPassword = Annotated[dagger.Secret | None, Doc("Password of the private key")]
SigningEnvironment = Annotated[
    dagger.Secret | None, Doc("Variables for the KMS's client, as lines NAME=VALUE")
]
IdentityToken = Annotated[dagger.Secret | None, Doc("OIDC token to sign with, instead of a key")]
OidcUrl = Annotated[
    dagger.Secret | None,
    Name("oidc-request-url"),
    Doc("Address that gives OIDC tokens in GitHub Actions: env://ACTIONS_ID_TOKEN_REQUEST_URL"),
]
OidcToken = Annotated[
    dagger.Secret | None,
    Name("oidc-request-token"),
    Doc("Token for that address: env://ACTIONS_ID_TOKEN_REQUEST_TOKEN"),
]
SigningConfig = Annotated[
    dagger.File | None,
    Doc("Signing services, as a file made by cosign; default: Sigstore's, and none for a key"),
]
