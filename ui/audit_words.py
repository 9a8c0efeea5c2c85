"""The audit log in words: who did what to what."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from evaluator.alerts.wording import WHYS
from evaluator.api.incident_shapes import EntryView
from evaluator.monitors.metrics import METRICS
from evaluator.monitors.words import name, noun
from ui.words import one_line, usd

Quote = Callable[[str], str]
"""Makes foreign text harmless for the place where the words are shown."""

EVENTS = {"firing": "that it fires", "updated": "that it goes on", "resolved": "that it is over"}
BY_ITSELF = {
    "resolved": "It is over",
    "silenced": "Nobody is told: silenced",
    "explained": "Nobody is told: explained by a broken judge or an outage",
    "no longer explained": "What explained an alert is over, and it goes on",
    "past": "Nobody is told: it lies in the past",
    "never told": "Nobody was told, as it was over before",
}
REASONS = frozenset({"worse", "more severe", "wider", "no longer explained", "still going on"})
"""Why channels were told again; that it began needs no reason."""
COMMENT = "commented"
NOTES = ("text", "note", "reason")
"""The details that people wrote: shown below the line as they are."""
VIA = {"ui": "on the page", "command": "by command", "api": "by API"}


def quoted(text: str) -> str:
    """Foreign text in a table: marked as such, on one line."""
    return f"“{one_line(text)}”"


def what(entry: EntryView, quote: Quote) -> str:
    """The action without who did it, ready to follow a name or to stand alone.

    >>> from datetime import datetime
    >>> def entry(action, **detail):
    ...     return EntryView(ts=datetime(2026, 1, 1), actor="ana", via="ui", key=None, action=action,
    ...         subject="incident", subject_id="inc_1", detail=detail)
    >>> what(entry("assigned", to="ben", **{"from": None}), quoted)
    'assigned it to “ben”'
    >>> what(entry("told", event="firing", why="began", channels=["slack", "oncall"]), quoted)
    'Told “slack” and “oncall” that it fires'
    """
    words = _WORDS.get(entry.action)
    if words:
        return words(entry.detail, quote)
    if entry.action in BY_ITSELF and entry.subject == "incident":
        return BY_ITSELF[entry.action]
    told = "; ".join(f"{key} {value}" for key, value in entry.detail.items() if value is not None)
    return f"{one_line(entry.action, 40)}{f': {quote(told)}' if told else ''}"


def note(entry: EntryView) -> str:
    """What somebody wrote beside it; empty without."""
    return next((str(entry.detail[key]) for key in NOTES if entry.detail.get(key)), "")


def meant(label: str, glob: str) -> str:
    """What a matcher of a silence says: a metric by the name it has elsewhere, all else as it is.

    >>> meant("metric", "cost_usd"), meant("feature", "cost_usd")
    ('cost', 'cost_usd')
    """
    return noun(glob) if label == "metric" and glob in METRICS else glob


def _told(detail: Mapping[str, Any], quote: Quote) -> str:
    names = [quote(str(one)) for one in detail.get("channels") or ()]
    whom = " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
    why = str(detail.get("why"))
    reason = f" ({WHYS.get(why, why)})" if why in REASONS else ""
    event = str(detail.get("event", ""))
    words = EVENTS.get(event) or one_line(event, 40)
    return (
        f"Told {whom} {words}{reason}" if whom else f"Would have told {words}{reason}, but no route leads to a channel"
    )


def _assigned(detail: Mapping[str, Any], quote: Quote) -> str:
    to, before = detail.get("to"), detail.get("from")
    if to:
        return f"assigned it to {quote(str(to))}"
    return f"took it from {quote(str(before))}" if before else "assigned it to nobody"


def _joined(detail: Mapping[str, Any], quote: Quote) -> str:
    feature, judge, metric = (str(detail.get(part) or "") for part in ("feature", "judge", "metric"))
    return f"An alert joined: {quote(name(feature, judge, metric))}" if feature else "An alert joined"


def _tested(detail: Mapping[str, Any], quote: Quote) -> str:
    error = detail.get("error")
    return f"tried the channel: {quote(str(error)) if error else 'it took the message'}"


def _tried(detail: Mapping[str, Any], quote: Quote) -> str:
    model, cost = quote(str(detail.get("model"))), detail.get("cost_usd")
    price = f" for {usd(cost)}" if isinstance(cost, int | float) else ""
    return f"tried the rubric on a sample with {model}{price} ({quote(str(detail.get('outcome')))})"


def _judged_again(detail: Mapping[str, Any], quote: Quote) -> str:
    cost = detail.get("cost_usd")
    price = f" for {usd(cost)}" if isinstance(cost, int | float) else ""
    return f"had it judged again by {quote(str(detail.get('judge')))}{price} ({quote(str(detail.get('outcome')))})"


def _label_corrected(detail: Mapping[str, Any], quote: Quote) -> str:
    sample, judge, before, after = (quote(str(detail.get(part))) for part in ("sample_id", "judge", "from", "to"))
    return f"changed a label for {judge} from {before} to {after}, on sample {sample}"


def _marked(detail: Mapping[str, Any], quote: Quote) -> str:
    feature = detail.get("feature")
    where = quote(str(feature)) if feature else "every feature"
    return f"marked {one_line(detail.get('kind'), 20)} {quote(str(detail.get('name')))} on {where}"


def _baseline(did: str) -> Callable[[Mapping[str, Any], Quote], str]:
    def words(detail: Mapping[str, Any], quote: Quote) -> str:
        of = name(*(str(detail.get(part) or "") for part in ("feature", "judge", "metric")))
        # To the minute of what is stored in UTC.
        start, end = (one_line(str(detail.get(part))[:16].replace("T", " ")) for part in ("start_at", "end_at"))
        return f"{did} the baseline of {quote(of)}: {start} to {end} UTC"

    return words


def _given_up(detail: Mapping[str, Any], quote: Quote) -> str:
    error, tries = detail.get("error"), detail.get("attempts")
    why = f": {quote(str(error))}" if error else ""
    return f"A message was given up after {one_line(tries, 10)} attempt{'s' * (tries != 1)}{why}"


def _silenced(kind: str) -> Callable[[Mapping[str, Any], Quote], str]:
    def words(detail: Mapping[str, Any], quote: Quote) -> str:
        matchers = detail.get("matchers") or {}
        of = ", ".join(f"{one_line(label, 20)} = {quote(meant(label, str(glob)))}" for label, glob in matchers.items())
        return f"{kind} what matches {of}"

    return words


_WORDS: dict[str, Callable[[Mapping[str, Any], Quote], str]] = {
    # Without how many: a line follows for each alert but the first.
    "opened": lambda *_: "Opened",
    "joined": _joined,
    "told": _told,
    "assigned": _assigned,
    "tested": _tested,
    "tried": _tried,
    "judged again": _judged_again,
    "acknowledged": lambda *_: "sees to it",
    "unacknowledged": lambda *_: "no longer sees to it",
    COMMENT: lambda *_: "wrote",
    "resolved by hand": lambda *_: "resolved it by hand",
    "silence set": _silenced("silenced"),
    "maintenance set": _silenced("set a maintenance window for"),
    "silence ended": lambda *_: "ended a silence",
    "label corrected": _label_corrected,
    "marked": _marked,
    "baseline set": _baseline("set"),
    "baseline reset": _baseline("reset"),
    "given up": _given_up,
    "sent again": lambda *_: "had a message sent again",
}
