"""Everything that apprise speaks: Slack, mail, PagerDuty and a hundred others."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from threading import Thread
from typing import TYPE_CHECKING

import structlog

from evaluator.alerts.apprise_service import Service, kind, load
from evaluator.alerts.message import Attachment, DeliveryError, Message

if TYPE_CHECKING:
    from apprise import AppriseResult

log = structlog.get_logger(__name__)

TIMEOUT_SECONDS = 60.0
STATUS = re.compile(r"error=(\d{3})\b")
EXCEPTION = "Socket Exception"
"""How a plugin's debug line begins that holds the text of what was raised."""
CAUSES = {
    "the connection was refused": r"Connection refused|SMTPConnectError",
    "the server's name was not resolved": r"Name or service not known|in name resolution|No address assoc|getaddrinfo",
    "the login was refused": r"^\W*(?:530|534|535|538)\b",
    "the server takes no login": r"AUTH extension not supported|No suitable authentication method",
    "a recipient or the sender was refused": r"^\W*55[0-4]\b|\{'[^']*': \(5\d\d,",
    "its TLS certificate is not valid": r"CERTIFICATE_VERIFY_FAILED|certificate verify failed",
    "it does not speak TLS there": r"WRONG_VERSION_NUMBER|STARTTLS extension not supported",
    "it did not answer in time": r"timed out",
    "it cannot be reached": r"Network is unreachable|No route to host",
    "it closed the connection": r"Connection unexpectedly closed|Connection reset|Remote end closed",
}
"""What may be said of a failure: these words and no other, whatever the text that they are read from holds."""
WITHOUT_FILES = timedelta(hours=6)
"""How long messages go without files after a service took one without them only."""


class AppriseChannel:
    """Sends title and text by apprise, whose plugins block: each message has a thread of its own.

    `takes_pictures` says whether a chart in a message reaches anybody.
    """

    def __init__(self, name: str, service: Service, *, chart: bool) -> None:
        self.name = name
        self.takes_pictures = chart and service.takes_files
        self._service = service
        self._bare_until: datetime | None = None

    async def send(self, message: Message) -> None:
        """Delivers the message; apprise does not say whether a failure is for good, so every one is tried again.

        Many services take files in requests of their own. One that refuses those, for want of a right, must not make
        us say the text again and again: then the text alone is sent, and counts.
        """
        files = self._files(message)
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                refused = await self._told(message, files)
                if refused and files and not await self._told(message, ()):
                    self._bare_until = message.sent_at + WITHOUT_FILES
                    log.warning("channel takes no files", channel=self.name, hours=WITHOUT_FILES / timedelta(hours=1))
                    return
        except TimeoutError:
            raise DeliveryError("the service behind apprise did not answer in time", retry=True) from None
        if refused:
            raise DeliveryError(refused, retry=True)

    def _files(self, message: Message) -> Sequence[Attachment]:
        """Those of the message's files that are to go along."""
        bare = self._bare_until and message.sent_at < self._bare_until
        if bare or not self._service.takes_files:
            return ()
        return [one for one in message.attachments if self.takes_pictures or not one.media_type.startswith("image/")]

    async def _told(self, message: Message, files: Sequence[Attachment]) -> str | None:
        """Says it once; None when it was taken, else what came instead."""
        loop = asyncio.get_running_loop()
        waiting: asyncio.Future[str | None] = loop.create_future()
        say = _said(self._service, message, files)

        def notify() -> None:
            refused = say()
            with suppress(RuntimeError):  # the loop has ended: nobody waits for the answer any more
                loop.call_soon_threadsafe(_answer, waiting, refused)

        # A daemon: a service that hangs must not hold up the end of the process, as a pool's thread would.
        Thread(target=notify, name=f"apprise {self.name}", daemon=True).start()
        return await waiting


def channel(name: str, url: str, *, chart: bool = True) -> AppriseChannel | None:
    """The channel of one apprise URL; None when it is none."""
    from apprise import AppriseAsset
    from apprise.plugins import url_to_dict
    from apprise.utils.parse import parse_urls

    urls = parse_urls(url)  # type: ignore[no-untyped-call]
    arguments = url_to_dict(urls[0]) if len(urls) == 1 else None  # type: ignore[no-untyped-call]
    if arguments is None:
        return None
    asset = AppriseAsset(
        app_id="Leadline",
        app_desc="Leadline",
        async_mode=False,  # without threads of its own: see AppriseChannel
        service_timeout=0,
        http_redirects=False,
        image_url_mask="",  # apprise's own pictures lie on somebody else's server
        image_url_logo="",
    )
    plugin = load(arguments, asset)
    return AppriseChannel(name, Service(arguments, plugin), chart=chart) if plugin else None


def silence() -> None:
    """Apprise logs texts, addresses and parts of URLs, which are nobody's business; only its results read its log."""
    logger = logging.getLogger("apprise")
    logger.setLevel(logging.DEBUG)  # what was raised is in no other line
    logger.propagate = False
    logger.addFilter(_only_cause)


def _only_cause(record: logging.LogRecord) -> bool:
    """Leaves of a record the HTTP status that a service answered with, or a known cause, and nothing without one."""
    raised = str(record.msg).startswith(EXCEPTION)
    told = record.getMessage() if raised or record.levelno >= logging.WARNING else ""
    status = STATUS.search(told)
    left = status[0] if status else _cause(told.removeprefix(EXCEPTION)) if raised else ""
    record.msg, record.args, record.exc_info = left, (), None
    return bool(left)


def _cause(raised: str) -> str:
    """The known cause in the text of what was raised, in words of ours; empty when there is none.

    >>> _cause(": [Errno 111] Connection refused"), _cause(": (535, b'5.7.8 secret')"), _cause(": secret")
    ('the connection was refused', 'the login was refused', '')
    """
    return next((words for words, form in CAUSES.items() if re.search(form, raised)), "")


def _said(service: Service, message: Message, files: Sequence[Attachment]) -> Callable[[], str | None]:
    """What says it, and blocks; it answers None when it was taken, else what came instead, without a secret."""
    from apprise import Apprise
    from apprise.attachment.memory import AttachMemory

    heading, text, form = service.words(message)
    attached = [
        AttachMemory(content=one.content, name=one.name, mimetype=one.media_type)  # type: ignore[no-untyped-call]
        for one in files
    ]
    plugin = service.plugin(message)
    target = Apprise(asset=plugin.asset)
    target.add(plugin)
    severity = kind(message)

    def say() -> str | None:
        # Raises nothing (apprise 2.2): what a plugin raises is a failure, too.
        done = target.notify(text, heading, severity, form, attach=attached or None, log_level=logging.DEBUG)
        return None if done else f"the service behind apprise did not take the message{_why(done)}"

    return say


def _why(done: AppriseResult) -> str:
    """The HTTP status that the service answered with, or what was in the way, where apprise tells it: in its log."""
    for entry in done.logs():
        if found := STATUS.search(entry.message):
            return f" (it answered {found[1]})"
        if entry.message in CAUSES:
            return f": {entry.message}"
    return ""


def _answer(waiting: asyncio.Future[str | None], refused: str | None) -> None:
    if not waiting.done():
        waiting.set_result(refused)
