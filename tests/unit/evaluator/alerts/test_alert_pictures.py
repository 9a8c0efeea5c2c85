"""The chart of an alert, from stored votes to the picture."""

from __future__ import annotations

from datetime import timedelta

import httpx2
import pytest

from evaluator.alerts import pictures
from evaluator.alerts.evidence import iso
from evaluator.api.app import create_app
from evaluator.api.auth import Role, new_key
from evaluator.service import Service
from evaluator.settings import Settings
from store import alerts, rollup
from store.records import Alert
from tests import incident_data
from tests.builders import NOON
from tests.voting import FALL, PART, START, vote

ONSET = START + 8 * PART


def alert(began=ONSET, start=START, **fields):
    """The alert of the fall that `vote(store, FALL)` makes, or of one since `began` with a baseline from `start` on."""
    times = {"at": iso(began), "lo_at": iso(began - PART), "hi_at": iso(began + PART)}
    window = {"start_at": iso(start), "end_at": iso(start + 4 * PART)}
    marker = {"kind": "release", "name": "7", "ts": iso(ONSET), "origin": "api", "feature": None}
    evidence = {
        **incident_data.EVIDENCE,
        "onset": times,
        "baseline": {**incident_data.EVIDENCE["baseline"], **window},
        "marker": marker,
    }
    given = {"fired_at": ONSET + PART, "resolved_at": None, "state": "firing", "evidence": evidence, **fields}
    return Alert(alert_id="a1", monitor_id="m1", **given)


def course(store, one=None, now=NOON):
    """What the chart shows of the votes that are stored."""
    store.run(lambda c: rollup.refresh(c, {})).result()
    with store.read() as c:
        return pictures.course_of(c, one or alert(), now)


def mean(points):
    return sum(point.rate for point in points) / len(points)


def test_it_shows_the_fall(store):
    """The points follow the votes, from the baseline to now, with baseline, onset, marker and alarm."""
    vote(store, FALL)
    shown = course(store)
    assert mean([p for p in shown.points if p.start + shown.step <= ONSET]) == pytest.approx(0.95, abs=0.01)
    assert mean([p for p in shown.points if p.start >= ONSET]) == pytest.approx(0.65, abs=0.01)
    assert (shown.points[0].start, shown.points[-1].start + shown.step) == (START, NOON)
    assert all(p.lo <= p.rate <= p.hi for p in shown.points)
    assert (shown.baseline, shown.onset) == (0.95, (ONSET - PART, ONSET, ONSET + PART))
    assert (shown.marker, shown.fired_at) == ((ONSET, "release 7"), ONSET + PART)
    assert shown.title == "support-chat · tone: pass rate"


@pytest.mark.parametrize("parts", [14, 80, 400])
def test_points_are_bounded(store, parts):
    """A chart has at most 120 points and two weeks, however long the series is."""
    vote(store, [0.9] * parts, start=NOON - parts * PART)
    shown = course(store, alert(start=NOON - parts * PART))
    assert 12 <= len(shown.points) <= 121
    assert shown.points[0].start >= NOON - timedelta(days=15)


def test_few_votes_make_few_points(store):
    """A point has some 25 votes, so that its interval says something."""
    vote(store, [0.9] * 2, start=NOON - 2 * PART)
    assert 2 <= len(course(store).points) <= 12


def test_a_resolved_alert(store):
    """The chart of what is over ends a day after its end, and shows it."""
    vote(store, FALL)
    over = alert(resolved_at=NOON - 2 * PART, state="resolved")
    assert course(store, over, NOON + timedelta(days=9)).resolved_at == NOON - 2 * PART
    assert course(store, over, NOON - 3 * PART).resolved_at is None


def test_a_long_fall_is_shown_from_before_its_start(store):
    """A fall older than two weeks is on the chart with three days before it."""
    vote(store, [0.95] * 80 + [0.6] * 160, start=NOON - 240 * PART)
    onset = NOON - 160 * PART
    start = course(store, alert(onset, NOON - 240 * PART)).points[0].start
    assert onset - timedelta(days=4) < start <= onset - timedelta(days=2)


def test_nothing_to_draw(store):
    """Without stored votes there is no chart, nor for the alert of a plain rule."""
    assert course(store) is None
    vote(store, FALL)
    assert course(store, alert(evidence={**alert().evidence, "rule": {"name": "r"}})) is None


def test_a_picture_for_messages(store):
    """The chart goes along as a PNG of a few ten kilobytes."""
    vote(store, FALL)
    store.run(lambda c: rollup.refresh(c, {})).result()
    with store.read() as c:
        file = pictures.attached(pictures.chart_of(c, alert(), NOON))
    assert (file.name, file.media_type) == ("leadline.png", "image/png")
    assert file.content.startswith(b"\x89PNG")
    assert len(file.content) < 150_000


async def test_over_http(tmp_path, clock):
    """GET /v1/alerts/ID/chart.png answers with the picture to readers, and with 404 where there is none."""
    key, stored = new_key(Role.READ)
    settings = Settings(database=tmp_path / "a.duckdb", keys=(stored,))
    async with Service(settings, clock=clock, environ={}, scheduled=False) as service:
        vote(service.store, FALL)
        rule = alert(evidence={**alert().evidence, "rule": {"name": "r"}})
        service.store.run(lambda c: rollup.refresh(c, {})).result()
        for one in (alert(), Alert(**{**{n: getattr(rule, n) for n in rule.__slots__}, "alert_id": "rule"})):
            service.store.run(lambda c, one=one: alerts.save(c, one)).result()
        transport, bearer = httpx2.ASGITransport(create_app(service)), {"authorization": f"Bearer {key}"}
        async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client:
            found = await client.get("/v1/alerts/a1/chart.png", headers=bearer)
            missing = [await client.get(f"/v1/alerts/{name}/chart.png", headers=bearer) for name in ("b", "rule")]
            refused = await client.get("/v1/alerts/a1/chart.png")
    assert (found.status_code, found.headers["content-type"]) == (200, "image/png")
    assert found.content.startswith(b"\x89PNG")
    assert [one.status_code for one in (*missing, refused)] == [404, 404, 401]
