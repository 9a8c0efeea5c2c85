"""Each page's script with data, without, and with the service down, run without a browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from streamlit.testing.v1 import AppTest

from evaluator.api.rule_shapes import RuleView
from tests.fake_api import KEY, World, create_api, serving
from tests.rule_views import firing_rule, slow_rule, usual_rules

pytestmark = pytest.mark.slow

SCRIPT = Path(__file__).resolve().parents[2] / "ui" / "app.py"


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[FastAPI, str]]:
    """A fake service, and its address."""
    api = create_api()
    with serving(api) as url:
        yield api, url


@pytest.fixture
def app(served: tuple[FastAPI, str], monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The pages' script, reading the fake service."""
    monkeypatch.setenv("LEADLINE_UI_API", served[1])
    monkeypatch.delenv("LEADLINE_UI_KEY", raising=False)
    return AppTest.from_file(str(SCRIPT), default_timeout=30)


def words(app: AppTest) -> str:
    """All that a page says."""
    assert not app.exception
    said = [*app.header, *app.subheader, *app.markdown, *app.caption, *app.text, *app.code, *app.warning, *app.info]
    return "\n".join(str(element.value) for element in said).replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("scenario", "says"),
    [
        ("data", ["2 regressions are firing", "fell from 97.1 % to 88.0 %", "set ANTHROPIC_API_KEY", "`no_text` 12"]),
        ("data", ["Also moved:", "share below the baseline's p10 (81 characters): 10.1 % → 22.4 %", "Other metrics"]),
        (
            "metrics",
            [
                "2 regressions are firing",
                "Latency on `support-chat` changed: the share slower than the baseline's p90 (812 ms) rose from 10.1 %",
                "Stop reason on `search-summary` changed: the share `with stop reason end_turn` fell from 95.5 %",
            ],
        ),
        ("crowd", ["3 regressions are firing", "1 firing", "11 ok", "1 learning"]),
        ("rules", ["2 regressions and 1 plain rule are firing", "4 monitors firing", "25 ok", "1 plain rule firing"]),
        ("healthy", ["Healthy: nothing is firing"]),
        ("states", ["and somebody sees to it", "`Ana` sees to it", "2 pending", "1 judge broken", "critical"]),
        ("fresh", ["Samples arrive, no verdicts yet", "came without text: set OTEL_LOG_USER_PROMPTS=1"]),
        ("empty", ["curl -X POST", "leadline score --url"]),
        ("down", ["The service cannot answer now", "answered 503"]),
        ("locked", ["This service wants an API key"]),
        ("huge", ["10 regressions are firing", "and 4 more"]),
        ("hostile", ["6 regressions are firing"]),
    ],
)
def test_the_overview_says_its_state(app: AppTest, served: tuple[FastAPI, str], scenario: str, says: list[str]) -> None:
    """In every state the overview runs without an error and says what is the matter."""
    served[0].state.world = World(scenario)
    said = words(app.run())
    assert [phrase for phrase in says if phrase not in said] == []


@pytest.mark.parametrize(
    ("rules", "headline", "shown"),
    [
        ([], "Healthy: nothing is firing", []),
        ([slow_rule()], "Healthy: nothing is firing", [["slow", "✓ ok"]]),
        (usual_rules(), "1 plain rule is firing", [["five points", "▲ firing"], ["slow", "✓ ok"]]),
        ([firing_rule("a"), firing_rule("b")], "2 plain rules are firing", [["a", "▲ firing"], ["b", "▲ firing"]]),
    ],
)
def test_the_overview_shows_plain_rules(
    app: AppTest, served: tuple[FastAPI, str], rules: list[RuleView], headline: str, shown: list[list[str]]
) -> None:
    """A firing rule counts as firing, those that fire come first, and without rules there is no table of them."""
    served[0].state.world = World("healthy", rules)
    assert headline in words(app.run())
    tables = [table.value for table in app.dataframe if "Rule" in table.value]
    found = [[told["Rule"].split(":")[0], *told["State"]] for table in tables for _, told in table.iterrows()]
    assert found == shown
    assert ("Plain rules" in words(app)) == bool(rules)


@pytest.mark.parametrize(
    ("scenario", "monitor", "says"),
    [
        ("data", "support-chat-valid_json", ["fell from 97.1 % to 88.0 %", "Since about Tue 17 Nov 13:15 UTC"]),
        ("data", "search-summary-answer", ["no sign that it got worse", "A real but small shift"]),
        (
            "data",
            "invoice-extract-valid_json",
            ["has no baseline yet", "120 of 500 votes and 24 of 24 hours", "It replaced judge version `9f8e7d6c5b4a`"],
        ),
        ("data", "legacy-bot-not_truncated", ["has no verdicts of late", "No votes yet"]),
        (
            "data",
            "support-chat-length",
            [
                "Answer length on `support-chat` changed",
                "95 %: +8.3 to +16.4",
                "when the rise began",
                "Evidence of a change",
            ],
        ),
        (
            "data",
            "search-summary-latency_ms",
            ["shows no sign of a change: the share slower than", "Latency over time"],
        ),
        (
            "data",
            "search-summary-volume",
            ["Traffic on `search-summary` has no baseline yet", "follows from the baseline"],
        ),
        ("data", "search-summary-helpfulness-score", ["Score of `helpfulness` on `search-summary`", "Examples"]),
        ("metrics", "search-summary-errors", ["Error rate on `search-summary` rose from 10.1 % to 22.4 %"]),
        ("metrics", "search-summary-stop_reason", ["`with stop reason end_turn` fell from", "95 %: −16.4 to −8.3"]),
        ("hostile", "label-3", ["Stop reason on"]),
        ("data", None, ["Which feature?"]),
        ("data", "unknown", ["There is no monitor with the id in this address"]),
        ("empty", None, ["No samples yet"]),
        ("down", "support-chat-valid_json", ["The service cannot answer now"]),
    ],
)
def test_the_regression_page_says_its_state(
    app: AppTest, served: tuple[FastAPI, str], scenario: str, monitor: str | None, says: list[str]
) -> None:
    """In every state the regression page runs without an error and says what is the matter."""
    served[0].state.world = World(scenario)
    app.run()
    app.switch_page("pages/regression.py")
    if monitor:
        app.query_params["monitor"] = monitor
    said = words(app.run())
    assert [phrase for phrase in says if phrase not in said] == []


@pytest.mark.parametrize(
    ("page", "scenario", "says"),
    [
        (
            "coverage",
            "data",
            [
                "Why the rest was not judged",
                "`rate` 1,260, `budget` 420",
                "Judge errors: `malformed` 63",
                "any more: 14",
            ],
        ),
        ("coverage", "data", ["Verdicts of earlier versions, not counted above: `helpfulness 0f1e2d3c4b5a` 77"]),
        ("coverage", "empty", ["No samples yet"]),
        ("coverage", "hostile", ["Why the rest was not judged"]),
        ("coverage", "down", ["The service cannot answer now"]),
        (
            "judges",
            "data",
            ["A budget leaves 37.0 % of its rate", "212 samples wait for it", "as far as prices are known"],
        ),
        ("judges", "data", ["it refuses the API key", "below the minimum of 512", "95 %: 1.8–9.5 %, n = 118"]),
        ("judges", "data", ["tried again in 45 seconds", "answered 529", "does not know the model"]),
        ("judges", "empty", ["No judge"]),
        (
            "judges",
            "data",
            [
                "budget of all judges together is spent",
                "212 requests are in batches",
                "tone: api.anthropic.com answered 413",
            ],
        ),
        ("judges", "hostile", ["All judges together"]),
        ("judges", "locked", ["This service wants an API key"]),
    ],
)
def test_coverage_and_judges_say_their_state(
    app: AppTest, served: tuple[FastAPI, str], page: str, scenario: str, says: list[str]
) -> None:
    """In every state these pages run without an error and say what is the matter."""
    served[0].state.world = World(scenario)
    app.run()
    app.switch_page(f"pages/{page}.py")
    said = words(app.run())
    assert [phrase for phrase in says if phrase not in said] == []


def test_another_feature_and_time_can_be_chosen(app: AppTest, served: tuple[FastAPI, str]) -> None:
    """The reasons follow the feature and judge that the reader picks; what judges all has only what was not kept."""
    served[0].state.world = World("data")
    app.run()
    app.switch_page("pages/coverage.py")
    app.run()
    app.selectbox[0].select(("search-summary", "answer"))
    said = words(app.run())
    assert "`duplicate` 7" in said
    assert "budget" not in said


def test_only_what_a_judge_said_has_examples(app: AppTest, served: tuple[FastAPI, str]) -> None:
    """A page of the feature's latency has no failing samples, and no word of a judge."""
    served[0].state.world = World("data")
    app.run()
    app.switch_page("pages/regression.py")
    app.query_params["monitor"] = "search-summary-latency_ms"
    said = words(app.run())
    assert [word for word in ("Examples", "Judge version", "unscored", "ass rate") if word in said] == []


def test_monitors_are_chosen_by_feature(app: AppTest, served: tuple[FastAPI, str]) -> None:
    """Of 393 monitors the reader picks a feature, and gets what is most troubled of it and its 13 others to choose."""
    served[0].state.world = World("crowd")
    app.run()
    app.switch_page("pages/regression.py")
    app.run()
    app.selectbox[0].select("feature-number-10-with-a-rather-long-name")
    assert "Cost on `feature-number-10-with-a-rather-long-name` changed" in words(app.run())
    assert (len(app.selectbox[0].options), len(app.selectbox[1].options)) == (30, 14)


def test_a_service_that_does_not_answer_is_named(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page names the address it tried and the command that starts the service."""
    monkeypatch.setenv("LEADLINE_UI_API", "http://127.0.0.1:9")
    said = words(app.run())
    assert "Nothing answers at http://127.0.0.1:9" in said
    assert "leadline up" in said


def test_a_key_from_the_environment_opens_the_page(
    app: AppTest, served: tuple[FastAPI, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With LEADLINE_UI_KEY nobody is asked for a key."""
    served[0].state.world = World("locked")
    monkeypatch.setenv("LEADLINE_UI_KEY", KEY)
    assert "2 regressions are firing" in words(app.run())
