"""What becomes of groups that are due: worked out from their parts and from what is settled, written at one go."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from pydantic import ValidationError

from evaluator.intake import finish, late, own_calls
from evaluator.intake.accept import Intake
from evaluator.intake.assemble import Assembled, Call, assemble, half
from evaluator.intake.late import Names, Place
from evaluator.intake.parts import PART, Kind, Part
from evaluator.intake.protection import Redactor
from evaluator.intake.texts import joined
from evaluator.intake.traffic import Tally
from evaluator.intake.withheld import Name, Withheld
from store import parts as part_store
from store import samples as sample_store
from store.append import append_samples, append_traffic
from store.database import Connection
from store.parts import DueGroup, Settled, Stored, Window
from store.records import Outcome, Sample, TextState
from store.samples import Key
from store.store import Store

MAX_PARTS = 5_000
MAX_BYTES = 32_000_000
"""Of one group at a time, however large it is."""
MAX_ORPHANS = 5_000


@dataclass(slots=True)
class Settlement:
    """One transaction's worth: samples that are new, stored ones that gain text, names, counts, parts dealt with.

    `fresh` and `gained` are samples whole, as judges see them, each with what is stored of it. `outcomes` has one entry
    for each call that came to be neither, `lost` what was given up, `done` the rows of the parts that are dealt with.
    """

    at: datetime
    fresh: list[tuple[Sample, Sample]] = field(default_factory=list)
    gained: dict[Key, tuple[Sample, Sample]] = field(default_factory=dict)
    names: list[Settled] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)
    outcomes: list[Outcome] = field(default_factory=list)
    lost: Counter[str] = field(default_factory=Counter)
    done: dict[int, Name | None] = field(default_factory=dict)

    @property
    def samples(self) -> list[Sample]:
        """Those that judges have not seen: new ones, then those that gained text."""
        return [whole for whole, _ in (*self.fresh, *self.gained.values())]

    def write(self, c: Connection, after: int) -> tuple[list[Outcome], int]:
        """Writes all of it; what became of each of the samples, and the last number used. For Store.run_numbered."""
        outcomes = append_samples(c, [stored for _, stored in self.fresh], after)
        after += len(self.fresh)
        append_traffic(c, self.tally.counts())
        part_store.remember(c, self.names, self.at)
        part_store.give_text(c, [stored for _, stored in self.gained.values()], after)
        part_store.delete(c, self.done)
        return [*outcomes, *[Outcome.ACCEPTED] * len(self.gained)], after + len(self.gained)


@dataclass(slots=True)
class _Loaded:
    """Parts as they were read: each once, with the rows it came in; of differing bodies the greatest counts."""

    parts: dict[Name, Part] = field(default_factory=dict)
    rows: dict[Name, list[Stored]] = field(default_factory=lambda: defaultdict(list))
    bodies: dict[Name, str] = field(default_factory=dict)
    unreadable: list[int] = field(default_factory=list)

    def add(self, stored: Iterable[Stored], withheld: Withheld) -> None:
        for row in stored:
            try:
                part = PART.validate_json(row.body)
            except ValidationError:
                self.unreadable.append(row.seq)
                continue
            name = (part.group_id, part.part_id)
            self.rows[name].append(row)
            if row.body >= self.bodies.get(name, ""):
                self.bodies[name] = row.body
                self.parts[name] = withheld.give_back(part) if row.withheld else part

    def arrived_at(self, call: Call) -> datetime:
        return min(row.received_at for part in call.parts for row in self.rows[part.group_id, part.part_id])

    def is_withheld(self, call: Call) -> bool:
        return any(row.withheld for part in call.parts for row in self.rows[part.group_id, part.part_id])

    def is_expired(self, part: Part, now: datetime) -> bool:
        times = [row.expires_at for row in self.rows[part.group_id, part.part_id] if row.expires_at]
        return bool(times) and max(times) <= now


@dataclass(frozen=True, slots=True)
class _Past:
    """What is settled of all this."""

    known: Mapping[int, Key]
    samples: Mapping[Key, Sample]


class Assembler:
    """Works settlements out. It only reads."""

    def __init__(self, store: Store, redactor: Redactor, intake: Intake, withheld: Withheld) -> None:
        self._store = store
        self._redactor = redactor
        self._intake = intake
        self._withheld = withheld

    def settlement(self, groups: Sequence[DueGroup], until: datetime, now: datetime) -> Settlement:
        """What to write about the parts of these groups that arrived by `until`."""
        loaded = _Loaded()
        with self._store.read() as c:
            loaded.add(_read(c, groups, until), self._withheld)
            rivals, again = self._rivals(c, loaded), _told_again(c, loaded)
            assembled = assemble((part for part in loaded.parts.values() if id(part) not in again), rivals)
            texts = _left(loaded, assembled, again)
            calls = [(call, Names(call)) for call in assembled.calls]
            past = _past(c, [names for _, names in calls], texts)
        settlement = Settlement(now)
        for call, names in calls:
            self._settle(call, names, past, loaded, settlement)
        told: dict[Key, list[Part]] = defaultdict(list)
        for part in texts:
            key = next((past.known[one] for one in late.of_text(part) if one in past.known), None)
            if key is not None:
                told[key].append(part)
        for key, parts in told.items():
            self._give(key, _text_call(parts), past, settlement)
        self._deal(loaded, assembled, again | {id(part) for parts in told.values() for part in parts}, settlement)
        return settlement

    def given_up(self, groups: Sequence[DueGroup], until: datetime, now: datetime) -> Settlement:
        """The same parts dealt with, and nothing else: no sample can be made of them."""
        with self._store.read() as c:
            rows = _read(c, groups, until)
        return Settlement(now, done=dict.fromkeys(row.seq for row in rows), lost=Counter(unstorable=len(rows)))

    def _rivals(self, c: Connection, loaded: _Loaded) -> list[Window]:
        """Reads texts that name no span and may be of these calls; the answer: other calls that they may be of."""
        if not part_store.count_orphans(c):
            return []
        windows = [
            Window(part.group_id, part.instance, part.started_at, part.ended_at)
            for part in loaded.parts.values()
            if part.kind is Kind.CALL and part.instance and part.started_at and part.ended_at
        ]
        if not windows:
            return []
        loaded.add(part_store.orphans(c, windows, MAX_ORPHANS), self._withheld)
        here = {window.group_id for window in windows}
        return [rival for rival in part_store.rivals(c, windows, MAX_ORPHANS) if rival.group_id not in here]

    def _settle(self, call: Call, names: Names, past: _Past, loaded: _Loaded, settlement: Settlement) -> None:
        place, key = late.place(call, names, past.known, past.samples)
        if place is Place.ABOVE:
            return
        if place is Place.LATE and key is not None:
            settlement.names += [Settled(number, *key) for number in names.remembered if number not in past.known]
            self._give(key, call, past, settlement)
            return
        sample = self._sample(call, loaded, settlement)
        if place is Place.AGAIN:
            outcome = Outcome.DUPLICATE
        else:
            settlement.names += [Settled(number, sample.sample_id, sample.ts) for number in names.remembered]
            sample, outcome = self._intake.draw(sample, is_own=call.facts.self_traffic)
        if outcome is Outcome.ACCEPTED:
            settlement.fresh.append((sample, self._intake.stored(sample)))
        else:
            settlement.tally.add(sample, outcome)
            settlement.outcomes.append(outcome)

    def _sample(self, call: Call, loaded: _Loaded, settlement: Settlement) -> Sample:
        made = finish.sample(call, arrived_at=loaded.arrived_at(call), received_at=settlement.at)
        if made.text is TextState.MISSING and loaded.is_withheld(call):
            settlement.lost["withheld_text"] += 1
            made = replace(made, text=TextState.WITHHELD)
        return self._redactor.number(made)

    def _give(self, key: Key, call: Call, past: _Past, settlement: Settlement) -> None:
        """A settled sample without text gains what came late."""
        stored = past.samples.get(key)
        if stored is None or key in settlement.gained:
            return
        told = self._redactor.number(finish.sample(call, arrived_at=stored.ts, received_at=stored.received_at))
        whole = late.with_text(stored, told)
        # Text that shows only now that a judge of ours wrote it must not be judged either.
        if whole is not None and not own_calls.is_own(whole.request, whole.metadata):
            settlement.gained[key] = (whole, self._intake.stored(whole))

    def _deal(self, loaded: _Loaded, assembled: Assembled, placed: set[int], settlement: Settlement) -> None:
        """Notes which parts are dealt with: all but text that waits for its call, and what calls could inherit from."""
        placed |= {id(part) for call in assembled.calls for part in call.parts}
        ambiguous = {id(part) for part in assembled.ambiguous}
        for name, part in loaded.parts.items():
            if part.kind is Kind.CONTEXT:
                continue
            if part.kind is Kind.CONTENT and id(part) not in placed:
                if id(part) in ambiguous:
                    settlement.lost["ambiguous_text"] += 1
                elif loaded.is_expired(part, settlement.at):
                    settlement.lost["text_without_call"] += 1
                else:
                    continue
            settlement.done.update((row.seq, name) for row in loaded.rows[name])
        settlement.done.update(dict.fromkeys(loaded.unreadable))
        if loaded.unreadable:
            settlement.lost["unreadable"] += len(loaded.unreadable)


def _read(c: Connection, groups: Sequence[DueGroup], until: datetime) -> list[Stored]:
    """The parts of these groups; of a huge one only some, the rest at the next time."""
    first = groups[0]
    if len(groups) == 1 and (first.n > MAX_PARTS or first.size > MAX_BYTES):
        room = max(1, min(MAX_PARTS, MAX_BYTES // max(1, first.largest)))
        return part_store.load_some(c, first.group_id, until, room)
    return part_store.load(c, [group.group_id for group in groups], until)


def _told_again(c: Connection, loaded: _Loaded) -> set[int]:
    """Texts of calls that are settled: sent again, they are no other call's, not even of one that comes with them."""
    texts = {late.of_record(part): id(part) for part in loaded.parts.values() if part.kind is Kind.CONTENT}
    return {texts[number] for number in part_store.known(c, texts)}


def _left(loaded: _Loaded, assembled: Assembled, again: set[int]) -> list[Part]:
    """Texts that are of none of the calls here, and come for the first time."""
    placed = again | {id(part) for call in assembled.calls for part in call.parts}
    return [part for part in loaded.parts.values() if part.kind is Kind.CONTENT and id(part) not in placed]


def _past(c: Connection, calls: Sequence[Names], texts: Sequence[Part]) -> _Past:
    numbers = {number for names in calls for number in names.asked}
    numbers.update(number for part in texts for number in late.of_text(part))
    known = part_store.known(c, numbers)
    return _Past(known, {late.key_of(sample): sample for sample in sample_store.load(c, sorted(set(known.values())))})


def _text_call(parts: Sequence[Part]) -> Call:
    """Pieces of text by themselves, as far as they are a call."""
    first = parts[0]
    ordered = sorted(parts, key=lambda part: (part.order, part.part_id))
    return Call(
        group_id=first.group_id,
        key=first.part_id,
        span_id=first.span_id,
        facts=half(joined(ordered)),
        started_at=first.started_at,
        ended_at=first.ended_at,
        parts=tuple(ordered),
    )
