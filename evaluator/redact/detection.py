"""What redaction finds, as judges need it: its kinds, and a finder for what the settings leave in the text."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from evaluator.redact.search import RULES, Search
from evaluator.settings import RedactionSettings
from judges.leaks import Detection, Found


def detection(settings: RedactionSettings) -> Detection:
    """All kinds that can be found; the finder is None when redaction takes all of them out."""
    own = {pattern.name for pattern in settings.patterns}
    asked = {entity.lower() for entity in settings.presidio_entities} if settings.presidio else set[str]()
    kinds = frozenset({*RULES, *own, *asked})
    if settings.enabled and not settings.off:
        return Detection(kinds)
    return Detection(kinds, partial(_find, Search.build(_left(settings))))


def _left(settings: RedactionSettings) -> RedactionSettings:
    """The rules that do not run on the way in, switched on; the allowed values stay allowed."""
    if not settings.enabled:
        return settings.model_copy(update={"enabled": True, "off": ()})
    done = tuple(name for name in RULES if name not in settings.off)
    return settings.model_copy(update={"off": done, "patterns": (), "presidio": False})


def _find(search: Search, text: str) -> Iterator[Found]:
    for at, finds in search.found([(text, None)]).values():
        yield from (Found(find.start - at, find.end - at, find.kind.lower(), find.value) for find in finds)
