"""The arguments of the module's functions, each written once: type, name, and help for the command line."""

from typing import Annotated

import dagger
from dagger import Doc, Name

OneDagType = Annotated[str, Name("dag"), Doc("DAG type: a folder under images/")]
AnyDagType = Annotated[
    str, Name("dag"), Doc("DAG type: a folder under images/; all of them where none is named")
]
# Not --json: dagger call has a flag of that name, which only puts a result in quotes.
Format = Annotated[str, Name("format"), Doc("table or json")]
Upgrade = Annotated[bool, Doc("Take the newest versions that fit, in the place of those locked")]
UpgradePackages = Annotated[
    list[str] | None, Doc("Packages that may be upgraded, such as zeep,lxml; all others stay as locked")
]
ExcludeNewer = Annotated[
    str, Doc("Day or time such as 2026-01-31, beyond which no file counts; else that of pyproject.toml")
]
Package = Annotated[str, Doc("Name of a package that is installed in the image")]
Airflow = Annotated[
    str, Doc("Version to try, such as 3.2.1, or 3.2.x for its newest release; on the pinned base's Python")
]
OtherBase = Annotated[str, Name("base"), Doc("A base image to try, by reference, in the place of a version")]
DagId = Annotated[str, Doc("The DAG's id")]
TaskId = Annotated[
    str, Doc("One of its tasks, which is then run alone; of a mapped one 'load[0]', and so on; else all")
]
LogicalDate = Annotated[str, Doc("The run's logical date, such as 2026-01-31; else now")]
EnvFile = Annotated[
    dagger.Secret | None,
    Name("env-file"),
    Doc("Variables for the run, as lines NAME=VALUE: file://.env; no value is shown"),
]
Timeout = Annotated[int, Doc("Seconds after which the run is ended, with exit code 124")]
Sharing = Annotated[bool, Doc("Build the images, too, and tell which layers they share and could share")]
Since = Annotated[
    str, Doc("What the change started from: a branch, a tag or a commit (origin/main, v1.2.0, HEAD~1)")
]
Select = Annotated[str, Doc("Which tests, as pytest's -k takes it: test_publish, or 'trust and not layer'")]
Suite = Annotated[str, Doc("unit or engine")]
EventFile = Annotated[
    dagger.File, Name("event"), Doc("The event of GitHub Actions: the file that $GITHUB_EVENT_PATH names")
]
MaybeEventFile = Annotated[
    dagger.File | None,
    Name("event"),
    Doc("The event of GitHub Actions: the file that $GITHUB_EVENT_PATH names"),
]
ResultsFolder = Annotated[
    dagger.Directory,
    Name("results"),
    Doc(
        "Folder with published.json files, however deep, and plan.json where a type without one is to be told"
    ),
]
Ref = Annotated[
    str,
    Doc("In a pipeline the event's ref: refs/heads/…, refs/tags/…; else what is checked out counts"),
]
RegistryHost = Annotated[
    str, Name("registry"), Doc("Registry, such as ghcr.io or 127.0.0.1:5000, in the place of the settings'")
]
Owner = Annotated[str, Doc("Owner in the images' names, in the place of the git remote's")]
Username = Annotated[
    dagger.Secret | None, Doc("User name for the registry; the owner where only a token is given")
]
Token = Annotated[dagger.Secret | None, Doc("Token or password for the registry")]
Authority = Annotated[dagger.File | None, Name("registry-ca"), Doc("Certificate of the registry's own CA")]
PlainHttp = Annotated[bool, Doc("Speak plain HTTP to the registry; a loopback address needs no flag")]
Platforms = Annotated[
    list[str] | None,
    Name("platform"),
    Doc("Platforms such as linux/amd64,linux/arm64; else the engine's own"),
]
Force = Annotated[str, Doc("Why to publish although the gate failed; a label tells it")]
Where = Annotated[str, Name("reference"), Doc("A published image: ghcr.io/owner/name@sha256:…, or :tag")]
Tag = Annotated[str, Doc("The tag to add")]

Database = Annotated[
    list[str] | None,
    Name("database"),
    Doc("Mirrors of the vulnerability database, asked in this order, in the place of the policy's"),
]
DatabaseFile = Annotated[
    dagger.File | None,
    Name("database-file"),
    Doc("The vulnerability database as a file (db.tar.gz), where no mirror is to be asked"),
]
AllowUnscanned = Annotated[
    str, Doc("Why to publish although nothing could be scanned, as no vulnerability database was at hand")
]
DryRun = Annotated[bool, Doc("Build, test and scan, and push nothing")]
ReportFailures = Annotated[
    bool, Doc("Give the file although a DAG type failed: its row says why; an exit code no longer tells")
]
SigningKey = Annotated[
    dagger.Secret | None,
    Name("signing-key"),
    Doc(
        "Sign with this: a private key that cosign made, or the URI of one in a KMS (awskms:///alias/name, …)"
    ),
]
SigningPassword = Annotated[
    dagger.Secret | None, Name("signing-password"), Doc("Password of the private key")
]
SigningEnvironment = Annotated[
    dagger.Secret | None,
    Name("signing-environment"),
    Doc("What the KMS's client needs, as lines NAME=VALUE"),
]
IdentityToken = Annotated[
    dagger.Secret | None, Name("identity-token"), Doc("Sign without a key, with this OIDC token")
]
OidcUrl = Annotated[
    dagger.Secret | None,
    Name("oidc-request-url"),
    Doc("Where a token is to be had in GitHub Actions: env://ACTIONS_ID_TOKEN_REQUEST_URL"),
]
OidcToken = Annotated[
    dagger.Secret | None,
    Name("oidc-request-token"),
    Doc("What it is asked for with: env://ACTIONS_ID_TOKEN_REQUEST_TOKEN"),
]
SigningConfig = Annotated[
    dagger.File | None,
    Name("signing-config"),
    Doc("Authority, log and timestamps to sign with, made by cosign; else Sigstore's, and for a key none"),
]
TrustedRoot = Annotated[
    dagger.File | None, Name("trusted-root"), Doc("Whom to trust in the place of Sigstore's public services")
]
VerifyKey = Annotated[dagger.File | None, Name("key"), Doc("Public key whose signatures count: cosign.pub")]
Identity = Annotated[
    str, Name("certificate-identity"), Doc("Identity whose signatures count, such as a workflow's address")
]
IdentityRegexp = Annotated[str, Name("certificate-identity-regexp"), Doc("The same as a regular expression")]
Issuer = Annotated[
    str, Name("certificate-oidc-issuer"), Doc("Who vouches for the identity, as the certificate has it")
]
FromSource = Annotated[
    str, Name("source"), Doc("Repository it must be made from: https://github.com/owner/repo")
]
FromCommit = Annotated[str, Name("commit"), Doc("Commit it must be made from, all 40 digits")]
OnBase = Annotated[str, Name("base-digest"), Doc("Digest of the base it must stand on: sha256:…")]
ScanDays = Annotated[float, Name("max-scan-age"), Doc("How many days old its scan may be")]
NewPassword = Annotated[
    dagger.Secret, Name("password"), Doc("Password that the private key is encrypted with")
]
PublishedTag = Annotated[
    str, Name("tag"), Doc("The version whose images count, as publish tags it: latest, main, v1.2.0")
]
ToAirflow = Annotated[
    str,
    Name("airflow"),
    Doc("Version to move to, such as 3.2.1, or 3.2.x for its newest release; else the pinned one's series"),
]
