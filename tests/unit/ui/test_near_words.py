"""What is near a limit: each kind of trouble is one line, and nothing else is."""

from __future__ import annotations

from typing import Any

import pytest

from evaluator.api.judge_shapes import BudgetView, CoverageView, JudgeView
from evaluator.api.overview_shapes import OverviewView
from evaluator.api.shapes import IntakeView
from tests import accounts
from tests.fake_api import HOSTILE, NOW, World, monitor
from tests.fake_usage import DISK, usage_of
from tests.incident_views import channels, silences
from tests.rule_views import firing_rule, rule, slow_rule
from ui.near_words import near

FINE = BudgetView(usd_per_day=1.0, spent_today=0.42, usd_per_week=None, spent_week=1.9)


def judge(**fields: Any) -> JudgeView:
    """A judge that judges all it should."""
    plain = accounts.llm_judges([])[0].model_copy(
        update={"factor": 1.0, "oldest_waiting_seconds": 30.0, "budget": FINE, "total_budget": None, "batch": False}
    )
    return plain.model_copy(update=fields)


def seen(**parts: Any) -> OverviewView:
    """A service in which nothing is near a limit; name what is different."""
    calm: dict[str, Any] = {name: [] for name in OverviewView.model_fields}
    calm |= {
        "judges": [judge()],
        "coverage": CoverageView(traffic=[], judges=[], oldest_pending_seconds=None),
        "intake": IntakeView(hours=24, sources=[], parts_waiting=0, oldest_part_seconds=None),
        "usage": usage_of(World("healthy"), NOW, "UTC", 7),
    }
    return OverviewView(**calm | parts)


def words(**parts: Any) -> list[str]:
    return [f"{one.look.word}: {one.words}".replace("\u00a0", " ") for one in near(seen(**parts))]


def test_a_calm_service_is_near_nothing() -> None:
    """A healthy monitor, a judge within its budget, a rule far from its limit and a large disk are no lines."""
    assert words(monitors=[monitor("a", "b")], rules=[slow_rule(), rule("far")]) == []


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"state": "stopped"}, ["stopped: Judge `helpfulness` does not judge"]),
        (
            {"state": "unavailable", "reason": "circuit_open"},
            ["unavailable: Judge `helpfulness` does not judge: `circu"],
        ),
        ({"factor": 0.37}, ["thinned: Judge `helpfulness` judges 37.0 % of its rate: its budget would not last"]),
        ({"oldest_waiting_seconds": 5400.0}, ["waits: 212 samples wait for `helpfulness`, the oldest for 90 minutes"]),
        ({"oldest_waiting_seconds": 5400.0, "batch": True}, []),
        ({"budget": FINE.model_copy(update={"spent_today": 0.79})}, []),
        (
            {"budget": FINE.model_copy(update={"spent_today": 0.81})},
            ["budget: Judge `helpfulness`: 0.81 USD of 1.00 USD today are spent"],
        ),
        (
            {"total_budget": accounts.TOTAL},
            ["no money: All judges together: 2.02 USD of 2.00 USD today are spent"],
        ),
    ],
)
def test_a_judge_in_trouble_is_a_line(fields: dict[str, Any], says: list[str]) -> None:
    """What keeps it from judging, what thins it, what waits too long and what is nearly spent."""
    found = words(judges=[judge(**fields)])
    assert len(found) == len(says)
    assert all(told.startswith(start) for told, start in zip(found, says, strict=True))


def test_a_monitor_says_how_much_of_the_evidence_there_is() -> None:
    """A tenth of the evidence that fires is ten percent; a blind one says why."""
    near_it = monitor("a", "b", state="pending", log_evidence=8.0, log_threshold=10.302585)
    assert words(monitors=[near_it]) == ["pending: Pass rate of `b` on `a`: 10.0 % of the evidence that fires"]
    blind = monitor("a", "b", state="judge_broken")
    assert words(monitors=[blind]) == ["judge broken: Pass rate of `b` on `a`: its judge fails"]
    assert near(seen(monitors=[near_it]))[0].query == {"monitor": "a-b"}


@pytest.mark.parametrize(
    ("told", "says"),
    [
        (rule("drop", value=0.930, limit=0.921), ["near: Rule `drop` on `support-chat`: 93.0 %, limit 92.1 %"]),
        (rule("drop", value=0.932, limit=0.921), []),
        (
            rule("errs", kind="rate", value=0.018, limit=0.02),
            ["near: Rule `errs` on `support-chat`: 1.8 %, limit 2.0 %"],
        ),
        (slow_rule(value=9100.0), ["near: Rule `slow` on `search-summary`: 9,100, limit 10,000"]),
        (slow_rule(value=8900.0), []),
        (rule("drop", value=None, limit=None, state="no_data"), []),
        (firing_rule("over"), []),
    ],
)
def test_a_rule_near_its_limit_is_a_line(told: Any, says: list[str]) -> None:
    """Within a point of where a drop fires, or at nine tenths of the limit; what fires already is no near miss."""
    assert words(rules=[told]) == says


def test_the_name_of_a_rule_is_no_icon() -> None:
    """The unseen mark that keeps the name of an icon text is still there."""
    (told,) = near(seen(rules=[rule(":material/bolt: ok", value=0.93, limit=0.921)]))
    assert ":\u2060material/bolt: ok" in told.words
    assert ":material/" not in told.words


def test_channels_silences_and_providers_are_lines() -> None:
    """A channel that takes nothing, what was given up, a silence that hides something, a provider that fails."""
    found = words(channels=channels(), silences=silences(), providers=accounts.providers([]))
    assert any(told.startswith("failing: Channel `slack`") for told in found)
    assert any(told.startswith("given up: ") for told in found)
    assert sum(told.startswith("silenced: ") for told in found) == 1
    assert {"left alone: Provider `bedrock` fails", "refuses us: Provider `custom` refuses us"} <= set(found)


def test_a_channel_keeps_its_name_whatever_word_is_in_it() -> None:
    """One lost message is told in the singular, also of a channel with the plural's verb in its name."""
    [lost] = words(channels=[channels()[0].model_copy(update={"name": "werewolf", "state": "ok", "dead": 1})])
    assert lost == "given up: 1 message to `werewolf` was given up"


@pytest.mark.parametrize(
    ("disk", "says"),
    [
        ({"free_bytes": 1_900_000_000}, ["disk: 1.9 GB of the disk are free; below 0.5 GB samples are refused"]),
        (
            {"free_bytes": 200_000_000, "full": True},
            ["disk full: 0.2 GB of the disk are free: samples are refused until there is more room"],
        ),
        ({"free_bytes": 2_100_000_000}, []),
    ],
)
def test_a_disk_that_fills_is_a_line(disk: dict[str, Any], says: list[str]) -> None:
    """From four times the room below which samples are refused."""
    usage = usage_of(World("healthy"), NOW, "UTC", 7)
    assert words(usage=usage.model_copy(update={"disk": DISK.model_copy(update=disk)})) == says


def test_what_cannot_go_on_comes_first() -> None:
    """Red before orange, whatever its kind."""
    found = near(seen(judges=[judge(factor=0.5), judge(name="tone", state="stopped")]))
    assert [one.look.colour for one in found] == ["red", "orange"]


@pytest.mark.parametrize("text", HOSTILE)
def test_foreign_names_are_code(text: str) -> None:
    """Whatever a name tries, it stands in a code span."""
    found = near(
        seen(
            judges=[judge(name=text, state="stopped", reason=text)],
            monitors=[monitor(text, text, state="pending")],
            rules=[rule(text, text, value=0.93, limit=0.921)],
            providers=accounts.providers([text]),
        )
    )
    assert len(found) == 4
    assert all("`" in one.words for one in found)
