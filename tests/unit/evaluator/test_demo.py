"""The demo's script and story: the same week every time, with the changes it says it has and no other."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from evaluator.api.alert_shapes import AlertView
from evaluator.api.shapes import CheckReport
from evaluator.demo.story import Findings, Key, play
from evaluator.demo.traffic import Item, load, week
from evaluator.errors import InputError
from evaluator.intake import public
from tests.fake_api import bounded, firing, monitor, unlearned

END = datetime(2026, 11, 20, 12, tzinfo=UTC)
SCRIPT = load()
CHANGES = {feature.name: END + timedelta(hours=change.at_hours - 168) for feature, change in SCRIPT.changes()}


@cache
def all_items() -> list[Item]:
    return week(SCRIPT, END)


def of(feature: str, *, after: bool, **traits: str) -> list[Item]:
    """The feature's samples before or after its change, with these traits."""
    chosen = [item for item in all_items() if item["feature"] == feature and traits.items() <= item["metadata"].items()]
    return [item for item in chosen if (datetime.fromisoformat(item["timestamp"]) >= CHANGES[feature]) is after]


def text(item: Item) -> str:
    return str(item["response"]["content"][0]["text"])


def is_json(item: Item) -> bool:
    try:
        json.loads(text(item))
    except ValueError:
        return False
    return True


def share(values: Iterable[bool]) -> float:
    found = list(values)
    return sum(found) / len(found)


def test_the_week_is_the_same_every_time() -> None:
    """Seeded: another end gives the same texts at other times."""
    day = replace(SCRIPT, days=1)
    items, later = week(day, END), week(day, END + timedelta(hours=5))
    assert [text(item) for item in later] == [text(item) for item in items]
    assert later[0]["timestamp"] != items[0]["timestamp"]


def test_every_item_is_a_public_sample_of_the_week() -> None:
    """Items are accepted as they are, have ids of their own and lie within the seven days."""
    items = all_items()
    samples = [public.read(item, received_at=END) for item in items[::10]]
    assert all(END - timedelta(days=7) <= sample.ts <= END for sample in samples)
    assert len({item["id"] for item in items}) == len(items)
    assert 6000 <= len(items) <= 10_000


def test_the_broken_prompt_hits_german_business_customers_only() -> None:
    """JSON breaks for one language and plan; everybody else is answered as before."""
    hit = of("ticket-triage", after=True, language="de", plan="business")
    others = [item for item in of("ticket-triage", after=True) if item not in hit]
    assert share(map(is_json, of("ticket-triage", after=False))) == 1.0
    assert share(map(is_json, hit)) < 0.3
    assert share(map(is_json, others)) == 1.0


def test_the_mix_shift_changes_the_mix_and_nothing_else() -> None:
    """Hard questions become more; each topic is answered as well as before, so the overall rate falls."""
    feature = "policy-answers"
    right = {
        (topic, after): share(
            text(i).endswith(f"Answer: {i['reference']}") for i in of(feature, after=after, topic=topic)
        )
        for topic in ("returns", "customs")
        for after in (False, True)
    }
    hard = [
        share(item["metadata"]["topic"] == "customs" for item in of(feature, after=after)) for after in (False, True)
    ]
    assert hard == pytest.approx([0.15, 0.50], abs=0.03)
    assert right["returns", True] == pytest.approx(right["returns", False], abs=0.03)
    assert right["customs", True] == pytest.approx(right["customs", False], abs=0.06)


def test_nothing_changes_in_the_first_three_days() -> None:
    """The quiet day is quiet: the first change comes later."""
    assert min(CHANGES.values()) > END - timedelta(days=4)


def test_without_fixtures_the_error_says_where_they_are(tmp_path: Path) -> None:
    """An installed wheel has no fixtures: the demo says so instead of failing somewhere."""
    with pytest.raises(InputError, match="run the demo from a checkout"):
        load(tmp_path)


BEGAN = END - timedelta(hours=10)
TRUE = ("a", "j", "pass_rate")


@pytest.mark.parametrize(
    ("fired", "exact"),
    [
        ([TRUE, ("b", "j", "pass_rate")], True),
        ([TRUE], False),
        ([TRUE, ("b", "j", "pass_rate"), ("c", "j", "pass_rate")], False),
        ([TRUE, ("b", "j", "pass_rate"), ("c", "", "length")], False),
        ([TRUE, ("b", "j", "pass_rate"), ("a", "", "length")], True),
        ([("a", "", "length"), ("b", "j", "pass_rate")], False),
        ([], False),
    ],
)
def test_a_week_is_right_only_with_the_true_regressions(fired: list[Key], exact: bool) -> None:
    """A missed regression and a false alarm make the demo fail; what moves with a true regression does not."""
    findings = Findings({TRUE: BEGAN, ("b", "j", "pass_rate"): BEGAN})
    findings.note(report([alert(*key) for key in fired]))
    assert findings.exact is exact


def test_what_fires_before_the_change_is_false() -> None:
    """A companion that comes before the regression did not come from it."""
    findings = Findings({TRUE: BEGAN})
    early = alert("a", "", "length", fired_at=BEGAN - timedelta(minutes=15))
    findings.note(report([alert(*TRUE), early]))
    assert (findings.exact, findings.false, findings.companions(TRUE)) == (False, [early], [])


def test_an_alert_that_came_and_went_between_two_looks_counts() -> None:
    """What resolved before the day was over is a false alarm all the same."""
    findings = Findings({TRUE: BEGAN})
    findings.note(report([alert(*TRUE)]))
    findings.add([alert("c", "", "cost_usd")])
    assert not findings.exact


class Week:
    """A service that finds the same at every look."""

    def __init__(self, found: CheckReport) -> None:
        self.found = found

    async def get(self, path: str, **_: Any) -> Any:
        return [one.model_dump(mode="json") for one in self.found.firing] if path == "/v1/alerts" else []

    async def post(self, path: str, body: Any) -> Any:
        return self.found.model_dump(mode="json") if path == "/v1/checks" else {"rejected": 0}

    async def sleep(self, _: float) -> None:
        raise AssertionError("nothing is pending")


async def test_companions_stand_in_one_line_under_their_regression() -> None:
    """Other metrics of the feature are told beside its regression, and learning traffic is said to be that."""
    feature, change = next((f, c) for f, c in SCRIPT.changes() if c.regression)
    moved = firing(feature.name, change.judge)
    says = "answer length below the baseline's p10 (80 characters)"
    other = firing(feature.name, "", metric="length", says=says, bad="up", alert_id="second")
    learning = unlearned(feature.name, "").model_copy(update={"metric": "volume"})
    alerts = [alert(feature.name, change.judge, "pass_rate"), alert(feature.name, "", "length")]
    found = report(alerts).model_copy(
        update={"monitors": [moved, other, learning], "fired": [moved.alert_id, "second"]}
    )
    said: list[str] = []
    await play(Week(found), replace(SCRIPT, days=1), END, said.append)  # type: ignore[arg-type]
    day = [line for line in said if line.startswith(("  found:", "         also"))]
    assert day[0].startswith(f"  found: REGRESSION in {feature.name}, judge {change.judge}: pass rate 97.1 % → 88.0 %")
    assert day[1].startswith(f"         also moved: {says}: 97.1 % → 88.0 %")
    assert len(day) == 2


async def test_what_reads_the_same_as_before_is_not_said_to_have_moved() -> None:
    """A metric that fires with the same share as its baseline, as both are shown, is left out of what also moved."""
    feature, change = next((f, c) for f, c in SCRIPT.changes() if c.regression)
    views = [firing(feature.name, change.judge)]
    for metric, good in (("length", 9_957), ("cost_usd", 9_943)):
        rates = {"baseline": bounded(9_960, 10_000), "current": bounded(good, 10_000)}
        views.append(firing(feature.name, "", metric=metric, says=f"{metric} above 9", alert_id=metric, **rates))
    found = report([alert(feature.name, change.judge, "pass_rate")])
    found = found.model_copy(update={"monitors": views, "fired": [view.alert_id for view in views]})
    said: list[str] = []
    await play(Week(found), replace(SCRIPT, days=1), END, said.append)  # type: ignore[arg-type]
    also = [line.strip() for line in said if "also moved" in line and "which" not in line]
    assert also == ["also moved: cost_usd above 9: 99.6 % → 99.4 %"]


async def test_learning_traffic_is_said_to_need_a_week() -> None:
    """A quiet day says which monitors still learn."""
    learning = unlearned("a", "").model_copy(update={"metric": "volume"})
    quiet = report([]).model_copy(update={"monitors": [monitor("a", "j"), learning]})
    said: list[str] = []
    await play(Week(quiet), replace(SCRIPT, days=1), END, said.append)  # type: ignore[arg-type]
    waits = "traffic volume of 1 feature needs a week before it is compared"
    assert f"  found: nothing wrong (1 monitors; {waits})" in said


def report(firing: list[AlertView]) -> CheckReport:
    return CheckReport(looked_at=END, monitors=[], firing=firing, fired=[a.alert_id for a in firing], resolved=[])


def alert(feature: str, judge: str, metric: str, fired_at: datetime = END) -> AlertView:
    identity = f"{feature}-{judge}-{metric}"
    nothing: dict[str, Any] = {"resolved_at": None, "evidence": {}, "deliveries": []}
    return AlertView(
        alert_id=identity, monitor_id=identity, feature=feature, judge=judge, metric=metric, state="firing",
        fired_at=fired_at, **nothing,
    )  # fmt: skip
