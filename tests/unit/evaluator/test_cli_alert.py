"""What the alert commands make of their arguments, and how they print what they find."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

from evaluator.api.alert_shapes import AlertView, DeliveryView
from evaluator.api.incident_shapes import (
    AckRequest,
    ChannelView,
    EntryView,
    IncidentView,
    NotificationView,
    SilenceView,
    WayView,
)
from evaluator.cli.acting import length, login_name, request
from evaluator.cli.alert_incident import print_incident
from evaluator.cli.alert_remote import RemoteAlerts
from evaluator.cli.alert_silences import labels, times
from evaluator.cli.alert_tables import (
    print_channels,
    print_deliveries,
    print_incidents,
    print_log,
    print_routes,
    until,
    window,
)
from evaluator.cli.remote import Remote
from evaluator.errors import InputError, LeadlineError

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOSTILE = "a\x1b[2J\u202eb"


def incident(**fields: Any) -> IncidentView:
    """An open incident of one alert; name what is different."""
    alert = AlertView(
        alert_id="alert_1",
        monitor_id="m1",
        feature="chat",
        judge="tone",
        metric="pass_rate",
        state="firing",
        fired_at=NOON,
        resolved_at=None,
        evidence={},
        deliveries=[],
    )
    usual: dict[str, Any] = {
        "incident_id": "inc_1",
        "title": "chat · tone: pass rate 80.0 %, was 95.0 %",
        "state": "firing",
        "severity": "critical",
        "opened_at": NOON,
        "resolved_at": None,
        "acknowledged_at": None,
        "acknowledged_by": None,
        "assignee": None,
        "withheld": None,
        "alerts": [alert],
        "deliveries": [delivery()],
    }
    return IncidentView(**usual | fields)


def delivery(**fields: Any) -> DeliveryView:
    """A delivery that waits; name what is different."""
    usual: dict[str, Any] = {
        "event_id": "inc_1:firing",
        "channel": "ops",
        "event": "firing",
        "state": "pending",
        "attempts": 2,
        "created_at": NOON,
        "next_attempt_at": NOON + timedelta(minutes=5),
        "delivered_at": None,
        "last_error": "the target answered 503",
    }
    return DeliveryView(**usual | fields)


def entry(**fields: Any) -> EntryView:
    """A comment in the log; name what is different."""
    usual: dict[str, Any] = {
        "ts": NOON,
        "actor": "ana",
        "via": "command",
        "key": None,
        "action": "commented",
        "subject": "incident",
        "subject_id": "inc_1",
        "detail": {"text": "on it"},
    }
    return EntryView(**usual | fields)


def silenced(**fields: Any) -> SilenceView:
    """A silence of two hours from noon; name what is different."""
    usual: dict[str, Any] = {
        "silence_id": "sil_1",
        "kind": "silence",
        "matchers": {"feature": "chat"},
        "starts_at": NOON,
        "ends_at": NOON + timedelta(hours=2),
        "every": None,
        "reason": "rollback",
        "created_at": NOON,
        "created_by": "ana",
        "ended_at": None,
        "ended_by": None,
        "state": "active",
        "covers": 1,
    }
    return SilenceView(**usual | fields)


@pytest.mark.parametrize("text", ["", "2", "h", "2 h", "-2h", "2y", "1.5h", "2hx", "99999h", "٢h٣"])
def test_what_is_no_length_is_refused(text: str) -> None:
    """The error names the option and shows how one is written."""
    with pytest.raises(InputError, match=r"--for .*write 30m, 2h, 3d or 1w"):
        length(text, "--for")


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        (["feature"], "write LABEL=GLOB"),
        (["=chat"], "write LABEL=GLOB"),
        (["feature="], "write LABEL=GLOB"),
        (["team=ops"], "no label 'team'; a matcher names one of feature, judge"),
        (["feature=a", "feature=b"], "given twice"),
    ],
)
def test_what_is_no_matcher_is_refused(given: list[str], complaint: str) -> None:
    """The error says what a matcher looks like."""
    with pytest.raises(InputError, match=complaint):
        labels(given)


def span(**given: str) -> dict[str, Any]:
    return times({"length_text": None, "until_text": None, "from_text": None, **given}, NOON)


def test_a_silence_lasts_from_now_or_its_start() -> None:
    """--for counts from --from where that is given; the start itself is left to the service otherwise."""
    assert span(length_text="2h") == {"starts_at": None, "ends_at": NOON + timedelta(hours=2)}
    later = NOON + timedelta(days=1)
    assert span(length_text="1d", from_text=later.isoformat())["ends_at"] == later + timedelta(days=1)
    assert span(until_text="2026-11-21T12:00:00Z")["ends_at"] == later


@pytest.mark.parametrize("given", [{}, {"length_text": "2h", "until_text": "2026-11-21T12:00:00Z"}])
def test_a_silence_needs_one_end(given: dict[str, str]) -> None:
    """Neither --for nor --until, or both, is refused with an example of each."""
    with pytest.raises(InputError, match="either --for 2h, or --until 2026"):
        span(**given)


@pytest.mark.parametrize(
    "given", [{"from_text": "9999-12-31T00:00:00Z", "length_text": "9999w"}, {"until_text": "0001-01-01T00:00:00Z"}]
)
def test_a_time_beyond_all_bounds_is_refused(given: dict[str, str]) -> None:
    """It would overflow where something is added to it."""
    with pytest.raises(InputError, match="between the years 1970 and 9000"):
        span(**given)


async def answered(status: int, detail: str) -> IncidentView:
    """What is made of a service that refuses to show an incident."""
    transport = httpx2.MockTransport(lambda _: httpx2.Response(status, json={"detail": detail}))
    async with httpx2.AsyncClient(transport=transport, base_url="http://service") as client:
        return await RemoteAlerts(Remote(client)).incident("inc_1")


@pytest.mark.parametrize(
    ("status", "detail", "told"),
    [
        (
            404,
            "There is no incident 'a'; GET /v1/incidents lists them.",
            r"^There is no incident 'a'; `leadline alert list",
        ),
        (404, "Not Found", "^the service does not know what this command asks for: it is of an older version"),
        (500, "oh", "^http://service/v1/incidents/inc_1 answered 500: oh"),
    ],
)
async def test_what_a_service_refuses_is_said_for_people_at_a_terminal(status: int, detail: str, told: str) -> None:
    """Its own words name commands instead of routes; a route that it does not have, and a fault, are told apart."""
    with pytest.raises(LeadlineError, match=told):
        await answered(status, detail)


def test_a_request_that_cannot_be_made_names_its_field() -> None:
    """What pydantic says becomes one sentence."""
    with pytest.raises(InputError, match="note: String should have at most 4000 characters"):
        request(AckRequest, by="ana", note="x" * 4001)


def test_somebody_without_a_login_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a container whose user has no name, the log says so; elsewhere the login name counts."""
    monkeypatch.setenv("LOGNAME", "ana")
    assert login_name() == "ana"
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("os.getuid", lambda: 4_000_000_000)
    assert login_name() == "unknown"


def test_incidents_say_who_was_told(capsys: pytest.CaptureFixture[str]) -> None:
    """Silenced ones, and those whose route leads nowhere, can be told from the others; who has it is named."""
    found = [
        incident(assignee="ana"),
        incident(withheld="silenced", deliveries=[]),
        incident(deliveries=[], acknowledged_by="bob"),
    ]
    print_incidents(found, "open")
    _, first, second, third, *_ = capsys.readouterr().out.splitlines()
    assert first.split("  ")[2] == "firing"
    assert first.split()[-1] == "ana"
    assert "firing, not told: silenced" in second
    assert "firing, told to nobody" in third
    assert third.split()[-1] == "bob"


@pytest.mark.parametrize(
    ("state", "told"),
    [
        ("open", "No incident is open. `--state all`"),
        ("resolved", "lists the open ones"),
        ("all", "There was no incident yet."),
    ],
)
def test_no_incident_is_said_in_words(capsys: pytest.CaptureFixture[str], state: str, told: str) -> None:
    """An empty list says what to look for instead."""
    print_incidents([], state)
    assert told in capsys.readouterr().out


def test_an_incident_without_a_message_shows_its_alert(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing was told, and an alert of old has no evidence: alerts and history are there all the same."""
    print_incident(incident(deliveries=[], withheld="past", history=[entry()]))
    out = capsys.readouterr().out
    assert "inc_1: critical, firing, not told: past; fired at 2026-11-20 12:00 UTC" in out
    assert "nobody sees to it yet: `leadline alert ack inc_1`" in out
    assert "pass rate of tone" in out
    assert "2026-11-20 12:00  ana (command) commented: text: on it" in out


def test_who_has_an_incident_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """Assignment, acknowledgement and end are a line each."""
    later = NOON + timedelta(hours=1)
    print_incident(incident(assignee="bob", acknowledged_by="ana", acknowledged_at=NOON, resolved_at=later))
    out = capsys.readouterr().out
    assert "resolved at 2026-11-20 13:00 UTC\nassigned to bob\nacknowledged by ana at 2026-11-20 12:00 UTC" in out
    assert "nobody sees to it" not in out


def test_nothing_hostile_steers_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """Control and direction-changing characters of names, texts and errors become question marks everywhere."""
    told = NotificationView(event_id="e", event="firing", occurred_at=NOON, data={"test": True, "text": HOSTILE})
    bad = incident(
        title=HOSTILE, assignee=HOSTILE, notifications=[told], history=[entry(detail={"text": HOSTILE}, actor=HOSTILE)]
    )
    print_incidents([bad], "all")
    print_incident(bad)
    print_log([entry(actor=HOSTILE, subject_id=HOSTILE, detail={HOSTILE: {HOSTILE: HOSTILE}})])
    print_deliveries([delivery(last_error=HOSTILE, event_id=HOSTILE)])
    print_routes(
        [
            WayView(feature=HOSTILE, owner=HOSTILE, severity="info", route="r", channels=[], held_until=None),
        ]
    )
    out = capsys.readouterr().out
    assert "a?[2J?b" in out
    assert not {"\x1b", "\u202e"} & set(out)


def test_a_long_comment_is_cut_in_the_log_alone(capsys: pytest.CaptureFixture[str]) -> None:
    """A table's rows are as wide as its longest cell; the incident's history has all of it."""
    long = "word " * 200
    print_log([entry(detail={"text": long}), entry()])
    assert max(map(len, capsys.readouterr().out.splitlines())) < 240
    print_incident(incident(history=[entry(detail={"text": long})]))
    assert long.strip() in capsys.readouterr().out


def test_a_wide_table_is_never_cut(capsys: pytest.CaptureFixture[str]) -> None:
    """Ids are copied from tables, so they must be whole however wide the others make it."""
    print_log([entry(subject_id="i" * 150, detail={"text": "t" * 110})])
    out = capsys.readouterr().out
    assert "i" * 150 in out
    assert "t" * 110 in out


def test_the_log_says_when_there_is_more(capsys: pytest.CaptureFixture[str]) -> None:
    """A list as long as its limit names the option; a shorter one does not, and an empty one is said in words."""
    print_log([entry()] * 2, 2)
    assert "The newest 2; --limit 20 shows more." in capsys.readouterr().out
    print_log([entry()], 2)
    assert "--limit" not in capsys.readouterr().out
    print_log([])
    assert capsys.readouterr().out == "Nothing was done yet.\n"


def test_deliveries_show_the_next_attempt_of_what_waits(capsys: pytest.CaptureFixture[str]) -> None:
    """What is dead has none; both show why they failed."""
    print_deliveries([delivery(), delivery(state="dead")])
    _, waits, dead = capsys.readouterr().out.splitlines()
    assert "2026-11-20 12:05" in waits
    assert "2026-11-20 12:05" not in dead
    assert "the target answered 503" in dead


def test_a_route_to_nobody_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    """An empty list of channels is the word nobody; quiet hours show their end."""
    way = {"feature": "chat", "owner": "", "severity": "info", "route": "night"}
    print_routes([WayView(**way, channels=[], held_until=None), WayView(**way, channels=["ops"], held_until=NOON)])
    _, nobody, held = capsys.readouterr().out.splitlines()
    assert "nobody" in nobody
    assert held.split()[-3:] == ["ops", "2026-11-20", "12:00"]


def test_channels_show_their_trouble(capsys: pytest.CaptureFixture[str]) -> None:
    """One that fails says why, and when it is tried again; one that was removed is still listed."""
    usual: dict[str, Any] = {
        "waiting": 3, "oldest_at": NOON, "failures": 2, "dead": 1, "delivered_last_day": 0, "last_delivered_at": None,
    }  # fmt: skip
    failing = ChannelView(
        name="ops", kind="webhook", state="failing", last_error="the target answered 503", retry_at=NOON, **usual
    )
    gone = ChannelView(name="old", kind="", state="removed", last_error=None, retry_at=None, **usual)
    print_channels([failing, gone])
    _, first, second = capsys.readouterr().out.splitlines()
    assert all(word in first for word in ("failing", "2026-11-20 12:00", "the target answered 503"))
    assert "removed" in second


def test_a_window_that_comes_again_says_so() -> None:
    """Its end is not the end of it, until somebody ends it."""
    again = silenced(every="day", kind="maintenance")
    assert until(again) == "from 2026-11-20 12:00 to 2026-11-20 14:00 UTC, and every day at that time"
    assert window(again)[1] == "2026-11-20 14:00, and again"
    assert window(again.model_copy(update={"ended_at": NOON}))[1] == "2026-11-20 12:00"
    assert until(silenced()) == "from 2026-11-20 12:00 to 2026-11-20 14:00 UTC"
