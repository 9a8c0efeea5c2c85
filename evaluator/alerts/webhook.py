"""The signed webhook: one POST per event, by Standard Webhooks."""

from __future__ import annotations

import base64
import json

from standardwebhooks.webhooks import Webhook

from evaluator.alerts.evidence import iso
from evaluator.alerts.message import Message
from evaluator.alerts.target import Target

LEAST_SECRET_BYTES = 24


class WebhookChannel:
    """POSTs `{"type", "timestamp", "data"}` with the headers of Standard Webhooks; the event's id is its own."""

    def __init__(self, name: str, target: Target, secret: str) -> None:
        self.name = name
        self._target = target
        self._signer = Webhook(secret)

    async def send(self, message: Message) -> None:
        """Delivers the message; every attempt has the same body and id, and a timestamp of its own."""
        body = json.dumps(
            {"type": f"alert.{message.event}", "timestamp": iso(message.occurred_at), "data": message.data},
            allow_nan=False,
        )
        await self._target.post(body, self._signed(message, body), message.sent_at)

    def _signed(self, message: Message, body: str) -> dict[str, str]:
        return {
            "webhook-id": message.event_id,
            "webhook-timestamp": str(int(message.sent_at.timestamp())),
            "webhook-signature": self._signer.sign(message.event_id, message.sent_at, body),
        }


def is_secret(text: str) -> bool:
    """Whether this is a secret that Standard Webhooks can sign with, long enough not to be guessed.

    >>> is_secret("whsec_c2VjcmV0"), is_secret("whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    (False, True)
    """
    encoded = text.removeprefix("whsec_")
    try:
        decoded = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except ValueError:
        return False
    return len(decoded) >= LEAST_SECRET_BYTES
