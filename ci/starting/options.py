"""The options of pip, uv and apt-get: which take a value, so that none is taken for what is installed."""

from collections.abc import Collection
from dataclasses import dataclass, field

# Of pip and uv, such as say how to install, not what: these change nothing of an image.
IDLE = frozenset(
    {
        *("--system", "--user", "--upgrade", "-U", "--no-cache", "--no-cache-dir", "--break-system-packages"),
        *("--quiet", "-q", "--verbose", "-v", "--disable-pip-version-check", "--no-input", "--compile"),
        *("--frozen", "--locked", "--no-dev", "--compile-bytecode", "--no-install-project", "--no-editable"),
        *("--prefer-binary", "--root-user-action", "--no-progress", "--no-warn-script-location", "-n"),
    }
)
IDLE_VALUED = frozenset(
    {
        *("--python", "-p", "--timeout", "--default-timeout", "--retries", "--cache-dir", "--progress-bar"),
        *(
            "--log",
            "--log-file",
            "--link-mode",
            "--root-user-action",
            "--exists-action",
            "--color",
            "--report",
        ),
        *("--keyring-provider", "--proxy", "--resume-retries"),
    }
)
# These change what comes out, and a lock has none of them.
STRANGE = frozenset(
    {
        *("--no-deps", "--pre", "--force-reinstall", "--ignore-installed", "-I", "--no-build-isolation"),
        *("--require-hashes", "--no-index", "--dry-run", "--use-pep517", "--no-use-pep517", "--no-build"),
        *("--reinstall", "--all-extras", "--ignore-requires-python", "--isolated", "--no-sources", "--exact"),
        *("--no-compile", "--no-clean", "--offline", "--native-tls", "--no-config", "--strict", "--refresh"),
    }
)
STRANGE_VALUED = frozenset(
    {
        *("--trusted-host", "--allow-insecure-host", "--platform", "--python-platform", "--python-version"),
        *("--no-binary", "--only-binary", "--no-build-package", "--no-binary-package", "--index-strategy"),
        *("--prerelease", "--resolution", "--exclude-newer", "--fork-strategy", "--abi", "--implementation"),
        *("--target", "-t", "--prefix", "--root", "--src", "--cert", "--client-cert", "--upgrade-strategy"),
        *("--upgrade-package", "-P", "--reinstall-package", "--refresh-package", "--extra", "--group"),
        *(
            "--config-settings",
            "--config-setting",
            "-C",
            "--global-option",
            "--use-feature",
            "--torch-backend",
        ),
        *("--use-deprecated", "--override", "--overrides", "--build-constraint", "--build-constraints", "-b"),
        *("--excludes", "--config-file", "--directory", "--project"),
    }
)
REQUIREMENTS = frozenset({"-r", "--requirement", "--requirements"})
CONSTRAINTS = frozenset({"-c", "--constraint", "--constraints"})
INDEXES = frozenset(
    {"-i", "--index-url", "--extra-index-url", "--index", "--default-index", "-f", "--find-links"}
)
EDITABLE = frozenset({"-e", "--editable"})
_PIP_VALUED = IDLE_VALUED | STRANGE_VALUED | REQUIREMENTS | CONSTRAINTS | INDEXES | EDITABLE
_APT_VALUED = frozenset(
    {
        *("-t", "--target-release", "--default-release", "-o", "--option", "-c", "--config-file", "-a"),
        *("--host-architecture", "-P", "--build-profiles", "--solver"),
    }
)


@dataclass(kw_only=True)
class Parted:
    """The words of a command: options with their values, which may be empty, and all other words.

    ``unknown`` are options that may take the next word for their value, or not.
    """

    options: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    others: list[str] = field(default_factory=list[str])
    unknown: list[str] = field(default_factory=list[str])


def of_pip(words: list[str]) -> Parted:
    """The words behind ``pip install`` or ``uv pip install``."""
    return _parted(words, _PIP_VALUED, IDLE | STRANGE)


def of_apt(words: list[str]) -> Parted:
    """The words behind ``apt-get``: the first of the others is its verb."""
    return _parted(words, _APT_VALUED, ())


def _parted(words: list[str], valued: Collection[str], bare: Collection[str]) -> Parted:
    found = Parted()
    left = list(words)
    while left:
        word = left.pop(0)
        name, equals, value = word.partition("=")
        if not word.startswith("-"):
            found.others.append(word)
        elif equals and word.startswith("--"):
            found.options.append((name, value))
        elif word in valued:
            found.options.append((word, left.pop(0) if left else ""))
        elif word[:2] in valued and not word.startswith("--"):  # as in -rfile
            found.options.append((word[:2], word[2:].removeprefix("=")))
        else:
            # As in -qq, which is many.
            each = [word] if word.startswith("--") else [f"-{letter}" for letter in word[1:]] or [word]
            found.options.append((word, ""))
            found.unknown += [] if set(each) <= set(bare) else [word]
    return found
