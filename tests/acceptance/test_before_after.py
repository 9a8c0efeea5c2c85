"""Before and after over HTTP: a planted fall of pass rate, latency and stop reason, compared by value and by sample."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from PIL import Image

from evaluator.api.app import create_app
from evaluator.service import Service
from evaluator.settings import DriftSettings, Settings
from store.store import Store
from tests.builders import NOON, make_sample, make_verdict
from tests.conftest import Clock
from tests.voting import ALONE

START, ONSET = NOON - timedelta(days=5), NOON - timedelta(days=1)
LANGUAGES = ("de", "en", "fr", "es")
ODD = "a=b%c"
"""A key that needs encoding."""
SHOTS = Path(__file__).resolve().parents[2] / "build" / "screenshots"
PLAIN = "not_empty"
"""A judge that says yes or no, and gives no score."""
WATCHED = ("pass_rate", "latency_ms", "stop_reason", "score", "volume")


def fill(store: Store) -> None:
    """A sample every three minutes for five days; on the last one German fails, all is slower and more is cut off."""
    samples, verdicts = [], []
    for i in range(2400):
        ts = START + timedelta(minutes=3 * i)
        now, german = ts >= ONSET, i % 4 == 0
        session = f"session-{i // 2}" if i % 10 < 2 else None
        samples.append(
            make_sample(
                f"s{i}",
                ts=ts,
                received_at=ts,
                ask=f"Where is order {i}?",
                session_id=session,
                latency_ms=(500 + (i * 37) % 400) * (2 if now else 1),
                stop_reason="max_tokens" if 5 <= i % 20 < (10 if now else 6) else "end_turn",
                metadata={"language": LANGUAGES[i % 4], "plan": "pro" if i % 16 < 4 else "free", ODD: f"v{i % 2}"},
            )
        )
        passed = (i * 37) % 100 >= 5 and not (now and german and i % 5 < 3)
        verdicts.append(
            make_verdict(
                f"s{i}",
                ts=ts,
                session_id=session,
                passed=passed,
                kind="llm",
                score=0.75 + 0.25 * (i % 2) if passed else 0.25,
            )
        )
    verdicts += [make_verdict(one.sample_id, ts=one.ts, judge=PLAIN, kind="check", score=None) for one in samples[:50]]
    store.append_samples(samples).result()
    store.append_verdicts(verdicts).result()


class Told:
    """The answers of the service about its monitors."""

    def __init__(self, client: TestClient) -> None:
        self.client = client
        found = client.get("/v1/monitors").json()
        self.monitors = {one["metric"] if one["judge"] != PLAIN else "plain": one for one in found}

    def get(self, metric: str, what: str, **params: Any) -> dict[str, Any]:
        """What the API says of this monitor."""
        answer = self.client.get(f"/v1/monitors/{self.monitors[metric]['monitor_id']}/{what}", params=params)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def picture(self, metric: str, **params: Any) -> Response:
        """The answer of the route of its charts."""
        return self.client.get(f"/v1/monitors/{self.monitors[metric]['monitor_id']}/chart.png", params=params)


def keep(name: str, picture: bytes) -> None:
    """Leaves the picture where people look at them."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    (SHOTS / f"chart-{name}.png").write_bytes(picture)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """One service for all tests of this file, after its look."""
    path: Path = tmp_path_factory.mktemp("before") / "after.duckdb"
    monitors = {name: told for name, told in ALONE.items() if name not in WATCHED}
    drift = DriftSettings(baseline_votes=800, baseline_hours=24)
    service = Service(
        Settings(database=path, drift=drift, monitors=monitors), clock=Clock(), scheduled=False, environ={}
    )
    with asyncio.Runner() as runner:
        runner.run(service.__aenter__())
        fill(service.store)
        runner.run(service.monitors.check())
        with TestClient(create_app(service), base_url="http://localhost") as client:
            yield Told(client)
        runner.run(service.__aexit__(None, None, None))


def test_a_latency_that_doubled_is_seen_in_its_quantiles(told: Told) -> None:
    """The median doubles within its intervals, and nearly all of today lies beyond the p50 of before."""
    found = told.get("latency_ms", "distribution")
    median = next(one for one in found["quantiles"] if one["name"] == "p50")
    assert median["now"] / median["before"] == pytest.approx(2.0, rel=0.03)
    assert median["before_lo"] <= median["before"] <= median["before_hi"] < median["now_lo"]
    assert median["beyond"]["share"] > 0.95
    assert (found["kind"], found["unit"], found["edge"]["direction"]) == ("number", "ms", "up")


def test_every_vote_lies_in_a_bin(told: Told) -> None:
    """On both sides the bins hold all votes, and their shares make one whole."""
    found = told.get("latency_ms", "distribution")
    for side in ("before", "now"):
        assert sum(one[side]["votes"] for one in found["bins"]) == pytest.approx(found[side]["n"])
        assert sum(one[side]["share"] for one in found["bins"]) == pytest.approx(1.0)
    assert len(found["bins"]) <= 40


def test_labels_are_told_side_by_side(told: Told) -> None:
    """The share of answers that were cut off rises, with n on both sides; it is the one the monitor speaks of."""
    found = told.get("stop_reason", "distribution")
    bins = {one["label"]: one for one in found["bins"]}
    assert list(bins) == ["end_turn", "max_tokens"]
    cut = bins["max_tokens"]
    assert cut["before"]["share"] == pytest.approx(1 / 18, abs=0.005)
    assert cut["before"]["hi"] < cut["now"]["lo"] < 5 / 18 < cut["now"]["hi"]
    assert found["labels"]


@pytest.mark.parametrize("metric", ["score", "pass_rate"])
def test_scores_are_told_step_by_step(told: Told, metric: str) -> None:
    """The three grades that were given are three bins and a mean; a pass rate shows the scores behind it."""
    found = told.get(metric, "distribution")
    assert (found["metric"], found["kind"]) == ("score", "score")
    assert [one["low"] for one in found["bins"]] == [0.25, 0.75, 1.0]
    [mean] = found["quantiles"]
    assert mean["now_hi"] < mean["before_lo"]


def test_what_has_no_values_has_no_bins(told: Told) -> None:
    """A baseline of traffic takes a week: what there is is told, without a side before."""
    found = told.get("volume", "distribution")
    assert found["before"] is None
    assert found["bins"]
    assert all(one["before"]["share"] is None for one in found["bins"])


def test_failing_samples_stand_beside_passing_ones_like_them(told: Told) -> None:
    """Right those that failed since the onset, left those that passed in the baseline, in the same language."""
    found = told.get("pass_rate", "examples", limit=6)
    assert len(found["pairs"]) == 6
    for pair in found["pairs"]:
        before, now = pair["before"]["sample"], pair["now"]["sample"]
        assert (before["verdicts"][0]["passed"], now["verdicts"][0]["passed"]) == (True, False)
        assert before["metadata"]["language"] == now["metadata"]["language"]
        assert before["ts"] < found["before_end"] <= found["now_start"] <= now["ts"]
        assert {"key": "language", "value": now["metadata"]["language"]} in pair["alike"]
    newest = [pair["now"]["sample"]["ts"] for pair in found["pairs"]]
    assert newest == sorted(newest, reverse=True)


@pytest.mark.parametrize(
    ("slices", "holds"),
    [
        (["language=fr"], {"language": "fr"}),
        (["language=de", "plan=pro"], {"language": "de", "plan": "pro"}),
        ([f"{quote(ODD, safe='')}=v1"], {ODD: "v1"}),
    ],
)
def test_a_slice_holds_on_both_sides(told: Told, slices: list[str], holds: dict[str, str]) -> None:
    """One key, two at once, and a key of odd characters: every sample of both sides has those values."""
    found = told.get("pass_rate", "examples", slice=slices, good_now=True)
    assert found["pairs"]
    for pair in found["pairs"]:
        for side in ("before", "now"):
            assert holds.items() <= pair[side]["sample"]["metadata"].items()


def test_a_slice_of_what_was_deployed(told: Told) -> None:
    """model= asks for the model; metadata of that name would be metadata.model."""
    assert told.get("pass_rate", "examples", slice=["model=claude-sonnet-5-5"])["pairs"]
    assert told.get("pass_rate", "examples", slice=["metadata.model=claude-sonnet-5-5"])["pairs"] == []


def test_examples_of_a_latency_come_from_its_tail(told: Told) -> None:
    """Those of now lie in the share that the monitor speaks of, those before outside, each with its value."""
    edge = told.get("latency_ms", "distribution")["edge"]["value"]
    found = told.get("latency_ms", "examples")
    assert all(pair["now"]["value"] >= edge > pair["before"]["value"] for pair in found["pairs"])
    assert len(found["pairs"]) == 5


def test_examples_of_a_label_have_it(told: Told) -> None:
    """Which samples are bad follows from the share: of end_turn, which got rare, those without it."""
    found = told.get("stop_reason", "examples")
    assert {pair["now"]["label"] for pair in found["pairs"]} == {"max_tokens"}
    assert {pair["before"]["label"] for pair in found["pairs"]} == {"end_turn"}


def test_a_conversation_is_one_example(told: Told) -> None:
    """Two turns of a session do not stand for two samples."""
    found = told.get("pass_rate", "examples", limit=20, good_now=True)
    sessions = [pair["now"]["sample"]["session_id"] for pair in found["pairs"]]
    named = [one for one in sessions if one]
    assert len(named) == len(set(named)) > 0


def test_what_no_sample_has_has_no_examples(told: Told) -> None:
    """Traffic is of an hour, not of a sample."""
    assert told.get("volume", "examples")["pairs"] == []


def test_bad_questions_are_answered_in_words(told: Told) -> None:
    """A slice without a value, an unknown monitor, and too many examples: each says what is the matter."""
    path = f"/v1/monitors/{told.monitors['pass_rate']['monitor_id']}/examples"
    answer = told.client.get(path, params={"slice": "language"})
    assert (answer.status_code, answer.json()["detail"]) == (
        422,
        "slice takes KEY=VALUE, not 'language': for example slice=language=de.",
    )
    assert told.client.get(path, params={"limit": 21}).status_code == 422
    assert told.client.get("/v1/monitors/none/examples").status_code == 404
    assert told.client.get("/v1/monitors/none/distribution").status_code == 404


@pytest.mark.parametrize(
    ("metric", "chart"),
    [
        ("pass_rate", "series"),
        ("latency_ms", "series"),
        ("stop_reason", "evidence"),
        ("pass_rate", "mix"),
        ("latency_ms", "distribution"),
        ("stop_reason", "distribution"),
        ("score", "distribution"),
    ],
)
def test_every_chart_is_a_picture(told: Told, metric: str, chart: str) -> None:
    """Each chart of the page comes as a PNG with something on it."""
    answer = told.picture(metric, chart=chart, step_minutes=180)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
    drawn = Image.open(io.BytesIO(answer.content)).convert("L")
    keep(f"{metric}-{chart}", answer.content)
    assert drawn.width == 1000
    assert drawn.height >= 280
    assert len(drawn.getcolors() or [0] * 256) > 20


def test_what_cannot_be_drawn_is_said_in_words(told: Told) -> None:
    """A pass rate whose judge gives no scores has no distribution; a chart of another name is refused."""
    answers = [told.picture("volume", chart="evidence"), told.picture("plain", chart="distribution")]
    assert [(one.status_code, one.json()["detail"]) for one in answers] == [
        (404, "This monitor has no such chart: it has not been looked at yet."),
        (404, "This monitor has no such chart: its metric has no values or labels, or no votes."),
    ]
    assert told.picture("volume", chart="pie").status_code == 422
    assert told.client.get("/v1/monitors/none/chart.png").status_code == 404
