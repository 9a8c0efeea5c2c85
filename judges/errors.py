"""What can go wrong around a judge. A judge that fails on a sample is data (Judgement.status), not an exception."""

from __future__ import annotations


class JudgeError(Exception):
    """Base of the package: the message says what happened and what to do next.

    `paid_usd` is what answers for this sample have cost already, if any did.
    """

    paid_usd: float | None = None


class JudgeConfigError(JudgeError):
    """A judge's definition cannot be used: a bad schema, pattern or rubric."""


class Unavailable(JudgeError):
    """The judge cannot decide now: the sample stays pending for at least `retry_after_seconds`.

    With `everyone` the reason is not the sample: the provider is away or its limit is reached, or the budget is spent.
    """

    def __init__(self, message: str, *, reason: str, retry_after_seconds: float = 60.0, everyone: bool = False) -> None:
        super().__init__(message)
        self.reason = reason
        self.retry_after_seconds = retry_after_seconds
        self.everyone = everyone


class Stopped(JudgeError):
    """The provider refuses us (bad key, no access, unknown model): the judge stops until somebody mends the setting."""

    def __init__(self, message: str, *, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


class Rejected(JudgeError):
    """The provider will not take this one request (malformed, too large): an error verdict; other samples go on."""

    def __init__(self, message: str, *, reason: str) -> None:
        super().__init__(message)
        self.reason = reason
