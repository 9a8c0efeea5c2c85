"""What Slack, PagerDuty, Opsgenie, Discord and ntfy get by apprise, checked against their documentation."""

from __future__ import annotations

import json
import re

import pytest
from apprise.plugins import discord, opsgenie, pagerduty, slack

from evaluator.alerts.channels import build, takes_pictures
from evaluator.alerts.message import Attachment, DeliveryError
from evaluator.errors import ConfigError
from evaluator.plots.regression import Course, Point, chart
from evaluator.settings_alerts import AlertSettings, ChannelSettings
from tests import incident_data
from tests.lint.source import ROOT
from tests.unit.evaluator.alerts import schemas
from tests.unit.evaluator.alerts.receiver import receiving, self_signed
from tests.unit.evaluator.alerts.schemas import wrong

KEY = "0123456789abcdef0123456789abcdef"
SERVICES = {
    "slack": "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/",
    "blocks": "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/?blocks=yes",
    "bot": "slack://xoxb-1234-1234-abc124/#alerts",
    "pagerduty": f"pagerduty://{KEY}@{'a' * 20}",
    "opsgenie": "opsgenie://abcd1234-ab12-ab12-ab12-abcdef123456",
    "discord": f"discord://{'1' * 18}/{'a' * 68}",
    "ntfy": "ntfy://127.0.0.1:{port}/leadline?auth=token&token=tk_planted",
}
SCHEMAS = {
    "slack": schemas.SLACK,
    "blocks": schemas.SLACK,
    "bot": schemas.SLACK,
    "pagerduty": schemas.PAGERDUTY,
    "opsgenie": schemas.OPSGENIE,
    "discord": schemas.DISCORD,
    "ntfy": schemas.NTFY,
}
ANSWERS = {
    "/slack/": (200, b"ok"),
    "/bot/chat.postMessage": (200, b'{"ok": true, "channel": "C1"}'),
    "/bot/files.completeUploadExternal": (200, b'{"ok": true, "files": [{"id": "F1"}]}'),
    "/upload": (200, b"OK - 123"),
    "/pagerduty": (202, b'{"status": "success"}'),
    "/opsgenie": (202, b'{"requestId": "43a29c5c"}'),
    "/discord": (204, b""),
    "/": (200, b"{}"),
}
PNG = Attachment("leadline.png", "image/png", b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
DOCS = (ROOT / "docs" / "alerts.md").read_text(encoding="utf-8")
HOSTILE = "<!channel> @everyone <at>boss</at> [pay](http://evil.example) \x00\u202e *b* `c` " + "漢" * 50


@pytest.fixture
def services(receiver, monkeypatch):
    """The services' addresses lead to the receiver, which answers as they do."""
    home = receiver.url(path="")
    monkeypatch.setattr(slack.NotifySlack, "webhook_url", f"{home}/slack")
    monkeypatch.setattr(slack.NotifySlack, "api_url", f"{home}/bot/{{}}")
    monkeypatch.setattr(slack.NotifySlack, "request_rate_per_sec", 0)
    monkeypatch.setattr(discord.NotifyDiscord, "notify_url", f"{home}/discord")
    monkeypatch.setitem(pagerduty.PAGERDUTY_API_LOOKUP, "us", f"{home}/pagerduty")
    monkeypatch.setitem(opsgenie.OPSGENIE_API_LOOKUP, "us", f"{home}/opsgenie")
    url = json.dumps({"ok": True, "file_id": "F1", "upload_url": f"{home}/upload"}).encode()
    receiver.usual_at = {"/bot/files.getUploadURLExternal": (200, url), **ANSWERS}
    return receiver


def channel(url, **fields):
    """The channel of this apprise URL."""
    settings = ChannelSettings(name="team", kind="apprise", url_env="TEAM_URL", **fields)
    [built] = build(AlertSettings(channels=(settings,)), {"TEAM_URL": url})
    return built


async def sent(services, name, event="firing", told=None, attachments=()):
    """What the service got, as JSON, for one event."""
    message = incident_data.message(event, told or incident_data.data(), attachments=attachments)
    await channel(SERVICES[name].format(port=services.port)).send(message)
    return [call.json for call in services.calls if call.body.startswith(b"{")]


def hostile():
    """Data whose every text from outside is hostile and long."""
    example = {**incident_data.EXAMPLE, "request": HOSTILE, "response": HOSTILE, "explanation": HOSTILE}
    monitor = {"monitor_id": "m1", "feature": HOSTILE, "judge": HOSTILE, "judge_version": "v1", "metric": "pass_rate"}
    where = [
        {"name": HOSTILE, "score": 9.0, "rate_before": 0.9, "rate_now": 0.5, "n_before": 100, "n_now": 100}
        for _ in range(60)
    ]
    return incident_data.data(monitor=monitor, examples=[example] * 30, says=HOSTILE, where=where, why=HOSTILE)


@pytest.mark.parametrize("name", SERVICES)
@pytest.mark.parametrize("told", [incident_data.data(), hostile()], ids=["usual", "hostile"])
async def test_services_take_it(services, name, told):
    """Each service takes the message in one piece, however long and hostile its texts are."""
    [body] = await sent(services, name, told=told)
    assert wrong(SCHEMAS[name], body) == []


@pytest.mark.parametrize("name", SERVICES)
async def test_nothing_is_a_mention_or_a_link(services, name):
    """No text from a sample mentions a channel or a person, or places a link."""
    told = json.dumps(await sent(services, name, told=hostile()), ensure_ascii=False)
    assert not [mark for mark in ("<!", "@everyone", "<at>", "](", "http://evil", "&lt;!") if mark in told]


@pytest.mark.parametrize("name", ["slack", "blocks", "bot", "discord", "ntfy", "opsgenie", "pagerduty"])
async def test_title_value_and_link_arrive(services, name):
    """A long message keeps its title, its first facts and the link to the page."""
    told = json.dumps(await sent(services, name, told={**hostile(), "monitor": incident_data.EVIDENCE["monitor"]}))
    for words in ("support-chat", "82.0 %", "http://leadline.example/regression?monitor=m1"):
        assert words in told


async def test_pagerduty_opens_and_resolves_one_incident(services):
    """Firing, worse and over are one PagerDuty incident: the same key, the text as details, then a resolve."""
    [opened] = await sent(services, "pagerduty")
    assert (opened["event_action"], opened["dedup_key"]) == ("trigger", "incident-7")
    payload = opened["payload"]
    assert payload["summary"] == "Critical: support-chat · tone: pass rate 82.0 %, was 95.0 % (+1 more)"
    assert (payload["severity"], payload["source"], payload["component"]) == ("critical", "support-chat", "tone")
    assert "Baseline 95.0 %" in payload["custom_details"]["text"]
    assert opened["links"] == [{"href": "http://leadline.example/alerts?incident=incident-7"}]
    await sent(services, "pagerduty", "updated", incident_data.data(update={"why": "worse"}))
    *_, closed = await sent(services, "pagerduty", "resolved", incident_data.data(resolved_at=incident_data.NOON))
    assert [call.json["dedup_key"] for call in services.calls] == ["incident-7"] * 3
    assert closed == {"routing_key": KEY, "event_action": "resolve", "dedup_key": "incident-7"}


@pytest.mark.parametrize(("severity", "theirs"), [("critical", "critical"), ("warning", "warning"), ("info", "info")])
async def test_severity(services, severity, theirs):
    """The incident's severity is the page's."""
    [body] = await sent(services, "pagerduty", told=incident_data.data(severity=severity))
    assert body["payload"]["severity"] == theirs


async def test_what_the_url_says_goes_first(services):
    """A key, details and an action in the URL stay as they are."""
    url = SERVICES["pagerduty"] + "/web/api?dedup=mine&action=trigger&+team=a&click=https://a.example/"
    await channel(url).send(incident_data.message("resolved", incident_data.data(resolved_at=incident_data.NOON)))
    body = services.calls[0].json
    assert (body["event_action"], body["dedup_key"]) == ("trigger", "mine")
    assert (body["payload"]["source"], body["payload"]["component"]) == ("web", "api")
    assert body["payload"]["custom_details"]["team"] == "a"
    assert body["links"] == [{"href": "https://a.example/"}]


@pytest.mark.parametrize("severity", ["critical", "warning", "info"])
async def test_opsgenie_opens_one_alert(services, severity):
    """Every severity opens an alert, and the same one for the same incident."""
    [body] = await sent(services, "opsgenie", told=incident_data.data(severity=severity))
    assert body["alias"] == "incident-7"
    assert services.calls[0].path == "/opsgenie"


async def test_slack_bot_gets_the_chart(services):
    """A Slack bot posts the message and uploads the chart to the same channel."""
    points = [Point(incident_data.NOON, 0.9, 0.8, 1.0, 10)]
    drawn = chart(Course(title="support-chat", points=points, step=incident_data.timedelta(hours=1)))
    await sent(services, "bot", attachments=(Attachment("leadline.png", "image/png", drawn),))
    post, ask, upload, complete = services.calls
    assert wrong(schemas.SLACK, post.json) == []
    assert f"length={len(drawn)}" in ask.path
    assert drawn in upload.body
    assert complete.json == {"files": [{"id": "F1", "title": "leadline.png"}], "channel_id": "C1"}


async def test_a_refused_file_does_not_hold_up_the_text(services):
    """A bot that may not upload says the text once more without the chart, and then leaves charts out for hours."""
    services.usual_at["/bot/files.getUploadURLExternal"] = (200, b'{"ok": false, "error": "missing_scope"}')
    target = channel(SERVICES["bot"])
    for _ in range(2):
        await target.send(incident_data.message("firing", incident_data.data(), attachments=(PNG,)))
    paths = [call.path.split("?")[0] for call in services.calls]
    post, ask = "/bot/chat.postMessage", "/bot/files.getUploadURLExternal"
    assert paths == [post, ask, post, post]


@pytest.mark.parametrize(
    ("name", "chart_", "takes"),
    [
        ("bot", True, True),
        ("bot", False, False),
        ("slack", True, False),
        ("discord", True, True),
        ("pagerduty", True, False),
    ],
)
def test_who_takes_pictures(name, chart_, takes):
    """A channel says whether a chart is worth drawing: the service takes files, and the setting wants it."""
    assert takes_pictures(channel(SERVICES[name], chart=chart_)) is takes


async def test_no_chart_when_it_is_not_wanted(services):
    """With chart = false the message goes without its picture."""
    message = incident_data.message("firing", incident_data.data(), attachments=(PNG,))
    await channel(SERVICES["discord"], chart=False).send(message)
    await channel(SERVICES["discord"]).send(message)
    assert [PNG.content in call.body for call in services.calls] == [False, False, True]


@pytest.mark.parametrize("told", [incident_data.data(), hostile()], ids=["usual", "hostile"])
async def test_teams(tmp_path, told):
    """A workflow of Teams gets one card below 28 KB, a paragraph per line, without a mention, that ends in the link."""
    async with receiving(self_signed(tmp_path)) as teams:
        teams.usual = (202, b"")
        url = f"workflows://127.0.0.1:{teams.port}/{'a' * 32}/{'b' * 43}/?verify=no"
        await channel(url).send(incident_data.message("firing", told))
    [call] = teams.calls
    assert wrong(schemas.TEAMS, call.json) == []
    assert len(call.body) < 28_000
    assert "mention" not in call.body.decode()
    lines = call.json["attachments"][0]["content"]["body"][-1]["text"].split("\n\n")
    assert "82.0 % (78.8 % to 84.9 %, n = 612)" in lines[0]
    assert lines[-1] == "http://leadline.example/regression?monitor=m1"


async def test_the_answer_is_told(services):
    """The error names the status that the service answered with, and is worth a retry."""
    services.usual_at = {"/": (403, b"invalid_token")}
    with pytest.raises(DeliveryError) as caught:
        await sent(services, "slack")
    assert str(caught.value) == "the service behind apprise did not take the message (it answered 403)"
    assert caught.value.retry


async def test_no_redirects(services):
    """A service that answers with a redirect gets nothing at the other address."""
    services.answers = [(307, {"Location": services.url(path="/elsewhere")})]
    with pytest.raises(DeliveryError):
        await sent(services, "slack")
    assert [call.path.split("/")[1] for call in services.calls] == ["slack"]


@pytest.mark.parametrize("name", ["slack", "pagerduty", "opsgenie", "ntfy"])
@pytest.mark.parametrize(("event", "told"), [("test", incident_data.TEST), ("digest", incident_data.DIGEST)])
async def test_tests_and_digests_arrive(services, name, event, told):
    """A test message and a report are taken too."""
    [body] = await sent(services, name, event, told)
    assert wrong(SCHEMAS[name], body) == []


@pytest.mark.parametrize("url", re.findall(r"^\| .* \| `(\w+://\S+)`", DOCS, re.MULTILINE))
def test_documented_urls(url):
    """Every URL that the documentation shows is one that apprise takes."""
    assert channel(url).name == "team"


def test_teams_own_url():
    """A Teams workflow's URL is taken as Teams shows it."""
    path = "workflows/643e69f83c8944438d68119179a10a64/triggers/manual/paths/invoke"
    query = (
        "api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=KODuebWbDGYFr0z0eu-6Rj8aUKz7108W3wrNJZxFE5A"
    )
    assert channel(f"https://prod-161.westeurope.logic.azure.com:443/{path}?{query}").name == "team"


def test_one_url_per_channel():
    """Two URLs in one variable are refused: when one fails, the other would hear everything twice."""
    with pytest.raises(ConfigError, match=r"TEAM_URL.*a channel each"):
        channel(f"{SERVICES['pagerduty']} {SERVICES['discord']}")
