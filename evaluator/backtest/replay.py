"""Going through history once more: what became known is fed into a scratch store, and its monitors look as they would.

The product's own code looks, with a clock that is moved. Looks between which nothing came late are taken in one go: the
monitors make up for missed looks in order, and see at each only what lies before it. A look is taken by itself, before
what came after it is known, where something came that belongs to an earlier quarter hour; at all series where a series
began, a judge changed, a marker was written down or a baseline was chosen by command.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from evaluator.api.baseline_shapes import BaselineRequest
from evaluator.api.rule_shapes import RuleView
from evaluator.backtest.schedule import Grid, Step, current, days, hour_end, steps
from evaluator.buckets import STEP
from evaluator.errors import InputError
from evaluator.monitors import views
from evaluator.monitors.counting import GRACE
from evaluator.monitors.watch import Monitors
from evaluator.monitors.words import name
from evaluator.rules.watch import Rules
from evaluator.settings import Settings
from evaluator.settings_alerts import AlertSettings
from evaluator.telemetry import Metrics
from store import alerts as alert_store
from store import replay
from store.database import Connection
from store.records import Alert, Series
from store.replay import Command, Feed, First
from store.rollup import Counted, Source
from store.samples import EARLIEST
from store.store import Store

MOST_ALERTS = 100_000
SETTLES = timedelta(days=3)
"""So long a feature without a baseline is looked at look by look; one that comes later may be cut otherwise."""
Progress = Callable[[datetime, int], None]
"""Told, after each piece of history, how far it is and how many looks were taken by themselves."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is replayed: all that became known by `until`, under these settings.

    `commands`: whether baselines that commands chose are chosen again also where these settings name one.
    """

    settings: Settings
    until: datetime
    commands: bool = True


@dataclass(slots=True)
class Outcome:
    """What the replay raised, how the rules stand at its end, how many looks it took, and what could not be redone."""

    alerts: list[Alert]
    rules: list[RuleView]
    looks: int
    notes: list[str] = field(default_factory=list)


class _Clock:
    """A clock that is moved."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


def no_one_waits(_: Connection, spans: Sequence[object]) -> list[int]:
    """In a replay no judge owes anything: what was never judged is not known to be waited for."""
    return [0 for _ in spans]


async def run(source: Store, plan: Plan, progress: Progress = lambda *_: None) -> Outcome:
    """Replays the history of `source`, which is only read, in a database of its own that is deleted afterwards."""
    with tempfile.TemporaryDirectory(prefix="leadline-backtest-") as folder:
        clock = _Clock(datetime.now(UTC))
        scratch = await asyncio.to_thread(Store.open, Path(folder) / "scratch.duckdb", clock=clock)
        try:
            return await _Replay(source, scratch, clock, plan).run(progress)
        finally:
            await asyncio.to_thread(scratch.close)


class _Replay:
    def __init__(self, source: Store, scratch: Store, clock: _Clock, plan: Plan) -> None:
        self._source = source
        self._scratch = scratch
        self._clock = clock
        self._plan = plan
        self._judges: dict[str, str] = {}
        self._firsts: list[First] = []
        self._commands: list[Command] = []
        self._first_unscored: list[datetime] = []
        self._counted_until = EARLIEST
        # Alerts of a replay are delivered to nobody.
        settings = plan.settings.model_copy(update={"alerts": AlertSettings()})
        self._monitors = Monitors(
            scratch,
            settings,
            clock,
            Metrics(),
            self._judges,
            waiting=no_one_waits,
            unscored=self._unscored,
            quiet=True,
        )
        self._rules = Rules(scratch, settings, clock, closes=True, quiet=True)
        self._grid = Grid.of(plan.settings.drift.every_minutes)
        self._looks = 0
        self._settling = False
        self._numbered = 0
        self._notes: list[str] = []

    async def run(self, progress: Progress) -> Outcome:
        start = await asyncio.to_thread(self._read)
        if start is not None and start <= self._plan.until:
            for after, until in days(start, self._plan.until):
                await self._piece(after, until)
                progress(until, self._looks)
            await self._look(Step(self._plan.until, everything=True))
        return await self._outcome()

    def _read(self) -> datetime | None:
        """What is known of the history as a whole; when it begins."""
        with self._source.read() as c:
            commands = replay.commands(c)
            self._firsts, self._first_unscored = replay.firsts(c), replay.first_unscored(c)
            start = replay.start(c)
        self._commands = [one for one in commands if self._plan.commands or not self._is_configured(one)]
        return start

    def _unscored(self, _: Connection, __: Mapping[Source, datetime], end: datetime) -> list[Counted]:
        """What the judges had not scored, as it was counted live: once, an hour later."""
        start, self._counted_until = self._counted_until, max(end, self._counted_until)
        with self._source.read() as c:
            return replay.unscored(c, start, end) if start < end else []

    def _is_configured(self, command: Command) -> bool:
        return self._plan.settings.feature(command.feature).baseline.end is not None

    async def _piece(self, after: datetime, until: datetime) -> None:
        """Brings what became known in (after, until], and looks where it has to be looked in between."""
        planned, chosen = await asyncio.to_thread(self._steps, after, until)
        with Feed(self._source, self._scratch, after, until, self._numbered) as feed:
            for step in self._taken(planned, after, until):
                while chosen and chosen[0].known_at < step.look:
                    await self._choose(feed, chosen.pop(0))
                await asyncio.to_thread(feed.bring, step.look)
                await self._look(step)
            for command in chosen:
                await self._choose(feed, command)
            await asyncio.to_thread(feed.bring, until)
            self._numbered = feed.numbered

    def _taken(self, planned: Sequence[Step], after: datetime, until: datetime) -> Iterator[Step]:
        """The planned steps, and every look besides while a feature settles: asked after each step."""
        waiting, look = deque(planned), self._grid.at_or_before(after)
        while True:
            look += self._grid.every
            if self._settling and look <= until and not (waiting and waiting[0].look <= look):
                yield Step(look, everything=True)
            elif waiting:
                step = waiting.popleft()
                look = self._grid.at_or_before(step.look)
                yield Step(step.look, everything=True) if self._settling else step
            else:
                return

    def _steps(self, after: datetime, until: datetime) -> tuple[list[Step], list[Command]]:
        """The looks of a piece that are taken by themselves, and the baselines that were chosen in it."""
        chosen = [one for one in self._commands if after < one.known_at <= until]
        with self._source.read() as c:
            late = replay.late(c, after, until, self._grid.origin, self._grid.every)
            # The look after a change may lie in the next piece.
            changes = replay.marked(c, after - self._grid.every, until) + self._changes()
        # The look before each change and the one after it, and one at the end, so that no backlog grows long.
        near = [moment for moment in changes if after - self._grid.every < moment <= until]
        whole = {look for moment in near for look in self._grid.around(moment)} | {self._grid.at_or_before(until)}
        # What lies before the piece has been looked at with it, or holds nothing.
        return [one for one in steps(late, whole) if after < one.look <= until], chosen

    def _changes(self) -> list[datetime]:
        """When something changed for all series: one began, a judge's version came or went, a baseline was chosen."""
        begun = [one.known_at for one in self._firsts]
        # Traffic is counted when its first hour has ended, and what is unscored an hour later.
        begun += [max(hour_end(one.known_at), one.known_at) for one in self._firsts if not one.judge]
        begun += [bucket + STEP + GRACE for bucket in self._first_unscored]
        gone = [one.last_at + timedelta(microseconds=1) for one in self._firsts if one.kind]
        return [*begun, *gone, *(one.known_at for one in self._commands)]

    async def _choose(self, feed: Feed, command: Command) -> None:
        """A command chooses a baseline, as it did then."""
        await asyncio.to_thread(feed.bring, command.known_at)
        self._clock.now = command.known_at
        asked = BaselineRequest(
            feature=command.feature,
            judge=command.judge,
            metric=command.metric,
            start=command.start_at,
            end=command.end_at,
            note=command.note,
        )
        try:
            await self._monitors.set_baseline(asked)
        except InputError as error:
            of = name(command.feature, command.judge, command.metric)
            self._notes.append(f"the baseline that was set on {command.known_at:%Y-%m-%d %H:%M} for {of}: {error}")

    async def _look(self, step: Step) -> None:
        self._clock.now = step.look
        self._judges.clear()
        self._judges.update(current(self._firsts, step.look))
        only: Callable[[Series], bool] | None = None if step.everything else step.concerns
        await self._monitors.look(step.look, only)
        await self._rules.look(step.look, only)
        self._looks += 1
        if step.everything:
            self._settling = await asyncio.to_thread(self._is_settling)

    def _is_settling(self) -> bool:
        """Whether a new feature waits for its first baseline: how it is cut into segments hangs on the look of that."""
        with self._scratch.read() as c:
            known = views.watched(c)
        settled = {one.monitor.series.feature for one in known if one.baseline}
        open_ = [
            one.monitor for one in known if self._plan.settings.feature(one.monitor.series.feature).segments is None
        ]
        since = self._clock.now - SETTLES
        return any(one.created_at > since for one in open_ if one.series.feature not in settled)

    async def _outcome(self) -> Outcome:
        rules = await self._rules.views(self._plan.until)
        return Outcome(await asyncio.to_thread(self._raised), rules, self._looks, self._notes)

    def _raised(self) -> list[Alert]:
        with self._scratch.read() as c:
            return alert_store.find(c, limit=MOST_ALERTS)
