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
