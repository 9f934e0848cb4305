"""The shape of values that are written as JSON by one part and read by another."""

from pydantic import BaseModel, ConfigDict


class Value(BaseModel):
    """A frozen value; a field that it doesn't know is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid")
