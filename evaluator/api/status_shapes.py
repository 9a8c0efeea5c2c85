"""The JSON of how the service itself fares. Times are ISO 8601 UTC, no data is null."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel


class JobView(BaseModel):
    """What is done by the clock. `error` is the type of the last call's error; empty when it ended well."""

    name: str
    every_seconds: float
    last_at: datetime | None
    next_at: datetime | None
    error: str


class StatusView(BaseModel):
    """How the service fares. Bytes are null for a database in memory.

    `problem` is why it is not ready (as /readyz says), empty when it is. Queues: requests for the writer, records that
    are not in the database yet, calls that wait to be put together, samples that wait for a judge, deliveries owed.
    `last_look_at`: when the last look of this process ended, before it up to when an earlier one looked.
    """

    version: str
    started_at: datetime
    now: datetime
    problem: str
    database: str
    database_bytes: int | None
    free_bytes: int | None
    writer_queue: int
    journal_parts: int
    waiting_parts: int
    waiting_samples: int
    waiting_deliveries: int
    last_look_at: datetime | None
    jobs: list[JobView]


class SettingView(BaseModel):
    """One setting in effect; `value` is JSON, of a secret only `set` or `not set`."""

    name: str
    value: str
    source: str
    secret: bool
    about: str
