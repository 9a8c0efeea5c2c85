"""What the store tells its callers: what happened to the file, and what to do next."""

from __future__ import annotations


class StoreError(Exception):
    """Base of the package."""


class DatabaseLocked(StoreError):
    """Another process holds the file."""


class NotALeadlineDatabase(StoreError):
    """The file is no DuckDB database, or not one of ours, or from a newer version."""


class StoreUnavailable(StoreError):
    """Nothing can be written now (disk full, writer stopped): try the same again after `retry_after_seconds`."""

    def __init__(self, message: str, *, retry_after_seconds: int = 5) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds
