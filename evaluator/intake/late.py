"""What comes again, or after its call was settled: the names that calls are remembered by, and what becomes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from enum import Enum
from hashlib import blake2b

from evaluator.intake.assemble import Call
from evaluator.intake.clusters import same_usage
from evaluator.intake.filled import TOKENS, count_tokens
from evaluator.intake.parts import Facts, Part
from store.records import Sample, TextState
from store.samples import Key

Known = Mapping[int, Key]


class Place(Enum):
    """What a call is to the store: new, sent again, of a sample that is settled, or above several of them."""

    NEW = "new"
    AGAIN = "again"
    LATE = "late"
    ABOVE = "above"


def number(group_id: str, name: str) -> int:
    """A name within its group as 63 bits."""
    digest = blake2b(f"{group_id}\n{name}".encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


def of_record(part: Part) -> int:
    """The number of a record itself."""
    return number(part.group_id, part.part_id)


def of_text(part: Part) -> list[int]:
    """The numbers of the call that a piece of text names."""
    spans = [number(part.group_id, f"s:{part.span_id}")] if part.span_id else []
    return [*(number(part.group_id, link) for link in part.links), *spans]


class Names:
    """The numbers that a call is known by, and that tell whether it is new.

    `parts` are its records, `links` its other names, `shared` the same as they are found from other traces of the same
    process. `spans` are its own spans, `beneath` says that something is below them; `upper` and `over` are the same of
    the spans above it.
    """

    __slots__ = ("beneath", "links", "over", "parts", "shared", "spans", "upper")

    def __init__(self, call: Call) -> None:
        groups = dict.fromkeys(part.group_id for part in call.parts) if call.links else ()
        self.parts = [of_record(part) for part in call.parts]
        self.links = [number(group_id, link) for group_id in groups for link in call.links]
        self.shared = [number(f"from {sender}", link) for sender in call.senders for link in call.links]
        self.spans = [number(group_id, f"s:{span}") for group_id, span in call.spans]
        self.beneath = [number(group_id, f"above {span}") for group_id, span in call.spans]
        self.upper = [number(group_id, f"s:{span}") for group_id, span in call.above]
        self.over = [number(group_id, f"above {span}") for group_id, span in call.above]

    @property
    def remembered(self) -> set[int]:
        """What the call is found by once it is settled."""
        return {*self.parts, *self.links, *self.shared, *self.spans, *self.over}

    @property
    def asked(self) -> set[int]:
        """What tells whether it is new."""
        return {*self.parts, *self.links, *self.shared, *self.upper, *self.beneath}


def place(call: Call, names: Names, known: Known, samples: Mapping[Key, Sample]) -> tuple[Place, Key | None]:
    """What a call is, and the settled sample it belongs to; `samples` are those that are stored, of what is known."""
    repeated = [known[one] for one in names.parts if one in known]
    if repeated:
        return Place.AGAIN if len(repeated) == len(names.parts) else Place.LATE, repeated[0]
    named = _named(call, names, known, samples)
    if named:
        return Place.LATE, named
    below = {known[one] for one in names.beneath if one in known}
    if below:
        # A record above several calls is no call; with one below, it told of that one.
        return (Place.LATE, below.pop()) if len(below) == 1 else (Place.ABOVE, None)
    above = next((known[one] for one in names.upper if one in known), None)
    if above and _agrees(call.facts, samples.get(above)):
        return Place.LATE, above
    return Place.NEW, None


def _named(call: Call, names: Names, known: Known, samples: Mapping[Key, Sample]) -> Key | None:
    """The sample of the same name, if it is of the same time; from another trace, if of another convention too."""
    for one in names.links:
        if one in known and not _apart(call, samples.get(known[one])):
            return known[one]
    for one in names.shared:
        if one in known:
            sample = samples.get(known[one])
            if sample is None or (sample.source not in call.sources and not _apart(call, sample)):
                return known[one]
    return None


def _apart(call: Call, sample: Sample | None) -> bool:
    """Whether the sample ended before the call began, or began after its end: then a name was used again."""
    if sample is None or call.started_at is None or call.ended_at is None or sample.latency_ms is None:
        return False
    began = sample.ts - timedelta(milliseconds=sample.latency_ms)
    return call.started_at > sample.ts or call.ended_at < began


def _agrees(facts: Facts, sample: Sample | None) -> bool:
    """Whether a record below a settled call tells of the same one."""
    if sample is None:
        return True
    stored = Facts(source="", error=sample.error, **{name: getattr(sample, name) for name in TOKENS})
    failed = facts.error is not None and stored.error is not None
    return failed or not count_tokens(stored) or not count_tokens(facts) or same_usage(facts, stored)


def with_text(stored: Sample, told: Sample) -> Sample | None:
    """The stored sample with the text of a later record; None when it has text already, or there is none."""
    if stored.text is not TextState.MISSING or told.text is TextState.MISSING:
        return None
    return replace(
        stored,
        request=told.request,
        response=told.response,
        text=told.text,
        text_hash=told.text_hash,
        incomplete=told.incomplete,
        stop_reason=stored.stop_reason or told.stop_reason,
        stop_reason_raw=stored.stop_reason_raw or told.stop_reason_raw,
    )


def key_of(sample: Sample) -> Key:
    """What the store knows a sample by."""
    return sample.sample_id, sample.ts
