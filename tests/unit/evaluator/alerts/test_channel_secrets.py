"""Nothing that a channel knows reaches a log, whatever the log level and whatever goes wrong."""

from __future__ import annotations

import logging

import pytest

from evaluator.alerts.channels import build
from evaluator.alerts.message import DeliveryError
from evaluator.settings_alerts import AlertSettings, ChannelSettings
from tests import incident_data
from tests.unit.evaluator.alerts.test_apprise_services import PNG, SERVICES, services

__all__ = ["services"]

PLANTED = "plantedplantedplantedplanted0123"
SIGNING = "whsec_" + PLANTED * 2
URLS = {
    "slack": f"slack://T1JJ3T3L2/A1BRTD4JD/{PLANTED}/",
    "bot": SERVICES["bot"],
    "pagerduty": f"pagerduty://{PLANTED}@{PLANTED}",
    "opsgenie": f"opsgenie://{PLANTED}",
    "discord": f"discord://{'1' * 18}/{PLANTED}",
    "ntfy": f"ntfy://127.0.0.1:{{port}}/{PLANTED}?auth=token&token=tk_{PLANTED}",
    "mail": f"mailto://me:{PLANTED}@127.0.0.1:{{port}}/?from=a@example.com&to=team@example.com",
    "json": f"json://me:{PLANTED}@127.0.0.1:{{port}}/{PLANTED}",
    "webhook": f"http://me:{PLANTED}@127.0.0.1:{{port}}/{PLANTED}?token={PLANTED}",
    "alertmanager": f"http://me:{PLANTED}@127.0.0.1:{{port}}/{PLANTED}",
}
SECRET = [PLANTED, SIGNING, "abc124", "Where is my order", "It is on its way", "support-chat"]
LOGGERS = (None, "apprise", "urllib3", "requests", "httpx2", "httpcore2", "smtplib", "asyncio")
CASES = [
    (kind, status)
    for kind in URLS
    for status in (200, 302, 401, 429, 500, None)
    # No mail server speaks HTTP: of mail, only that nobody is there; test_alert_mail.py has the others.
    if kind != "mail" or status is None
]


def channel(kind, port):
    """The channel of this kind, with planted secrets."""
    of = kind if kind in ("webhook", "alertmanager") else "apprise"
    settings = ChannelSettings(name="team", kind=of, url_env="TEAM", secret_env="SIGNING", allow_private=True)
    environ = {"TEAM": URLS[kind].format(port=port), "SIGNING": SIGNING}
    [built] = build(AlertSettings(channels=(settings,)), environ)
    return built


@pytest.mark.parametrize(("kind", "status"), CASES)
async def test_no_secret_in_a_log(services, monkeypatch, caplog, capfd, kind, status):
    """Neither a secret of the URL nor a word of the message is logged, printed or part of the error."""
    for name in LOGGERS:
        logging.getLogger(name).addHandler(caplog.handler)
    caplog.set_level(logging.DEBUG)
    services.answers = [(status, {"Location": f"/{PLANTED}"})] * 9 if status != 200 else []
    port = services.port if status else 1
    monkeypatch.setattr("apprise.plugins.email.NotifyEmail.request_rate_per_sec", 0)
    monkeypatch.setattr("apprise.plugins.ntfy.NotifyNtfy.request_rate_per_sec", 0)
    try:
        target = channel(kind, port)
        await target.send(incident_data.message("firing", incident_data.data(), attachments=(PNG,)))
        said = "taken"
    except DeliveryError as error:
        said = f"{error} {error!r} {error.__cause__!r}"
    finally:
        for name in LOGGERS:
            logging.getLogger(name).removeHandler(caplog.handler)
    told = said + repr(target) + caplog.text + "".join(capfd.readouterr())
    assert [secret for secret in SECRET if secret in told] == []
