"""Texts of policies for tests."""

OWN = "images/salesforce/policy.toml"
WHOLE = {
    "id": '"CVE-2026-1"',
    "package": '"requests"',
    "reason": '"we never call it"',
    "owner": '"data@example.com"',
    "expires": "2027-01-31",
}


def entry(**changes: str) -> str:
    """Write a table [[ignore]]; a key with an empty value is left out."""
    lines = [f"{key} = {value}" for key, value in (WHOLE | changes).items() if value]
    return "\n".join(["[[ignore]]", *lines, ""])
