"""What is to do for keys of an old pyproject.toml that an image's has no place for."""

_GROUPS = "an image has no groups: keep them in the pyproject.toml of your own tools"
INDEX = "name it in [[tool.uv.index]] without a login, and give --netrc (docs/dependencies.md)"
_REMEDIES = {
    "project.optional-dependencies": "an image has no extras: pin those it needs in [project] dependencies",
    "dependency-groups": _GROUPS,
    "tool.uv.sources": "packages come from an index: publish to one those with a path, url or git, and pin "
    "them; copy those with an index into [tool.uv.sources] of the new file",
    "tool.uv.index": INDEX,
    "tool.uv.dev-dependencies": _GROUPS,
    "tool.uv": "check whether locking still needs it: uv reads [tool.uv] of the new file too",
    "tool.poetry.extras": "an image has no extras: pin those it needs in [project] dependencies",
    "tool.poetry.dev-dependencies": _GROUPS,
    "tool.poetry.group": _GROUPS,
    "tool.poetry.source": INDEX,
    "tool.poetry": "means nothing for an image",
    "tool.pdm.dev-dependencies": _GROUPS,
    "tool.pdm.source": INDEX,
    "tool.hatch.envs": "an image has no environments of Hatch: keep them in the pyproject.toml of your tools",
    "tool": "tools read the pyproject.toml at the root: move what is still needed there",
    "build-system": "nothing is built of an image's pyproject.toml",
    "project": "means nothing for an image",
}


def remedy(place: str) -> str:
    """What is to do for a key, by its dotted name."""
    while place not in _REMEDIES and "." in place:
        place = place.rpartition(".")[0]
    return _REMEDIES.get(place, "has no place in an image's pyproject.toml")
