"""A sample judged again: a verdict in place of one that failed, or one more opinion beside a verdict that stays."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from store import queries, rows, usage, verdict_hours
from store.append import append_verdicts
from store.records import Opinion, Verdict
from store.verdicts import IDENTITY, MOMENT, VerdictFilter, find

if TYPE_CHECKING:
    from store.database import Connection


def standing(c: Connection, sample_id: str, ts: datetime, version: tuple[str, str]) -> Verdict | None:
    """The verdict of a judge version on a sample; None when there is none."""
    wanted = VerdictFilter(
        sample_id=sample_id, judge=version[0], judge_version=version[1], start_at=ts, end_at=ts + MOMENT
    )
    return next(iter(find(c, wanted)), None)


def put(c: Connection, verdict: Verdict, after: int, gone: Verdict | None = None) -> int:
    """Stores the verdict, in place of `gone`, which is standing there; the last number used. For Store.run_numbered."""
    if gone is not None:
        identity = {name: getattr(verdict, name) for name in IDENTITY}
        queries.run(c, "delete_verdict", **identity)
        queries.run(c, "delete_opinions", **identity)
        verdict_hours.recount(c, gone)
        usage.recount(c, gone)
    append_verdicts(c, [verdict], after)
    return after + 1


def add(c: Connection, verdict: Verdict, opinion: Opinion, judged_at: datetime) -> None:
    """Stores one more opinion on what the verdict is about; the verdict, its cost too, stays as it was."""
    identity = {name: getattr(verdict, name) for name in IDENTITY}
    place = queries.rows(c, "next_opinion", **identity)[0]["place"]
    rows.insert(c, "insert_opinions", [identity | asdict(opinion) | {"judged_at": judged_at, "position": place}])


class Paid(Protocol):
    """What may have cost something: a verdict, an opinion, a judgement."""

    @property
    def cost_usd(self) -> float | None: ...

    @property
    def input_tokens(self) -> int | None: ...


def apart(at: datetime, one: Paid) -> dict[str, Any]:
    """What was paid at that time and stands in no verdict, for `detail` of the audit line, with feature and judge.

    Empty where nothing was paid; `usd` is None where the price is not known. A trial's line has neither name.
    """
    return spent(at, one.cost_usd) if one.cost_usd or one.input_tokens is not None else {}


def spent(at: datetime, usd: float | None) -> dict[str, Any]:
    """The same where it is known that something was paid; None: nobody knows how much."""
    return {"apart": {"at": at.isoformat(), "usd": usd}}
