"""Everything that apprise speaks: Slack, mail, PagerDuty and a hundred others."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from threading import Thread
from typing import TYPE_CHECKING

from evaluator.alerts.message import DeliveryError, Message
from evaluator.alerts.wording import render_text, title

if TYPE_CHECKING:
    from apprise import Apprise

TIMEOUT_SECONDS = 30.0


class AppriseChannel:
    """Sends title and text by apprise, whose plugins block: each message has a thread of its own."""

    def __init__(self, name: str, target: Apprise) -> None:
        self.name = name
        self._target = target

    async def send(self, message: Message) -> None:
        """Delivers the message as plain text; apprise does not say why it failed, so every failure is tried again."""
        loop = asyncio.get_running_loop()
        taken: asyncio.Future[bool] = loop.create_future()
        heading, body = title(message.data), render_text(message.data)
        kind = "success" if message.event == "resolved" else "failure"

        def notify() -> None:
            answer = bool(self._target.notify(body=body, title=heading, notify_type=kind, body_format="text"))
            with suppress(RuntimeError):  # the loop has ended: nobody waits for the answer any more
                loop.call_soon_threadsafe(_answer, taken, answer)

        # A daemon: a service that hangs must not hold up the end of the process, as a pool's thread would.
        Thread(target=notify, name=f"apprise {self.name}", daemon=True).start()
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                await taken
        except TimeoutError:
            raise DeliveryError("the service behind apprise did not answer in time", retry=True) from None
        if not taken.result():
            raise DeliveryError("the service behind apprise did not take the message", retry=True)


def channel(name: str, url: str) -> AppriseChannel | None:
    """The channel of an apprise URL; None when it is none."""
    from apprise import Apprise, AppriseAsset

    # Without threads of its own: see AppriseChannel.
    target = Apprise(asset=AppriseAsset(async_mode=False, service_timeout=0))
    return AppriseChannel(name, target) if target.add(url) else None


def silence() -> None:
    """Apprise logs texts, and parts of URLs; both are nobody's business."""
    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)


def _answer(waiting: asyncio.Future[bool], answer: bool) -> None:
    if not waiting.done():
        waiting.set_result(answer)
