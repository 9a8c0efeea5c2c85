"""Which marker may have caused a change, and how well its time fits: the onset is known only to an interval."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from evaluator.buckets import STEP
from store.records import Marker, MarkerKind

BEFORE = timedelta(days=7)
AFTER = timedelta(days=1)
"""How far from the onset's interval a marker is still worth naming."""


class Place(StrEnum):
    """Where a marker lies: in the onset's interval, before it, or after it, where it cannot have caused the change."""

    INSIDE = "inside"
    BEFORE = "before"
    AFTER = "after"


@dataclass(frozen=True, slots=True)
class Onset:
    """When the change began: the start of the likeliest bucket, and the 90 % interval [lo, end)."""

    at: datetime
    lo: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Fit:
    """A marker beside an onset."""

    marker: Marker
    onset: Onset

    @property
    def place(self) -> Place:
        """Where the marker lies."""
        if self.onset.lo <= self.marker.ts < self.onset.end:
            return Place.INSIDE
        return Place.BEFORE if self.marker.ts < self.onset.lo else Place.AFTER

    @property
    def lead(self) -> timedelta:
        """How long before the onset's bucket it was (zero within it, negative after it)."""
        if self.onset.at <= self.marker.ts < self.onset.at + STEP:
            return timedelta(0)
        end = self.onset.at if self.marker.ts < self.onset.at else self.onset.at + STEP
        return end - self.marker.ts

    @property
    def gap(self) -> timedelta:
        """How far outside the interval it lies."""
        return max(self.onset.lo - self.marker.ts, self.marker.ts - self.onset.end, timedelta(0))

    def words(self) -> str:
        """The marker, and how well it fits."""
        return f"{said(self.marker)} {self.timing()}"

    def timing(self) -> str:
        """How well its time fits: words without any name."""
        if self.place is Place.BEFORE:
            return f"{span(self.gap)} before the onset's 90 % interval: a poor fit"
        if self.place is Place.AFTER:
            return f"{span(self.gap)} after the onset's 90 % interval: too late to be the cause"
        if not self.lead:
            return "in the quarter hour of the onset"
        side = "before" if self.lead > timedelta(0) else "after"
        return f"{span(abs(self.lead))} {side} the likeliest onset, inside its 90 % interval"


def nearest(markers: Iterable[Marker], onset: datetime, onset_lo: datetime, onset_hi: datetime) -> Fit | None:
    """The marker nearest to the onset's interval, and within it to the onset; None when none is anywhere near.

    Of equally near ones, what somebody told goes before what was seen in the traffic.
    """
    began = Onset(onset, onset_lo, onset_hi)
    reach = (one for one in markers if onset_lo - BEFORE <= one.ts < began.end + AFTER)
    fits = [Fit(one, began) for one in reach]
    return min(fits, key=_rank, default=None)


def said(marker: Marker) -> str:
    """What happened, up to its time.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 11, 20, 12, tzinfo=UTC)
    >>> said(Marker(marker_id="m", ts=noon, created_at=noon, kind=MarkerKind.RELEASE, name="2026.11.3", origin="seen"))
    'release 2026.11.3 first appeared'
    """
    named = marker.name if marker.kind is MarkerKind.OTHER else f"{marker.kind.replace('_', ' ')} {marker.name}"
    verb = "was" if marker.kind is MarkerKind.OTHER else "went out"
    return f"{named} {'first appeared' if marker.origin == 'seen' else verb}"


def span(length: timedelta) -> str:
    """A length of time with one unit, two digits at least.

    >>> [span(timedelta(minutes=minutes)) for minutes in (0.4, 1, 12, 119, 180, 2000, 9000)]
    ['less than a minute', '1 minute', '12 minutes', '119 minutes', '3 h', '33 h', '6 days']
    """
    minutes = length / timedelta(minutes=1)
    if minutes < 1:
        return "less than a minute"
    if minutes < 120:
        return f"{minutes:.0f} minute{'s' * (round(minutes) != 1)}"
    return f"{minutes / 60:.0f} h" if minutes < 48 * 60 else f"{minutes / 1440:.0f} days"


def _rank(fit: Fit) -> tuple[timedelta, timedelta, bool, datetime, str]:
    return fit.gap, abs(fit.lead), fit.marker.origin == "seen", fit.marker.ts, fit.marker.marker_id
