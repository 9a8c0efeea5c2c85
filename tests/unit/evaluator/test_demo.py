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

from evaluator.api.shapes import AlertView, CheckReport
from evaluator.demo.story import Findings
from evaluator.demo.traffic import Item, load, week
from evaluator.errors import InputError
from evaluator.intake import public

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


@pytest.mark.parametrize(
    ("fired", "exact"),
    [(["a", "b"], True), (["a"], False), (["a", "b", "c"], False), ([], False)],
)
def test_a_week_is_right_only_with_exactly_the_true_regressions(fired: list[str], exact: bool) -> None:
    """A missed regression and a false alarm both make the demo fail."""
    findings = Findings({("a", "j"), ("b", "j")})
    findings.note(report(fired))
    assert findings.exact is exact


def report(firing: list[str]) -> CheckReport:
    alerts = [alert(feature) for feature in firing]
    return CheckReport(looked_at=END, monitors=[], firing=alerts, fired=[a.alert_id for a in alerts], resolved=[])


def alert(feature: str) -> AlertView:
    empty: dict[str, Any] = {"metric": "pass_rate", "resolved_at": None, "evidence": {}, "deliveries": []}
    return AlertView(
        alert_id=feature, monitor_id=feature, feature=feature, judge="j", state="firing", fired_at=END, **empty
    )
