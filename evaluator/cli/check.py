"""`leadline check`: one look at every monitor, now or as of a time."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from evaluator.cli.options import Options, global_options, json_option
from evaluator.cli.output import STATE_STYLES, bounds, interval, moment, percent, print_json, print_table, printable
from evaluator.cli.rule_table import print_rules
from evaluator.errors import InputError
from evaluator.monitors.words import RATE_OF_JUDGE, moved, noun, of_view, share, what

if TYPE_CHECKING:
    from evaluator.api.shapes import CheckReport, MonitorView

COLUMNS = (
    "feature", "judge", "state", "pass rate [95 %]", "with the unscored", ">n", ">baseline", ">ln evidence",
    "began (UTC)",
)  # fmt: skip
OTHERS = (
    "feature", "metric", "state", "share now [95 %]", ">n", ">baseline", ">ln evidence", "began (UTC)", "share of what",
)  # fmt: skip
MANY = 15
"""So many monitors of other metrics are listed; of more, those that nothing is the matter with only on request."""
EXPLAINED = ("minor_shift", "few_fails")


@click.command()
@global_options
@click.option("--now", "now_text", metavar="ISO", help="Look as of this time: only data before it counts.")
@click.option("--all", "show_all", is_flag=True, help="List every monitor, however many are well.")
@json_option
@click.pass_context
def check(ctx: click.Context, now_text: str | None, show_all: bool, as_json: bool) -> None:
    """Look at every monitor and plain rule once; exit 1 when something fires, 0 when nothing does."""
    report = asyncio.run(_look(ctx.obj, aware(now_text, "--now") if now_text else None))
    if as_json:
        print_json(report.model_dump(mode="json"))
    else:
        _show(report, str(ctx.obj.url or ctx.obj.settings().database), show_all=show_all)
    rules = any(one.state == "firing" for one in report.rules)
    ctx.exit(1 if rules or any(view.fires for view in report.monitors) else 0)


def aware(text: str, option: str) -> datetime:
    """A time with its zone; InputError names the option."""
    try:
        value = datetime.fromisoformat(text)
    except ValueError:
        raise InputError(f"{option} {text}: not a time; write 2026-11-20T12:00:00Z") from None
    if value.tzinfo is None:
        raise InputError(f"{option} {text}: has no time zone; write {value.isoformat()}Z for UTC")
    return value


async def _look(options: Options, now: datetime | None) -> CheckReport:
    from evaluator.api.shapes import CheckReport

    if options.url:
        async with options.remote() as remote:
            return CheckReport.model_validate(await remote.post("/v1/checks", {"now": now and now.isoformat()}))
    async with options.service() as service:
        report = await service.look(now)
        await service.courier.deliver_due()
        return report


def _show(report: CheckReport, where: str, *, show_all: bool) -> None:
    if report.monitors:
        _show_monitors(report, show_all=show_all)
    else:
        said = "monitors appear with the first verdicts. `leadline score FILE` makes some."
        click.echo(printable(f"No monitor in {where} yet: {said}"))
    if report.rules:
        click.echo()
        print_rules(report.rules)


def _show_monitors(report: CheckReport, *, show_all: bool) -> None:
    views = sorted(report.monitors, key=lambda view: not view.fires)
    rates, others = by_kind(views)
    if rates:
        print_table(COLUMNS, [_cells(view) for view in rates], styles=_styles(rates))
    shown = others if show_all or len(others) <= MANY else [view for view in others if _is_notable(view)]
    if shown:
        click.echo("\nOther metrics:" if rates else "Metrics:")
        print_table(OTHERS, [_other_cells(view) for view in shown], styles=_styles(shown))
    if len(shown) < len(others):
        click.echo(f"\n{_left_out(others, shown)}")
    firing = [view for view in views if view.fires]
    click.echo(f"\n{len(firing)} of {len(views)} monitors firing at {moment(report.looked_at)} UTC")
    told = {alert.monitor_id: alert.evidence for alert in report.firing if "rule" not in alert.evidence}
    for view in firing:
        click.echo(printable(f"  {of_view(view)}: {change_text(view)}{onset_text(view)}"))
        if view.marker:
            click.echo(printable(f"    nearest marker: {view.marker.in_words}"))
        for line in _happened(told.get(view.monitor_id, {}), view.says):
            click.echo(printable(f"    {line}"))
    for view in views:
        if view.state == "insufficient" and view.collecting:
            click.echo(printable(f"  {of_view(view)}: {view.collecting.in_words}"))
        if view.state == "insufficient" and view.predecessor:
            click.echo(printable(f"    {view.predecessor.in_words}"))


def by_kind(views: Sequence[MonitorView]) -> tuple[list[MonitorView], list[MonitorView]]:
    """Pass rates, and whatever else is watched; each in the order given."""
    rates = [view for view in views if view.metric == RATE_OF_JUDGE]
    return rates, [view for view in views if view.metric != RATE_OF_JUDGE]


def _is_notable(view: MonitorView) -> bool:
    return view.state not in ("ok", "insufficient") or view.reason in EXPLAINED


def _left_out(others: Sequence[MonitorView], shown: Sequence[MonitorView]) -> str:
    """How many are not listed, and what they watch."""
    left = [view for view in others if view not in shown]
    learning = sum(view.state == "insufficient" for view in left)
    states = [f"{len(left) - learning} ok"] + ([f"{learning} without a baseline yet"] if learning else [])
    kinds = ", ".join(dict.fromkeys(noun(view.metric) for view in left))
    more = "more " if shown else ""
    return printable(f"{len(left)} {more}monitors of other metrics: {', '.join(states)} ({kinds}); --all lists them")


def _styles(views: Sequence[MonitorView]) -> list[str]:
    return [STATE_STYLES.get(view.state, "") for view in views]


def _state(view: MonitorView) -> str:
    return f"{view.state}, {view.reason.replace('_', ' ')}" if view.reason in EXPLAINED else view.state


def _other_cells(view: MonitorView) -> tuple[str, ...]:
    return (
        view.feature,
        what(view.judge, view.metric),
        _state(view),
        interval(view.current),
        f"{view.current.n:.0f}",
        percent(view.baseline.rate if view.baseline else None),
        evidence_text(view.log_evidence, view.log_threshold),
        moment(view.onset) if view.fires else "–",
        "–" if view.says == noun(view.metric) else view.says,
    )


def _happened(evidence: Mapping[str, Any], says: str) -> list[str]:
    """Where most and why, as the alert knew when it fired; of which share, where the last look `says` another."""
    other = f" ({evidence['says']})" if evidence.get("says") not in (None, says) else ""
    where = [
        f"where, at the alarm: {one['name']}, {percent(one['rate_before'])} → {percent(one['rate_now'])}, "
        f"n = {one['n_now']:.0f}{other}"
        for one in (evidence.get("where") or ())[:1]
    ]
    return [*where, f"why: {evidence['why']}"] if evidence.get("why") else where


def _cells(view: MonitorView) -> tuple[str, ...]:
    return (
        view.feature,
        view.judge,
        _state(view),
        interval(view.current),
        bounds(view.current),
        f"{view.current.n:.0f}",
        percent(view.baseline.rate if view.baseline else None),
        evidence_text(view.log_evidence, view.log_threshold),
        moment(view.onset) if view.fires else "–",
    )


def evidence_text(evidence: float | None, threshold: float | None) -> str:
    """Evidence against its alarm threshold, both natural logarithms."""
    if evidence is None or threshold is None:
        return "–"
    return f"{max(evidence, 0.0):.1f} / {threshold:.1f}" if math.isfinite(evidence) else f"0.0 / {threshold:.1f}"


def change_text(view: MonitorView) -> str:
    """How far the share moved, in points with their interval, as the detector sees it."""
    told = f"{share(view.metric, view.says)} {moved(view.bad)}"
    if view.drop is None or view.drop_lo is None or view.drop_hi is None:
        return told
    return f"{told} by {100 * view.drop:.1f} points [{100 * view.drop_lo:.1f}, {100 * view.drop_hi:.1f}]"


def onset_text(view: MonitorView) -> str:
    """Since when, with its interval."""
    if view.onset is None or view.onset_lo is None or view.onset_hi is None:
        return ""
    return f", since {moment(view.onset)} (90 % interval {moment(view.onset_lo)} to {moment(view.onset_hi)})"
