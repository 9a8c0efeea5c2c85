"""The message as people read it."""

from __future__ import annotations

from dataclasses import replace

from evaluator.alerts.evidence import pack, with_recovery
from evaluator.alerts.wording import render_text, title
from evaluator.api.shapes import Bounded, Interval
from evaluator.drift.drop import Drop
from store.records import Series
from tests.builders import make_sample, make_verdict


def test_message(facts):
    """A message tells value, baseline, drop, onset, evidence, notes, examples and the link, a line each."""
    assert render_text(pack(facts)) == (
        "Pass rate 82.0 % (78.8 % to 84.9 %, n = 612)\n"
        "Baseline 95.0 % (93.5 % to 96.2 %, n = 1,000)\n"
        "Down 13.0 points at the alarm, same mix (9.8 to 16.2)\n"
        "Since 2026-11-19 14:00 UTC (90 % sure: 2026-11-19 11:00 UTC to 2026-11-19 16:00 UTC)\n"
        "Nearest marker: release 2026.11.3 went out 12 minutes before the likeliest onset, inside its 90 % interval\n"
        "Same requests, same mix: the answers got worse.\n"
        "Most in language=de: 95.2 % → 61.0 % (n = 204)\n"
        "Evidence 31,000:1 against ‘nothing changed’, threshold 25,920"
        " (budget: 1 false alarm per 30 days over all monitors)\n"
        "Verdicts: 98.1 % of what was to be judged (100.0 % in the baseline); 3 failed, 9 wait\n"
        "Note: may be missing data\n"
        "Failing example 1, s1\n"
        "Asked: Where is my order?\n"
        "Answered: It is on its way.\n"
        "Judge: Rude.\n"
        "http://127.0.0.1:8321/regression?monitor=m%2F1"
    )


def test_title(facts):
    """The title names feature and judge, the pass rate and what it was."""
    assert title(pack(facts)) == "support-chat · tone: pass rate 82.0 %, was 95.0 %"


def test_resolved_message(facts):
    """A resolved alert says so first, with the rate at which it recovered, and shows no examples."""
    since = Drop(reference=0.95, now=0.84, size=0.11, lo=0.08, hi=0.14, votes=500)
    recovered = with_recovery(pack(facts), Interval(n=300, rate=0.947, lo=0.91, hi=0.97), since)
    evidence = {**recovered, "state": "resolved", "resolved_at": "2026-11-20T15:00:00Z"}
    assert title(evidence) == "Resolved: support-chat · tone: pass rate 94.7 %"
    assert render_text(evidence).startswith(
        "Resolved at 2026-11-20 15:00 UTC: pass rate 94.7 % (91.0 % to 97.0 %, n = 300)."
    )
    assert "Down 11.0 points from the alarm to the recovery (8.0 to 14.0)" in render_text(evidence)
    assert "Failing example" not in render_text(evidence)


def slower(facts):
    """A share of slow answers that rose from 10 % to 24 %: a metric of the feature, without judge and examples."""
    return replace(
        facts,
        bad="up",
        monitor=replace(facts.monitor, series=Series(feature="support-chat", metric="latency_ms")),
        check=replace(facts.check, says="latency slower than the baseline's p90 (812 ms)", p_ref=0.1, p_now=0.241),
        reference=Interval(n=1000, rate=0.1, lo=0.083, hi=0.12),
        current=Bounded(n=612, rate=0.241, lo=0.209, hi=0.276, unscored=0, worst=0.241, best=0.241),
        examples=(),
    )


def test_a_metric_of_the_feature_alone(facts):
    """Without a judge the title names the feature; the share is in words, and what rose is said to be up."""
    evidence = pack(slower(facts))
    assert title(evidence) == "support-chat: latency slower than the baseline's p90 (812 ms): 24.1 %, was 10.0 %"
    assert render_text(evidence).splitlines()[:3] == [
        "Latency slower than the baseline's p90 (812 ms): 24.1 % (20.9 % to 27.6 %, n = 612)",
        "Baseline 10.0 % (8.3 % to 12.0 %, n = 1,000)",
        "Up 13.0 points at the alarm, same mix (9.8 to 16.2)",
    ]
    text = render_text(evidence)
    assert not [word for word in ("ass rate", "Down", "Judge:", "Failing") if word in text]


def test_a_resolved_metric_of_the_feature_alone(facts):
    """The share that came back is the one that had moved."""
    recovered = with_recovery(pack(slower(facts)), Interval(n=300, rate=0.1, lo=0.07, hi=0.14))
    evidence = {**recovered, "state": "resolved", "resolved_at": "2026-11-20T15:00:00Z"}
    back = "latency slower than the baseline's p90 (812 ms): 10.0 %"
    assert title(evidence) == f"Resolved: support-chat: {back}"
    assert render_text(evidence).startswith(f"Resolved at 2026-11-20 15:00 UTC: {back} (7.0 % to 14.0 %, n = 300).")


def test_a_label_of_a_sample_is_harmless(facts):
    """The label in a share's words was written by a stranger: a message shows it without markup, links and mentions."""
    evil = "with stop reason <!channel> @everyone [x](http://evil.example) *b*\n# x"
    told = replace(
        slower(facts),
        monitor=replace(facts.monitor, series=Series(feature="chat", metric="stop_reason")),
        check=replace(facts.check, says=evil),
    )
    text = "\n".join([title(pack(told)), *render_text(pack(told)).splitlines()[:-1]])
    assert text.startswith("chat: share with stop reason ＜")
    assert not set(text) & set("<>@[]*`#&|")
    assert "://" not in text


def test_an_alert_of_an_older_version_is_a_pass_rate(facts):
    """Evidence that was stored before there were other metrics reads as it did."""
    evidence = {name: told for name, told in pack(facts).items() if name not in ("says", "bad", "share")}
    evidence["monitor"] = {name: told for name, told in evidence["monitor"].items() if name != "metric"}
    assert title(evidence) == title(pack(facts))
    assert render_text(evidence) == render_text(pack(facts))


def test_hostile_sample_in_a_message(facts):
    """Whatever feature, sample and judge say, a message mentions nobody and links nowhere but to our page."""
    evil = "<!channel> @everyone [x](http://evil.example) <b>&amp; *b* `c`\n# x"
    example = (make_sample(evil, ask=evil, text=evil), make_verdict(evil, passed=False, explanation=evil))
    monitor = replace(facts.monitor, series=Series(feature=evil, judge="tone", judge_version="v1"))
    marker = replace(facts.marker, marker=replace(facts.marker.marker, name=evil))
    slices = (facts.explanation.slices[0].model_copy(update={"name": evil}),)
    explanation = replace(facts.explanation, sentence=evil, slices=slices, mix_in_words=evil)
    told = replace(facts, monitor=monitor, examples=[example], marker=marker, explanation=explanation)
    evidence = pack(replace(told, check=replace(facts.check, flags=(evil,))))
    text = "\n".join([title(evidence), *render_text(evidence).splitlines()[:-1]])
    assert not set(text) & set("<>@[]*`#&|")
    assert "://" not in text


def test_fits_a_phone(facts):
    """A message with three long examples stays under 2,000 characters, the shortest limit of the common services."""
    long = (
        make_sample("s" * 500, ask="a " * 5000, text="b " * 5000),
        make_verdict("s1", passed=False, explanation="c " * 900),
    )
    slices = (facts.explanation.slices[0].model_copy(update={"name": "d " * 500}),)
    explanation = replace(facts.explanation, sentence="e " * 500, slices=slices)
    assert len(render_text(pack(replace(facts, examples=[long] * 3, explanation=explanation)))) < 2000


def test_no_votes_is_no_number(facts):
    """A rate without votes is said to be without votes, not to be zero."""
    nothing = Bounded(n=0, rate=None, lo=None, hi=None, unscored=0, worst=None, best=None)
    assert render_text(pack(replace(facts, current=nothing))).startswith("Pass rate without votes\n")


def test_an_alert_without_a_marker_names_none(facts):
    """Nothing near the onset, or an alert that was stored before there were markers: no line about one."""
    old = {key: value for key, value in pack(facts).items() if key != "marker"}
    assert "marker" not in render_text(pack(replace(facts, marker=None)))
    assert "marker" not in render_text(old)


def test_an_alert_that_was_not_explained_still_speaks(facts):
    """What happened could not be said, or was not asked yet when the alert was stored: the lines are missing."""
    old = {key: value for key, value in pack(facts).items() if key not in ("why", "where", "mix", "inputs", "bounds")}
    for told in (pack(replace(facts, explanation=None)), old):
        assert "Most in" not in render_text(told)


def told(facts, *others, **fields):
    """What is sent of an incident whose lead is the fall in `facts`; `others` are (feature, title) of its alerts."""
    listed = [{"feature": feature, "title": said, "explained_by": None, "silenced": False} for feature, said in others]
    incident = {
        "count": 1 + len(listed),
        "alerts": [{"feature": "support-chat", "title": "the lead", "explained_by": None, "silenced": False}, *listed],
        "assignee": None,
        "acknowledged_by": None,
        "link": "http://127.0.0.1:8321/alerts?incident=i1",
    }
    return {**pack(facts), "state": "firing", "severity": "critical", "owner": "", "incident": incident, **fields}


def test_an_incident_says_how_severe_it_is_and_what_else_there_is(facts):
    """The title has the severity and how many more alerts there are; the text names them and who owns the feature."""
    data = told(facts, ("support-chat", "support-chat · style: pass rate 70.0 %, was 90.0 %"), owner="team-a")
    assert title(data) == "Critical: support-chat · tone: pass rate 82.0 %, was 95.0 % (+1 more)"
    lines = render_text(data).splitlines()
    at = lines.index("Owner: team-a")
    assert lines[at + 1 : at + 4] == [
        "1 more in this incident:",
        "- support-chat · style: pass rate 70.0 %, was 90.0 %",
        "Acknowledge, silence or see all of it: http://127.0.0.1:8321/alerts?incident=i1",
    ]


def test_an_update_says_why_it_comes(facts):
    """An update has its reason in the title, and title and text begin with the share by now."""
    drop = {**pack(facts)["drop"], "now": {"size": 0.2, "lo": 0.17, "hi": 0.23, "rate": 0.75}}
    data = told(facts, update={"why": "worse"}, drop=drop)
    assert title(data) == "Critical (worse): support-chat · tone: pass rate now 75.0 %, was 95.0 %"
    by_now = "Pass rate by now 75.0 %: down 20.0 points at the same mix (17.0 to 23.0)"
    assert render_text(data).startswith(f"{by_now}\nAt the alarm 82.0 %")
    assert "(new to this channel)" in title(data | {"update": {"why": "wider"}})


def test_an_end_by_hand_is_no_recovery(facts):
    """Who ended it and why stand first, with the share as the last look saw it, and no word of a recovery."""
    data = told(facts, state="resolved", resolved_at="2026-11-20T15:00:00Z")
    data["drop"] = {**data["drop"], "now": {"size": 0.2, "lo": 0.17, "hi": 0.23, "rate": 0.75}}
    data["incident"] |= {"resolved_by": "<b>Nora", "resolved_note": "rolled back"}
    assert title(data) == "Resolved: support-chat · tone: pass rate 75.0 %"
    assert render_text(data).splitlines()[:3] == [
        "Ended by hand by ＜b＞Nora at 2026-11-20 15:00 UTC: rolled back",
        "The last look saw pass rate 75.0 %.",
        "When it fired:",
    ]


def test_a_storm_is_told_by_its_size(facts):
    """An incident of many features is named by how many alerts and features it has."""
    data = told(facts, *((f"f{n}", "x") for n in range(9)))
    assert title(data) == "Critical: 10 alerts of 10 features that began at one time"
    data["incident"]["count"] = 200
    assert title(data) == "Critical: 200 alerts of at least 10 features that began at one time"
    assert title({**data, "state": "resolved"}).startswith("Resolved: 200 alerts")


def test_a_test_and_a_report_have_words_of_their_own():
    """A message that tries a channel says so; a report has its own title and text."""
    tried = {"test": True, "channel": "oncall", "text": "ana tries this channel"}
    report = {"digest": {"title": "Leadline, last week", "text": "2 regressions\n1 is over"}}
    assert (title(tried), render_text(tried)) == ("Test of the channel oncall", "ana tries this channel")
    assert (title(report), render_text(report)) == ("Leadline, last week", "2 regressions\n1 is over")
