"""A selection of samples as rows: every field, the texts, and what the judges said; in small chunks, newest first."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from evaluator.samples.said import holds, said
from store import samples, searching, verdicts
from store.records import Sample, TextState, Verdict
from store.samples import EARLIEST, Key
from store.searching import Place, Search

if TYPE_CHECKING:
    from store.database import Connection

CHUNK = 200
CHUNK_BYTES = 16_000_000
"""Samples that are read at a time, and the bytes of their texts unless a single one has more."""
MOST_JUDGES = 50
MOST_MORE = 50_000
"""Samples that are looked for at a time where those before had the words in their JSON only."""
USAGE = {
    "input_tokens": "input_tokens",
    "output_tokens": "output_tokens",
    "cache_read_input_tokens": "cache_read_tokens",
    "cache_creation_input_tokens": "cache_write_tokens",
}
PUBLIC = (
    "feature", "environment", "session_id", "user_id", "model", "provider", "prompt_version", "release", "latency_ms",
    "error", "reference", "trace_id", "span_id", "response_id",
)  # fmt: skip
"""Fields that are called the same in the public shape."""
OURS = (
    "received_at", "source", "sampling_class", "sampling_probability", "stop_reason", "stop_reason_raw", "text",
    "length", "cost_usd",
)  # fmt: skip
"""What Leadline adds to a sample."""
OF_VERDICTS = (
    "judge", "judge_version", "kind", "status", "passed", "score", "label", "explanation", "reason", "model",
    "cost_usd", "judged_at",
)  # fmt: skip
Read = Callable[[], AbstractContextManager["Connection"]]


class Judged(NamedTuple):
    """A sample with its verdicts."""

    sample: Sample
    verdicts: Sequence[Verdict]


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The newest samples that match, at most `limit`. `judges` are those that spoke on the first of them.

    With words the JSON of the texts decides which `keys` come first: what was said tells only when it is read, so more
    are looked for then. `cut` is whether there are more than `limit`; None where that is not known before.
    """

    wanted: Search
    limit: int
    oldest: datetime = EARLIEST
    keys: Sequence[Key] = ()
    cut: bool | None = False
    judges: Sequence[str] = ()

    @property
    def rows(self) -> int | None:
        """How many samples there will be; None where that is not known before they are read."""
        return None if self.wanted.words else len(self.keys)

    def chunks(self, read: Read) -> Iterator[list[Judged]]:
        """The samples in order, a few at a time, each chunk by its own cursor; those deleted since are left out."""
        missing, keys = self.limit, self.keys
        while keys:
            for part in fitting(read, keys):
                with read() as c:
                    found = _judged(c, part)
                good = [one for one in found if _matches(one.sample, self.wanted.words)][:missing]
                yield good
                missing -= len(good)
                if not missing:
                    return
            with read() as c:
                keys = self._more(c, keys[-1])

    def _more(self, c: Connection, last: Key) -> Sequence[Key]:
        """What else may have the words."""
        if not self.wanted.words or self.cut is False:
            return ()
        return searching.portion(c, self.wanted, self.oldest, Place(last[1], last[0]), MOST_MORE)


def select(c: Connection, wanted: Search, limit: int) -> Selection:
    """The newest matches, at most `limit`."""
    span = searching.times(c, wanted.start_at, wanted.end_at)
    if span is None:
        return Selection(wanted=wanted, limit=limit)
    keys = searching.portion(c, wanted, span[0], Place(span[1]), limit + 1)
    kept, more = keys[:limit], len(keys) > limit
    judges = searching.judges(c, kept, MOST_JUDGES)
    cut = None if wanted.words and more else more
    return Selection(wanted=wanted, limit=limit, oldest=span[0], keys=kept, cut=cut, judges=judges)


def flat(one: Judged, judges: Sequence[str]) -> dict[str, Any]:
    """A sample as one row of columns that are named like public fields; what is no number or text is JSON."""
    sample = one.sample
    newest = {verdict.judge: verdict for verdict in sorted(one.verdicts, key=lambda verdict: verdict.judged_at)}
    row: dict[str, Any] = {"id": sample.sample_id, "timestamp": sample.ts}
    row |= {name: getattr(sample, name) for name in PUBLIC}
    row |= {"request": _json(sample.request), "response": _json(sample.response), "incomplete": _incomplete(sample)}
    row |= {f"usage.{name}": getattr(sample, own) for name, own in USAGE.items()}
    row |= {"metadata": _json(sample.metadata)} | {name: getattr(sample, name) for name in OURS}
    row |= {f"passed.{name}": newest[name].passed if name in newest else None for name in judges}
    row |= {f"label.{name}": newest[name].label if name in newest else None for name in judges}
    return row | {"verdicts": json.dumps(_told(one.verdicts), ensure_ascii=False)}


def item(one: Judged) -> dict[str, Any]:
    """A sample in the public shape, which can be scored again; what Leadline adds is under `leadline`, and ignored."""
    ours = {name: getattr(one.sample, name) for name in OURS} | {"received_at": one.sample.received_at.isoformat()}
    return public(one.sample) | {"leadline": ours | {"verdicts": _told(one.verdicts)}}


def public(sample: Sample) -> dict[str, Any]:
    """A sample as clients send it, without what it lacks."""
    usage = {name: n for name, own in USAGE.items() if (n := getattr(sample, own)) is not None}
    told: dict[str, Any] = {"id": sample.sample_id, "timestamp": sample.ts.isoformat()}
    told |= {name: value for name in PUBLIC if (value := getattr(sample, name)) is not None}
    bodies = {"request": dict(sample.request), "response": dict(sample.response), "usage": usage}
    told |= {name: value for name, value in {**bodies, "metadata": dict(sample.metadata)}.items() if value}
    return told | ({"incomplete": why} if (why := _incomplete(sample)) else {})


def _incomplete(sample: Sample) -> str | None:
    """Why the text is not whole: whoever reads the row again must not take it for a call without an answer."""
    return sample.incomplete or (None if sample.text is TextState.KEPT else str(sample.text))


def _told(given: Sequence[Verdict]) -> list[dict[str, Any]]:
    return [
        {name: getattr(one, name) for name in OF_VERDICTS} | {"judged_at": one.judged_at.isoformat()} for one in given
    ]


def _json(value: Mapping[str, Any]) -> str | None:
    return json.dumps(value, ensure_ascii=False) if value else None


def fitting(read: Read, keys: Sequence[Key]) -> Iterator[Sequence[Key]]:
    """The keys in parts that are not too many, and whose texts together are not too large."""
    for start in range(0, len(keys), CHUNK):
        some = keys[start : start + CHUNK]
        with read() as c:
            sizes = searching.sizes(c, some)
        yield from searching.fitting(some, sizes, CHUNK_BYTES)


def _judged(c: Connection, keys: Sequence[Key]) -> list[Judged]:
    times = [ts for _, ts in keys]
    given: dict[Key, list[Verdict]] = defaultdict(list)
    for one in verdicts.of_samples(c, [name for name, _ in keys], from_ts=min(times), until_ts=max(times)):
        given[one.sample_id, one.ts].append(one)
    return [Judged(one, given[one.sample_id, one.ts]) for one in samples.load(c, keys)]


def _matches(sample: Sample, words: Sequence[str]) -> bool:
    asked, answered = said(sample.request, sample.response) if words else ([], [])
    return not words or holds(words, [*asked, *answered])
