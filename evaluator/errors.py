"""What Leadline tells its operators when it cannot go on: what happened, and what to do next."""

from __future__ import annotations


class LeadlineError(Exception):
    """Base of the package. The CLI prints the message and exits with 2."""


class ConfigError(LeadlineError):
    """The configuration cannot be used."""


class InputError(LeadlineError):
    """An item or a file that was handed in cannot be read. `reason` is a short machine word."""

    def __init__(self, message: str, *, reason: str = "invalid") -> None:
        super().__init__(message)
        self.reason = reason
