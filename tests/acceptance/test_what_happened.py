"""What happened, from samples and verdicts to the API and the alert: a slice, a mix, other requests."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from fastapi.testclient import TestClient

from evaluator.alerts.evidence import in_brief
from evaluator.api.app import create_app
from evaluator.api.cause_shapes import CausesView
from evaluator.api.shapes import MonitorBrief
from evaluator.remembered import Remembered
from evaluator.service import Service
from evaluator.settings import DriftSettings, Settings
from store.store import Store
from tests.builders import NOON, make_sample, make_verdict
from tests.conftest import Clock
from tests.voting import ALONE
from ui.cli import leadline

START, ONSET = NOON - timedelta(days=5), NOON - timedelta(days=1)
LANGUAGES = ("de", "en", "fr", "es")
HOSTILE = ["<script>x</script>", "'; DROP TABLE sample; --", "=cmd|' /C calc'!A0", "\u202eevil\x1b[31m", "a" * 5000, ""]
BROKEN = "UPDATE payload SET request = '{' WHERE ts < ?"
Describe = Callable[[int, bool], dict[str, Any]]
Passes = Callable[[int, bool], bool]


def usual(i: int, now: bool) -> dict[str, Any]:
    """A sample's fields: one of four languages, every fourth on the plan pro."""
    metadata = {"language": LANGUAGES[i % 4], "plan": "pro" if i % 16 < 4 else "free", "request": f"r{i}"}
    return {"ask": f"Where is my order {'again ' * (i % 7)}?", "metadata": metadata}


def mostly(i: int, now: bool) -> bool:
    """95 of 100 pass."""
    return (i * 37) % 100 >= 5


def fill(store: Store, describe: Describe = usual, passes: Passes = mostly, numbers: range = range(2400)) -> None:
    """A sample every three minutes for five days, each with a verdict; the last day is `now`."""
    samples, verdicts = [], []
    for i in numbers:
        ts = START + timedelta(minutes=3 * i)
        now = ts >= ONSET
        samples.append(make_sample(f"s{i}", ts=ts, received_at=ts, **describe(i, now)))
        verdicts.append(make_verdict(f"s{i}", ts=ts, passed=passes(i, now)))
    store.append_samples(samples).result()
    store.append_verdicts(verdicts).result()


def worse_in_german(i: int, now: bool) -> bool:
    return mostly(i, now) and not (now and i % 4 == 0 and i % 5 < 3)


Looked = Callable[..., Any]


@pytest.fixture
def looked(clock: Clock, tmp_path: Path) -> Looked:
    """Fills a service's store, looks once, and answers its report, and what the API says happened."""

    async def look(
        describe: Describe = usual, passes: Passes = mostly, segments: Sequence[str] = ()
    ) -> tuple[Any, CausesView]:
        drift = DriftSettings(baseline_votes=800, baseline_hours=24)
        settings = Settings(
            database=tmp_path / "happened.duckdb",
            drift=drift,
            monitors=ALONE,
            features={"support-chat": {"segments": tuple(segments)}},
        )
        async with Service(settings, clock=clock, scheduled=False, environ={}) as service:
            fill(service.store, describe, passes)
            report = await service.monitors.check()
            with TestClient(create_app(service), base_url="http://localhost") as client:
                answer = client.get(f"/v1/monitors/{report.monitors[0].monitor_id}/causes")
                assert answer.status_code == 200, answer.text
                assert client.get("/v1/monitors/none/causes").status_code == 404
        return report, CausesView.model_validate(answer.json())

    return look


async def test_a_fall_in_one_slice_is_named(looked: Looked) -> None:
    """Answers in German get worse: the slice comes first, the requests are the same, and the alert says both."""
    report, causes = await looked(passes=worse_in_german)
    assert causes.slices[0].name == "language=de"
    assert causes.sentence == "Same requests, same mix: the answers got worse."
    told = report.firing[0].evidence
    assert (told["where"][0]["name"], told["why"]) == ("language=de", causes.sentence)
    assert told["mix"]["share"] == 0.0


def more_are_hard(i: int, now: bool) -> dict[str, Any]:
    """Seven of ten requests are hard now, two of ten were before."""
    hard = i % 10 < (7 if now else 2)
    return {"metadata": {"kind": "hard" if hard else "easy"}, "ask": f"Where is order {i}?"}


def hard_ones_fail(i: int, now: bool) -> bool:
    """Six of ten hard requests pass, and all the others."""
    return (i // 10 * 37 + i) % 10 >= (4 if i % 10 < (7 if now else 2) else 0)


async def test_another_mix_is_no_worse_answer(looked: Looked) -> None:
    """A harder kind of request comes more often: the mix is named, and nothing got worse at the same mix."""
    _, causes = await looked(more_are_hard, hard_ones_fail)
    [mix] = [one for one in causes.mixes if one.is_of_requests]
    assert mix.by == "kind"
    assert mix.mix.hi < 0.0 < mix.within.hi
    assert causes.sentence.startswith("The mix moved: kind=hard is 70 % of the traffic, was 20 %.")


async def test_a_segment_that_moved_is_told_once(looked: Looked) -> None:
    """The key that cuts the segments is the mix that moved; that its shares changed is not said again."""
    _, causes = await looked(more_are_hard, hard_ones_fail, ["kind"])
    assert [(one.by, one.keys) for one in causes.mixes if one.is_of_requests] == [("segments", ["kind"])]
    assert causes.sentence.startswith("The mix moved: hard is 70 % of the traffic, was 20 %.")
    assert "kind" not in causes.sentence


async def test_longer_requests_are_other_requests(looked: Looked) -> None:
    """Since the fall the requests are longer: the sentence says so, and the users are not mistaken for the model."""

    def described(i: int, now: bool) -> dict[str, Any]:
        return usual(i, now) | {"ask": "Where is my order " + "again " * (i % 7 + (9 if now else 0))}

    _, causes = await looked(described, worse_in_german)
    assert causes.requests is not None
    assert causes.requests.changed
    assert "length" in causes.requests.verdict
    assert causes.sentence.startswith("The requests changed too (length")


async def test_a_new_alert_has_its_own_explanation(clock: Clock, tmp_path: Path) -> None:
    """However long explaining takes, what was said a moment ago is not said of what fires now."""
    drift = DriftSettings(baseline_votes=800, baseline_hours=24)
    settings = Settings(database=tmp_path / "happened.duckdb", drift=drift, monitors=ALONE)
    clock.advance(days=-1)
    async with Service(settings, clock=clock, scheduled=False, environ={}) as service:
        service.remembered = Remembered(work=itertools.count().__next__)
        with TestClient(create_app(service), base_url="http://localhost") as client:
            said = []
            for day in (range(1920), range(1920, 2400)):
                fill(service.store, passes=worse_in_german, numbers=day)
                report = await service.monitors.check()
                causes = client.get(f"/v1/monitors/{report.monitors[0].monitor_id}/causes").json()
                said.append([one["name"] for one in causes["slices"]][:1])
                clock.advance(days=1)
    assert ("language=de" in said[0], said[1]) == (False, ["language=de"])


async def test_what_people_say_of_an_alert_shows_at_once(clock: Clock, tmp_path: Path) -> None:
    """However long it takes to show monitors, who acknowledged an alert and what was deployed then is shown."""
    drift = DriftSettings(baseline_votes=800, baseline_hours=24)
    settings = Settings(database=tmp_path / "happened.duckdb", drift=drift, monitors=ALONE)
    async with Service(settings, clock=clock, scheduled=False, environ={}) as service:
        service.remembered = Remembered(work=itertools.count().__next__)
        fill(service.store, passes=worse_in_german)
        with TestClient(create_app(service), base_url="http://localhost") as client:
            assert client.post("/v1/checks", json={}).status_code == 200
            [before] = client.get("/v1/monitors").json()
            done = client.post(f"/v1/incidents/{before['incident_id']}/ack", json={"by": "Ana"})
            assert done.status_code == 200, done.text
            [whole], [short] = (client.get("/v1/incidents", params={"brief": one}).json() for one in (False, True))
            marked = client.post("/v1/markers", json={"kind": "deploy", "name": "v9", "ts": before["onset"]})
            assert marked.status_code == 201, marked.text
            [after] = client.get("/v1/monitors").json()
            alone = client.get(f"/v1/monitors/{before['monitor_id']}").json()["monitor"]
            [brief] = client.get("/v1/monitors/brief").json()
    assert (before["state"], before["acknowledged_by"]) == ("firing", None)
    assert (after["state"], after["acknowledged_by"]) == ("acknowledged", "Ana")
    assert whole["alerts"][0]["evidence"].keys() >= {"examples", "where", "drop"}
    assert short["alerts"][0].pop("evidence") == in_brief(whole["alerts"][0].pop("evidence"))
    assert short == whole
    assert (before["marker"], after["marker"]["name"]) == (None, "v9")
    assert alone == after
    assert brief == {name: after[name] for name in MonitorBrief.model_fields}


async def test_nothing_happened_is_said_so(looked: Looked) -> None:
    """A healthy monitor has no clear change, and its requests look the same."""
    report, causes = await looked()
    assert report.firing == []
    assert causes.sentence == "No clear change. The requests look the same."
    assert (causes.drop_at_alarm, causes.missing_data) == (None, False)


async def test_a_new_model_is_named_beside_the_change(looked: Looked) -> None:
    """A value that no vote had before is no mix of requests: it is new since then."""

    def described(i: int, now: bool) -> dict[str, Any]:
        return usual(i, now) | {"model": "claude-new" if now else "claude-old"}

    _, causes = await looked(described, worse_in_german)
    assert [(one.key, one.value) for one in causes.new_values] == [("model", "claude-new")]
    assert causes.sentence == "Same requests, same mix: the answers got worse. New since then: model claude-new."
    assert {one.key: one.reason for one in causes.left_out}["request"] == "a value of its own for each vote"


async def test_hostile_metadata_is_only_text(looked: Looked) -> None:
    """Keys and values of any kind are slices like others: cut, counted, and nothing is executed or lost."""

    def described(i: int, now: bool) -> dict[str, Any]:
        keys = {f"{HOSTILE[i % 6]}{place}": text for place, text in enumerate(HOSTILE)}
        return {"metadata": {"language": HOSTILE[i % 4], "model": "mine", **keys}}

    report, causes = await looked(described, worse_in_german)
    assert causes.slices[0].keys[0].value == HOSTILE[0]
    assert all(len(key.value) <= 200 for one in causes.slices for key in one.keys)
    assert report.firing[0].evidence["where"][0]["name"].isprintable()


async def test_the_drop_is_measured_anew_after_the_alarm(looked: Looked) -> None:
    """While it fires, the drop of the votes since the alarm stands beside the one at the alarm, with its interval."""
    report, causes = await looked(passes=worse_in_german)
    since, view = causes.drop_refreshed, report.monitors[0]
    assert since is not None
    assert causes.drop_at_alarm is not None
    assert since.lo < 0.15 < since.hi
    assert (view.drop_refreshed, view.drop_refreshed_lo) == (since.size, since.lo)


async def test_an_alert_fires_though_it_cannot_be_explained(clock: Clock, tmp_path: Path) -> None:
    """A request that cannot be read costs the explanation, never the alert."""
    drift = DriftSettings(baseline_votes=800, baseline_hours=24)
    settings = Settings(database=tmp_path / "broken.duckdb", drift=drift, monitors=ALONE)
    async with Service(settings, clock=clock, scheduled=False, environ={}) as service:
        fill(service.store, passes=worse_in_german)
        service.store.run(
            lambda c: c.execute("UPDATE payload SET request = '{' WHERE ts < ?", [ONSET.replace(tzinfo=None)])
        ).result()
        report = await service.monitors.check()
    told = report.firing[0].evidence
    assert (told["why"], told["where"], told["mix"], told["inputs"]) == (None, [], None, None)


async def test_check_prints_where_and_why(clock: Clock, tmp_path: Path) -> None:
    """`leadline check` has a line for the slice and one for the sentence."""
    database = tmp_path / "check.duckdb"
    drift = DriftSettings(baseline_votes=800, baseline_hours=24)
    async with Service(
        Settings(database=database, drift=drift, monitors=ALONE), clock=clock, scheduled=False, environ={}
    ) as service:
        fill(service.store, passes=worse_in_german)
        await service.monitors.check()
    command = ["--database", str(database), "check", "--now", NOON.isoformat()]
    environ = {"LEADLINE_JUDGE__BUILTIN": "[]"}
    said = (await asyncio.to_thread(CliRunner().invoke, leadline, command, env=environ)).output
    assert "where, at the alarm: language=de, " in said
    assert "why: Same requests, same mix: the answers got worse." in said
