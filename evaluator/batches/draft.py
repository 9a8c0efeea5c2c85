"""One batch in the making: which requests, for which samples, how many bytes and how much money."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum, auto

from judges.batch import BatchClient
from judges.exchange import Request
from judges.llm import Prepared
from store.batches import BatchItem
from store.records import Sample


class Fit(Enum):
    """Whether a sample went into the draft, and if not, what is used up."""

    ADDED = auto()
    FULL = auto()
    TOO_DEAR = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A sample and what is asked about it: the missing votes with the number of this try, and those paid before."""

    sample: Sample
    prepared: Prepared
    missing: Mapping[int, int]
    paid: tuple[BatchItem, ...] = ()
    usd: float = 0.0
    """What one vote will cost."""


class Draft:
    """Takes samples until its limits are reached. Samples of equal content share their requests."""

    def __init__(self, batch_key: str, client: BatchClient, usd: float | None) -> None:
        self.batch_key = batch_key
        self.items: list[BatchItem] = []
        self.requests: list[tuple[str, Request]] = []
        self.bytes = 0
        self.usd = 0.0
        self._client = client
        self._most_usd = usd
        self._by_content: dict[str, list[BatchItem]] = {}

    def add(self, candidate: Candidate) -> Fit:
        """Takes the sample, if there is room; one alone always has."""
        content_hash = candidate.prepared.content_hash
        if (twin := self._by_content.get(content_hash)) is not None:
            self.items += [replace(item, sample_id=candidate.sample.sample_id, ts=candidate.sample.ts) for item in twin]
            return Fit.ADDED
        limits = self._client.limits
        votes, request = len(candidate.missing), candidate.prepared.request
        if self._most_usd is not None and self.usd + votes * candidate.usd > self._most_usd:
            return Fit.TOO_DEAR
        added = votes * self._client.size(self.custom_id(limits.requests), request)
        if self.requests and not self._has_room(votes, added):
            return Fit.FULL
        self.bytes += added
        self.usd += votes * candidate.usd
        places = enumerate(candidate.missing.items(), start=len(self.requests))
        asked = [self._item(candidate, vote, tries, position) for position, (vote, tries) in places]
        self.requests += [(self.custom_id(item.position or 0), request) for item in asked]
        paid = [replace(item, batch_key=self.batch_key, position=None) for item in candidate.paid]
        self._by_content[content_hash] = [*paid, *asked]
        self.items += [*paid, *asked]
        return Fit.ADDED

    def custom_id(self, position: int) -> str:
        """By which the provider's results name a request: it tells that the batch is ours, and which."""
        return f"{self.batch_key}-{position}"

    def _has_room(self, votes: int, added: int) -> bool:
        limits = self._client.limits
        return len(self.requests) + votes <= limits.requests and self.bytes + added <= limits.bytes

    def _item(self, candidate: Candidate, vote: int, tries: int, position: int) -> BatchItem:
        return BatchItem(
            batch_key=self.batch_key,
            position=position,
            sample_id=candidate.sample.sample_id,
            ts=candidate.sample.ts,
            vote=vote,
            tries=tries,
            cut=candidate.prepared.cut,
            content_hash=candidate.prepared.content_hash,
        )


def position_of(custom_id: str, batch_key: str) -> int | None:
    """The place of a request in a batch; None when the request is not of that batch."""
    key, _, place = custom_id.rpartition("-")
    return int(place) if key == batch_key and place.isdecimal() else None
