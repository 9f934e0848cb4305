"""Sizes as people read them: decimal megabytes, as registries and image tools show them."""


def megabytes(size: int) -> str:
    """A size in bytes as text, such as "41.3 MB"; small ones in kB."""
    return f"{size / 1e6:.1f} MB" if size >= 100_000 else f"{size / 1e3:.1f} kB"
