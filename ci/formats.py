"""One result in the format that was asked for."""

from .errors import ConfigurationError, did_you_mean


def chosen(form: str, table: str, as_json: str) -> str:
    """The table or the JSON.

    Raises:
        ConfigurationError: there is no such format.
    """
    texts = {"table": table, "json": as_json}
    if form not in texts:
        hint = did_you_mean(form, texts) or ": there are table and json"
        raise ConfigurationError([f"--format {form!r} isn't known{hint}"])
    return texts[form]
