"""What every table of leadline.toml is."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Group(BaseModel):
    """A table of leadline.toml: frozen, and a name that is not known is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")
