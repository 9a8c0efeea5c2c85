"""Mail by apprise, received by a real SMTP server (aiosmtpd)."""

from __future__ import annotations

import asyncio
import logging
from email import message_from_bytes, policy

import pytest
import pytest_asyncio
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from apprise.plugins.email import NotifyEmail

from evaluator.alerts.apprise_channel import silence
from evaluator.alerts.channels import build
from evaluator.alerts.message import Attachment, DeliveryError
from evaluator.settings_alerts import AlertSettings, ChannelSettings
from tests import incident_data
from tests.unit.evaluator.alerts.test_apprise_services import HOSTILE, PNG, hostile

PASSWORD = "planted-password"
REPORT = Attachment("leadline-report.html", "text/html", "<h1>Täglich</h1>".encode())


class Server:
    """Keeps the mails it gets; lets in who knows the password; refuses a recipient called nobody."""

    def __init__(self):
        self.port = 0
        self.mails = []

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802 - its name in aiosmtpd
        if address.startswith("nobody@"):
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - its name in aiosmtpd
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"

    def authenticate(self, server, session, envelope, mechanism, given):
        assert isinstance(given, LoginPassword)
        return AuthResult(success=given.password == PASSWORD.encode(), handled=False)

    def channel(self, to="team@example.com", password=PASSWORD, **fields):
        """The channel that mails here."""
        url = f"mailto://leadline:{password}@127.0.0.1:{self.port}/?from=leadline@example.com&to={to}"
        settings = ChannelSettings(name="mail", kind="apprise", url_env="MAIL_URL", **fields)
        [built] = build(AlertSettings(channels=(settings,)), {"MAIL_URL": url})
        return built

    async def got(self, event, told, attachments=(), **fields):
        """The mail that comes of this event."""
        await self.channel(**fields).send(incident_data.message(event, told, attachments=attachments))
        [mail] = self.mails
        return mail


@pytest_asyncio.fixture
async def server():
    """An SMTP server on loopback that wants a password."""
    kept = Server()

    def answering():
        return SMTP(kept, authenticator=kept.authenticate, auth_required=True, auth_require_tls=False)

    listening = await asyncio.get_running_loop().create_server(answering, "127.0.0.1", 0)
    kept.port = listening.sockets[0].getsockname()[1]
    async with listening:
        yield kept


async def test_a_mail(server):
    """Subject, sender, recipient and text arrive as plain text in UTF-8."""
    mail = await server.got("firing", incident_data.data())
    assert mail["subject"] == "Critical: support-chat · tone: pass rate 82.0 %, was 95.0 % (+1 more)"
    assert (mail["from"].addresses[0].addr_spec, mail["to"]) == ("leadline@example.com", "team@example.com")
    assert (mail.get_content_type(), mail.get_content_charset()) == ("text/plain", "utf-8")
    lines = mail.get_content().splitlines()
    assert lines[0] == "Pass rate 82.0 % (78.8 % to 84.9 %, n = 612)"
    assert "Evidence 31,000:1 against ‘nothing changed’, threshold 25,920" in mail.get_content()
    assert lines[-1] == "http://leadline.example/regression?monitor=m1"


async def test_the_chart_is_attached(server):
    """The chart arrives byte by byte, with its name and type."""
    mail = await server.got("firing", incident_data.data(), (PNG,))
    [picture] = mail.iter_attachments()
    assert (picture.get_content_type(), picture.get_filename()) == ("image/png", "leadline.png")
    assert picture.get_content() == PNG.content
    assert "Baseline 95.0 %" in mail.get_body().get_content()


async def test_resolved(server):
    """The end of an incident says so in its subject."""
    mail = await server.got("resolved", incident_data.data(resolved_at=incident_data.NOON))
    assert mail["subject"].startswith("Resolved: support-chat")


async def test_a_digest(server):
    """The report comes as HTML that nothing in it can break, with the whole of it attached; a text stands beside it."""
    mail = await server.got("digest", incident_data.DIGEST, (REPORT,))
    assert mail["subject"] == "Leadline: the week to 2026-11-20"
    body = mail.get_body(("html",)).get_content()
    assert "<p>support-chat &lt; 95 % &amp; falling</p>" in body
    assert "support-chat < 95 % & falling" in mail.get_body(("plain",)).get_content()
    [report] = mail.iter_attachments()
    assert (report.get_content_type(), report.get_filename()) == ("text/html", "leadline-report.html")
    assert report.get_payload(decode=True) == REPORT.content


async def test_a_digest_is_attached_without_charts(server):
    """chart = false leaves out pictures, not the report."""
    mail = await server.got("digest", incident_data.DIGEST, (PNG, REPORT), chart=False)
    assert [part.get_filename() for part in mail.iter_attachments()] == ["leadline-report.html"]


async def test_a_test(server):
    """A test message arrives."""
    mail = await server.got("test", incident_data.TEST)
    assert "test of the channel oncall" in mail.get_content()


async def test_hostile_texts(server):
    """Texts from samples add no header and no markup, and the link is still the last line."""
    told = hostile()
    told["monitor"]["feature"] = f"a\r\nBcc: evil@example.com\r\n\r\n{HOSTILE}"
    mail = await server.got("firing", told)
    assert mail["bcc"] is None
    assert mail.get_content_type() == "text/plain"
    assert "<" not in mail["subject"] + mail.get_content()
    assert mail.get_content().splitlines()[-1] == "http://leadline.example/regression?monitor=m1"


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"to": "nobody@example.com"}, "a recipient or the sender was refused"),
        ({"password": "wrong"}, "the login was refused"),
    ],
    ids=["recipient", "password"],
)
async def test_a_refusal_is_tried_again(server, monkeypatch, caplog, fields, why):
    """A server that refuses the recipient or the password may take it later; no log has the password or the text."""
    caplog.set_level(logging.DEBUG)
    logging.getLogger("apprise").addHandler(caplog.handler)
    monkeypatch.setattr(NotifyEmail, "request_rate_per_sec", 0)
    with pytest.raises(DeliveryError) as caught:
        await server.got("firing", incident_data.data(), (PNG,), **fields)
    logging.getLogger("apprise").removeHandler(caplog.handler)
    assert caught.value.retry
    assert str(caught.value) == f"the service behind apprise did not take the message: {why}"
    assert server.mails == []
    ours = "\n".join(record.getMessage() for record in caplog.records if record.name != "mail.log")  # the server's own
    assert not [word for word in (PASSWORD, "nobody@", "82.0") if word in ours]


async def test_nobody_listens():
    """That the connection was refused is told, and neither where nor as whom."""
    nowhere = Server()
    nowhere.port = 1
    with pytest.raises(DeliveryError) as caught:
        await nowhere.channel().send(incident_data.message("test", incident_data.TEST))
    assert str(caught.value) == "the service behind apprise did not take the message: the connection was refused"


@pytest.mark.parametrize("level", [logging.DEBUG, logging.WARNING])
def test_only_known_causes_are_read(level):
    """What a server or a plugin says besides is dropped, whatever stands in it; a known cause is said in our words."""
    silence()
    seen = []
    handler = logging.Handler()
    handler.emit = lambda record: seen.append(record.getMessage())
    logger = logging.getLogger("apprise")
    logger.addHandler(handler)
    logger.log(level, "Socket Exception: %s", PASSWORD)
    logger.log(level, "payload: %s", f"Connection refused {PASSWORD}")
    logger.log(level, "Socket Exception: %s", f"(535, b'5.7.8 {PASSWORD}')")
    logger.removeHandler(handler)
    assert seen == ["the login was refused"]
