"""What a convention is: how its records are recognised, and how they are read."""

from __future__ import annotations

from collections.abc import Callable, Container
from dataclasses import dataclass

from evaluator.intake.conventions import basics
from evaluator.intake.otlp.records import Log, Span
from evaluator.intake.parts import Facts, Part


class _Everything:
    def __contains__(self, _: object) -> bool:
        return True


EVERYTHING: Container[str] = _Everything()
"""As `own`: no attribute is the application's; what it has to say stands in the resource."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Convention:
    """One way to write a call as a span.

    `read` gives the facts of a leaf call, and None for any other span that is recognised: that one is context, and
    `context` says what calls below inherit from it in the convention's own words. What every convention tells alike
    (session, user, feature, environment, release, prompt version, metadata, error, latency) is read by the registry:
    facts need it only where the convention's own words are to go before. `own` are first words of attribute names that
    are the client's and not the application's metadata.
    """

    source: str
    recognises: Callable[[Span], bool]
    read: Callable[[Span], Facts | None]
    context: Callable[[Span], Facts] | None = None
    links: Callable[[Span], tuple[str, ...]] = basics.links
    own: Container[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LogConvention:
    """One way to write a call, or text of one, as a log record; `read` may find that it is neither."""

    source: str
    recognises: Callable[[Log], bool]
    read: Callable[[Log], Part | None]
    own: Container[str] = ()
