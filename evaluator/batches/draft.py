"""One batch in the making: which requests, for which samples, how many bytes and how much money."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from judges.batch import BatchClient
from judges.budget import Budgets
from judges.exchange import Request
from judges.llm import Prepared
from store.batches import BatchItem
from store.records import Sample

TWINS = 5
"""Most items of a batch for each request that it may hold: equal content needs no requests, but memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A sample and what is asked about it: the missing votes with the number of this try, and those paid before."""

    sample: Sample
    prepared: Prepared
    missing: Mapping[int, int]
    paid: tuple[BatchItem, ...] = ()
    usd: float = 0.0
    """What one vote will cost."""


class Purse:
    """The money set aside for one batch while it is made: nobody else can spend it before the batch is submitted."""

    def __init__(self, budgets: Budgets, judge: str) -> None:
        self.held = budgets.hold(judge, 0.0)
        self._budgets = budgets

    def add(self, usd: float) -> None:
        """Sets more aside; Unavailable (reason budget) when that does not fit."""
        self._budgets.reserve(self.held.judge, usd).settle(0.0)
        self.held.settle(0.0)
        self.held = self._budgets.hold(self.held.judge, self.held.usd + usd)


class Draft:
    """Takes samples until its limits are reached. Samples of equal content share their requests."""

    def __init__(self, batch_key: str, client: BatchClient, purse: Purse) -> None:
        self.batch_key = batch_key
        self.purse = purse
        self.items: list[BatchItem] = []
        self.requests: list[tuple[str, Request]] = []
        self.bytes = 0
        self._client = client
        self._by_content: dict[str, list[BatchItem]] = {}

    def add(self, candidate: Candidate) -> bool:
        """Takes the sample, if there is room; one alone always has. Unavailable when no budget covers it."""
        content_hash = candidate.prepared.content_hash
        if (twin := self._by_content.get(content_hash)) is not None:
            return self._add_twin(candidate, twin)
        limits = self._client.limits
        votes, request = len(candidate.missing), candidate.prepared.request
        added = votes * self._client.size(self.custom_id(limits.requests), request)
        if self.requests and not self._has_room(votes, added):
            return False
        self.purse.add(votes * candidate.usd)
        self.bytes += added
        places = enumerate(candidate.missing.items(), start=len(self.requests))
        asked = [self._item(candidate, vote, tries, position) for position, (vote, tries) in places]
        self.requests += [(self.custom_id(item.position or 0), request) for item in asked]
        paid = [replace(item, batch_key=self.batch_key, position=None) for item in candidate.paid]
        self._by_content[content_hash] = [*paid, *asked]
        self.items += [*paid, *asked]
        return True

    def _add_twin(self, candidate: Candidate, twin: Sequence[BatchItem]) -> bool:
        if len(self.items) + len(twin) > TWINS * self._client.limits.requests:
            return False
        self.items += [replace(item, sample_id=candidate.sample.sample_id, ts=candidate.sample.ts) for item in twin]
        return True

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
