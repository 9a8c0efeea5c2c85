"""How incidents, evidence and the audit log read."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from evaluator.alerts.evidence import in_brief
from evaluator.api.incident_shapes import EntryView
from tests.incident_views import NOW, SILENT, alert, entry, evidence, incident, told
from ui.audit_words import note, quoted, what
from ui.components.channel_list import EXAMPLE
from ui.components.history import shown
from ui.components.incident_list import summary, urgency
from ui.components.silence_form import in_zone, known, lacking
from ui.incident_words import alert_headline, evidence_of, headline, lead, seen_to, since, untold, withheld
from ui.moments import zone_of
from ui.told import read

ROOT = Path(__file__).resolve().parents[3]


def test_the_lead_is_what_is_not_explained() -> None:
    """A broken judge speaks for the pass rates that it explains, although these fell more."""
    broken = alert("chat", "tone", "judge_errors", severity="warning", alert_id="b")
    explained = alert("chat", "tone", explained_by="b")
    found = lead(incident(1, [explained, broken]))
    assert found is not None
    assert found.alert_id == "b"


def test_a_headline_counts_what_else_moved() -> None:
    """A few alerts are told by their lead, a storm by its size, an incident without alerts by its title."""
    few = incident(1, [alert("chat", "tone"), alert("chat", "", "latency_ms", severity="warning")])
    assert headline(few) == "Pass rate of `tone` on `chat` fell from 97.1\u00a0% to 88.0\u00a0% at the alarm (+1 more)"
    assert headline(incident(1, [alert(f"f{i}", "tone") for i in range(5)])) == (
        "5 alerts of 5 features that began at one time"
    )
    assert headline(few.model_copy(update={"alerts": [], "title": "*x*"})) == "`*x*`"


def test_what_goes_on_is_told_by_the_last_look() -> None:
    """The alert has the share that the last look saw, also where the newest message is older; at its end no more."""
    told_then, now = evidence("chat", "tone"), {"size": 0.2, "lo": 0.15, "hi": 0.25, "rate": 0.771}
    one = alert("chat", "tone", evidence={**told_then, "drop": {**told_then["drop"], "now": now}})
    assert alert_headline(one).endswith("fell from 97.1\u00a0% to 77.1\u00a0% by now")
    message = told(1, "firing", alert("chat", "tone", evidence=told_then), alert_id=one.alert_id)
    assert evidence_of(incident(1, [one], notifications=[message])).last_seen == (0.771, "by now")


@pytest.mark.parametrize("resolved", [False, True])
def test_a_brief_list_reads_as_the_whole(resolved: bool) -> None:
    """What the list of incidents leaves out of the evidence, no headline needs."""
    rule = {**evidence("chat", ""), "rule": {"name": "five", "in_words": "pass rate down 5 points", "kind": "drop"}}
    over = {"resolved_at": NOW} if resolved else {}
    watched = alert("chat", "tone", **over), alert("chat", "", "latency_ms", **over), alert("chat", "", evidence=rule)
    for one in watched:
        whole = incident(1, [one])
        short = incident(1, [one.model_copy(update={"evidence": in_brief(one.evidence)})])
        assert "examples" not in short.alerts[0].evidence
        assert (headline(short), since(short, UTC)) == (headline(whole), since(whole, UTC))


def test_a_plain_rule_is_told_as_one() -> None:
    """The alert of a plain rule has its name and its sentence."""
    rule = {**evidence("chat", ""), "rule": {"name": "five", "in_words": "pass rate down 5 points", "kind": "drop"}}
    assert alert_headline(alert("chat", "", evidence=rule)) == "Plain rule `five` on `chat`: `pass rate down 5 points`"


def test_without_evidence_an_alert_is_still_named() -> None:
    """Evidence of another version, or none, leaves the name and when it was opened."""
    bare = incident(0, [alert("chat", "tone", evidence={})])
    assert headline(bare) == "Pass rate of `tone` on `chat` got worse"
    assert since(bare, UTC) == "Opened Wed 18 Nov 15:00 UTC"
    assert not read({"monitor": 7}).known


def test_the_newest_message_is_what_was_told() -> None:
    """Of several messages the last one is shown; where nobody was told, the lead's evidence."""
    one = alert("chat", "tone")
    first, last = told(1, "firing", one), told(1, "updated", one, why="It got worse.")
    later = last.model_copy(update={"occurred_at": NOW})
    assert evidence_of(incident(1, [one], notifications=[later, first])).why == "It got worse."
    assert evidence_of(incident(1, [one])).monitor.judge == "tone"


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({}, "Nobody sees to it yet"),
        ({"acknowledged_by": "Ana"}, "`Ana` sees to it"),
        ({"acknowledged_by": "Ana", "assignee": "Ben"}, "`Ana` sees to it, assigned to `Ben`"),
        ({"acknowledged_by": "Ana", "assignee": "Ana"}, "`Ana` sees to it"),
        ({"assignee": "Ben"}, "Assigned to `Ben`"),
        ({"state": "resolved"}, "Nobody saw to it"),
        ({"state": "resolved", "acknowledged_by": "Ana"}, "`Ana` saw to it"),
        ({"state": "resolved", "resolved_by": "*Ben*"}, "Ended by `*Ben*`"),
        (
            {"state": "resolved", "acknowledged_by": "Ana", "resolved_by": "Ben"},
            "`Ana` saw to it, ended by `Ben`",
        ),
    ],
)
def test_who_sees_to_it(fields: dict[str, Any], says: str) -> None:
    """Who acknowledged and who it is assigned to are told, once where they are one."""
    assert seen_to(incident(1, [alert("chat", "tone")], **fields)) == says


@pytest.mark.parametrize(
    ("why", "says"),
    [
        (None, ""),
        ("silenced", "Nobody was told: silenced"),
        ("past", "Nobody was told: a new rule found it in the past"),
        ("*new*", "Nobody was told: `*new*`"),
        ("explained", "Nobody was told: explained by an outage (error rate on `chat`)"),
    ],
)
def test_why_nobody_was_told(why: str | None, says: str) -> None:
    """The reason is told in words; what explains it by name."""
    outage = alert("chat", "", "errors", alert_id="out")
    explained = alert("chat", "tone", explained_by="out")
    assert withheld(incident(1, [explained], withheld=why), {"out": outage}) == says


def test_what_no_channel_heard_of_is_said() -> None:
    """Open, not held back and without a delivery: nobody was told; what is held back says why instead."""
    one = [alert("chat", "tone")]
    assert untold(incident(1, one, deliveries=[])).startswith("Told to nobody")
    assert untold(incident(1, one, deliveries=[], state="acknowledged")).startswith("Told to nobody")
    for fields in ({}, {"withheld": "silenced"}, {"deliveries": [], "state": "resolved"}):
        assert untold(incident(1, one, **fields)) == ""


def test_the_example_of_channels_is_that_of_the_docs() -> None:
    """Who copies it from the page gets what docs/alerts.md explains."""
    assert EXAMPLE in (ROOT / "docs" / "alerts.md").read_text()


def test_what_nobody_sees_to_comes_first() -> None:
    """Unattended before attended, told before withheld, worse before better, newer before older."""
    one = [alert("chat", "tone")]
    order = [
        incident(3, one),
        incident(2, one),
        incident(9, one, severity="info"),
        incident(8, one, withheld="silenced"),
        incident(7, one, acknowledged_by="Ana"),
    ]
    mixed = [order[place] for place in (3, 0, 4, 2, 1)]
    assert sorted(mixed, key=urgency) == order


def test_the_summary_counts_what_is_unattended() -> None:
    """What is silenced or seen to needs nobody."""
    one = [alert("chat", "tone")]
    seen = incident(1, one, state="acknowledged", acknowledged_by="Ana")
    assert summary([seen], 9).endswith("1 incident is open, none unattended")
    assert summary([seen, incident(2, one)], 9).endswith("2 incidents are open, nobody sees to 1 of them")
    assert summary([incident(2, one), incident(3, one)], 2).endswith(
        "At least 2 incidents are open, nobody sees to any of them"
    )


def test_what_a_silence_covers_needs_nobody_whenever_it_was_set() -> None:
    """An incident that was told and silenced afterwards is not unattended, and stands behind what is."""
    one = [alert("chat", "tone")]
    quiet, loud = incident(2, one, silenced_until=SILENT), incident(1, one, severity="info")
    assert summary([quiet], 9).endswith("1 incident is open, none unattended")
    assert sorted([quiet, loud], key=urgency) == [loud, quiet]


def test_a_line_of_the_log_reads_as_a_sentence() -> None:
    """Every action has words, and those of other parts of the service are told as they are."""

    def words(action: str, **detail: Any) -> str:
        return what(entry(0, action, "Ana", **detail), quoted)

    assert words("told", event="updated", why="worse", channels=["slack"]) == "Told “slack” that it goes on (worse)"
    assert (
        words("told", event="firing", channels=[]) == "Would have told that it fires, but no route leads to a channel"
    )
    assert words("assigned", to=None, **{"from": "Ben"}) == "took it from “Ben”"
    assert words("silence set", matchers={"feature": "a*"}) == "silenced what matches feature = “a*”"
    told = {"model": "claude-haiku-5-5", "cost_usd": 0.00012, "outcome": "ok"}
    assert words("tried", **told) == "tried the rubric on a sample with “claude-haiku-5-5” for 0.00012\u00a0USD (“ok”)"
    assert words("tried", **{**told, "cost_usd": None}) == "tried the rubric on a sample with “claude-haiku-5-5” (“ok”)"
    assert words("tested", error="no route") == "tried the channel: “no route”"
    assert words("moved", release="9") == "moved: “release 9”"
    assert words("silenced") == "Nobody is told: silenced"


def test_the_log_tells_what_is_no_alert_too() -> None:
    """Labels, markers, baselines and messages that were given up."""

    def words(action: str, **detail: Any) -> str:
        return what(entry(0, action, **detail), quoted)

    assert words("label corrected", sample_id="req_1", judge="tone", **{"from": "cold", "to": "neutral"}) == (
        "changed a label for “tone” from “cold” to “neutral”, on sample “req_1”"
    )
    assert words("marked", kind="release", name="9", feature="chat") == "marked release “9” on “chat”"
    assert words("marked", kind="other", name="x", feature=None) == "marked other “x” on every feature"
    window = {"start_at": "2026-11-13T12:00:00+00:00", "end_at": "2026-11-14T12:00:00+00:00"}
    of = {"feature": "chat", "judge": "tone", "metric": "pass_rate"}
    assert words("baseline reset", **of, **window) == (
        "reset the baseline of “chat / tone”: 2026-11-13 12:00 to 2026-11-14 12:00 UTC"
    )
    assert words("given up", attempts=9, error="404") == "A message was given up after 9 attempts: “404”"


def test_the_log_names_metrics_and_reasons_as_the_rest_of_the_page() -> None:
    """An alert joins by the name of its monitor; the first one, which opened it, is not counted twice."""

    def words(action: str, **detail: Any) -> str:
        return what(entry(0, action, **detail), quoted)

    assert words("opened", alerts=2) == "Opened"
    assert (
        words("joined", alert_id="x", feature="chat", judge="", metric="cost_usd") == "An alert joined: “chat / cost”"
    )
    assert words("joined", feature="chat", judge="tone", metric="pass_rate") == "An alert joined: “chat / tone”"
    assert words("silence set", matchers={"metric": "length"}) == "silenced what matches metric = “answer length”"
    assert words("told", event="updated", why="wider", channels=["slack"]) == (
        "Told “slack” that it goes on (new to this channel)"
    )


def test_what_people_wrote_stands_beside() -> None:
    """The text of a comment, a note or a reason is told apart from the action."""
    assert note(entry(0, "commented", "Ana", text="Hm.")) == "Hm."
    assert note(entry(0, "opened", alerts=2)) == ""
    assert shown("a\n\n\n\x1b[31mb\u202e") == "a\n\n[31mb"


def test_a_details_value_of_any_kind_is_told() -> None:
    """What another version wrote into the log does not stop the page."""
    odd = EntryView(
        ts=datetime(2026, 1, 1, tzinfo=UTC), actor="x", via="y", key=None, action="told", subject="s", subject_id="i",
        detail={"channels": None, "event": 3, "why": ["w"]},
    )  # fmt: skip
    assert what(odd, quoted) == "Would have told 3, but no route leads to a channel"


def test_the_form_knows_every_value_and_what_is_lacking() -> None:
    """Matchers are chosen among what is known; at least one and a reason are needed."""
    assert known([], [])["severity"] == ["critical", "warning", "info"]
    assert lacking({}, "why").startswith("choose at least one")
    assert lacking({"feature": "a"}, " ") == "write the reason first."
    assert lacking({"feature": "a"}, "why") == ""


def test_times_in_fields_are_the_readers() -> None:
    """What is typed is meant in the reader's zone."""
    assert in_zone(NOW.replace(tzinfo=None), zone_of("Europe/Berlin")) == "2026-11-20T12:00:00+01:00"
