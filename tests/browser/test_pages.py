"""Each page's script with data, without, and with the service down, run without a browser."""

from __future__ import annotations

import pytest
from fastapi import FastAPI
from streamlit.testing.v1 import AppTest

from evaluator.api.rule_shapes import RuleView
from tests.browser.conftest import words
from tests.fake_api import HOSTILE, KEY, World, firing
from tests.rule_views import firing_rule, slow_rule, usual_rules

pytestmark = pytest.mark.slow


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
        ("healthy", ["Healthy: nothing is firing", "Nothing is near a limit", "No pass rate of 2 differs"]),
        (
            "data",
            ["**Today**, compared up to 12:00 UTC", "2 of 8 pass rates differ by more than chance, which is no alarm"],
        ),
        ("data", ["8 things are near a limit", "Judge `tone` does not judge", "Channel `slack` takes no messages"]),
        (
            "data",
            ["`support-chat` makes 67 % of the calls and 67 % of the cost", "yesterday: −7 %", "last Friday: +20 %"],
        ),
        ("data", ["would notice in a day: −5.3 pt", "Today 9,120 calls, 25.0 % kept", "97.7 % scored"]),
        ("huge", ["1.1 GB of the disk are free; below 0.5 GB samples are refused"]),
        ("states", ["of the evidence that fires", "its judge fails"]),
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
        (
            "data",
            "support-chat-valid_json",
            [
                "fell from 97.1 % to 88.0 %",
                "Since about Tue 17 Nov 13:15 UTC",
                "**−9.1 points** at the same mix (95 %: −12.1 to −6.2); `evidence 31,000:1`",
                "Most in `language=de`: 96.8 % → 61.0 % (n = 134)",
                "Alike on both sides: plan=pro · language=de · the system prompt",
                "The requests",
            ],
        ),
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
                "Answer length: how it is spread",
                "Before, dashed: the baseline, 1,000 votes",
                "Out of line: below the baseline's p10 (81 characters)",
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
            ["Traffic on `search-summary` has no baseline yet", "This metric belongs to no single sample."],
        ),
        ("data", "search-summary-helpfulness-score", ["Score of `helpfulness` on `search-summary`", "Examples"]),
        ("metrics", "search-summary-errors", ["Error rate on `search-summary` rose from 10.1 % to 22.4 %"]),
        ("metrics", "search-summary-stop_reason", ["`with stop reason end_turn` fell from", "95 %: −16.4 to −8.3"]),
        ("data", "search-summary-helpfulness-score", ["Score: how it is spread", "Thin lines: 95 % intervals."]),
        ("hostile", "label-3", ["Stop reason on", "Stop reason: how it is spread"]),
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


def test_silencing_on_the_regression_page_means_this_monitor(app: AppTest, served: tuple[FastAPI, str]) -> None:
    """The form is filled in for the monitor of the page; all of the feature is the other choice."""
    served[0].state.world = World("data")
    app.run()
    app.switch_page("pages/regression.py")
    app.query_params["monitor"] = "support-chat-valid_json"
    asked = app.run().selectbox(key="silence-inc_1-what-0")
    assert asked.value == "Pass rate of valid_json on support-chat"
    assert "All of support-chat" in asked.options


@pytest.mark.parametrize(
    ("page", "scenario", "says"),
    [
        ("alerts", "data", ["4 incidents are open, nobody sees to 1 of them"]),
        ("alerts", "healthy", ["Nothing is open"]),
        ("alerts", "empty", ["No incident yet"]),
        ("alerts", "huge", ["300 incidents are open, nobody sees to any of them"]),
        ("alerts", "hostile", ["incidents are open"]),
        ("alerts", "down", ["The service cannot answer now"]),
        ("alerts", "locked", ["This service wants an API key"]),
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
            ["A budget leaves 37.0 % of its rate", "212 samples wait for it"],
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
        ("costs", "data", ["Judging cost 1.12 USD in 7 days, as far as prices are known", "All judges together"]),
        (
            "costs",
            "data",
            ["190 verdicts come from models without a known price", "USD in 7 days (UTC), at list price"],
        ),
        ("costs", "huge", ["Judging cost", "an estimate: each kept call"]),
        ("costs", "fresh", ["Judging cost nothing", "Checks cost nothing; no model was asked in the last 31 days."]),
        ("costs", "empty", ["No samples yet"]),
        ("costs", "hostile", ["Judging cost", "All judges together"]),
        ("costs", "down", ["The service cannot answer now"]),
        ("costs", "locked", ["This service wants an API key"]),
    ],
)
def test_alerts_coverage_judges_and_costs_say_their_state(
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


def test_only_a_judges_page_speaks_of_judging(app: AppTest, served: tuple[FastAPI, str]) -> None:
    """A page of the feature's latency has examples, before and now, and no word of a judge."""
    served[0].state.world = World("data")
    app.run()
    app.switch_page("pages/regression.py")
    app.query_params["monitor"] = "search-summary-latency_ms"
    said = words(app.run())
    assert "Examples, before and now" in said
    assert [word for word in ("Judge version", "The judge says", "unscored", "ass rate") if word in said] == []


def test_very_long_names_do_not_break_the_page(app: AppTest, served: tuple[FastAPI, str]) -> None:
    """A feature and a judge of hundreds of letters have every section, each with files of its own."""
    world = World("data")
    named = firing("feature-" * 25, "judge-" * 25, monitor_id="long")
    world.monitors.append(named)
    served[0].state.world = world
    app.run()
    app.switch_page("pages/regression.py")
    app.query_params["monitor"] = "long"
    said = words(app.run())
    assert [title for title in ("What happened", "Evidence", "over time") if title not in said] == []


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


@pytest.mark.parametrize(
    ("scenario", "address", "says"),
    [
        ("data", {}, ["The newest 25", "Looked at all samples back to", "Download what matches"]),
        ("data", {"text": "storno"}, ["1 sample", "All samples of this time were looked at.", "The call failed"]),
        ("data", {"text": "nowhere"}, ["No sample matches"]),
        ("data", {"text": "deep"}, ["Nothing yet", "Looked at all samples back to Sat 7 Nov 12:00 UTC."]),
        ("data", {"sample": "talk_3"}, ["Calls the tool `find_invoice`", "It refuses although", "Judge this again"]),
        ("data", {"sample": "nobody"}, ["There is no sample with the id in this address", "The newest 25"]),
        ("data", {"sample": "gone"}, ["The text was deleted after the days that text.days allows."]),
        ("empty", {}, ["curl -X POST"]),
        ("down", {"sample": "talk_3"}, ["The service cannot answer now"]),
        ("locked", {}, ["This service wants an API key"]),
        ("hostile", {}, [f"{len(HOSTILE)} samples"]),
    ],
)
def test_the_samples_page_says_its_state(
    app: AppTest, served: tuple[FastAPI, str], scenario: str, address: dict[str, str], says: list[str]
) -> None:
    """A list, one sample, nothing, and every trouble: in words."""
    served[0].state.world = World(scenario)
    app.switch_page("pages/samples.py")
    for name, value in address.items():
        app.query_params[name] = value
    said = words(app.run())
    assert [phrase for phrase in says if phrase not in said] == []


def test_all_kinds_of_traffic_are_in_the_table(app: AppTest, served: tuple[FastAPI, str]) -> None:
    """Few are seen at once, but what is downloaded is what there is."""
    served[0].state.world = World("hostile")
    app.run()
    app.switch_page("pages/regression.py")
    app.query_params["monitor"] = served[0].state.world.monitors[0].monitor_id
    app.run()
    assert not app.exception
    assert [len(one.value) for one in app.dataframe if "Share before" in one.value] == [len(HOSTILE)]


def test_what_is_behind_it_stands_before_the_examples(app: AppTest, served: tuple[FastAPI, str]) -> None:
    """Slices, mix and requests in one place; it is said what is compared, and by which keys."""
    served[0].state.world = World("data")
    app.run()
    app.switch_page("pages/regression.py")
    app.query_params["monitor"] = "support-chat-valid_json"
    said = words(app.run())
    titles = [one.value for one in app.subheader]
    assert titles.index("What happened") + 1 == titles.index("The requests") < titles.index("Examples, before and now")
    assert "the kinds of traffic that moved it most, by `language` and `plan`." in said
    assert "Before: the baseline and what came since without an alarm." in said
