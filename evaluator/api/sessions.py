"""People who signed in to the pages, as the API knows them: a signed word of a few minutes, and its end."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from evaluator.api.auth import Keys, Role
from evaluator.settings import Settings
from store.records import Clock

PREFIX = "lls_"
LASTS = timedelta(minutes=5)
"""A token is made anew whenever a page asks the API for something; one that leaks is worth no more than this."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whom the provider vouched for: by which sign-in (an id), and until when at most."""

    name: str
    role: Role
    sign_in: str
    until: datetime


class Sessions:
    """Makes and reads the tokens of people who signed in. Its secret lives in this process's memory and nowhere else.

    What the pages and the API share is this object: without it nobody makes a token that the API takes.
    """

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._secret = secrets.token_bytes(32)
        self._ended: dict[str, datetime] = {}

    def token(self, person: Person) -> str:
        """What the API takes for this person in the next minutes, as a Bearer token."""
        expires_at = min(self.clock() + LASTS, person.until)
        told = [person.name, person.role, person.sign_in, person.until.timestamp(), expires_at.timestamp()]
        body = urlsafe_b64encode(json.dumps(told).encode())
        return f"{PREFIX}{body.decode()}.{self._signature(body)}"

    def person(self, presented: str) -> Person | None:
        """Who presents this token; None when it is none of ours, was altered, has expired, or its sign-in has ended."""
        if not presented.startswith(PREFIX):
            return None
        body, _, signature = presented.removeprefix(PREFIX).encode("utf-8", "surrogatepass").partition(b".")
        if not hmac.compare_digest(signature, self._signature(body).encode()):
            return None
        name, role, sign_in, until, expires_at = json.loads(urlsafe_b64decode(body))
        if self.clock().timestamp() >= expires_at or self.ended(sign_in):
            return None
        return Person(name, Role(role), sign_in, datetime.fromtimestamp(until, UTC))

    def end(self, person: Person) -> None:
        """The person signed out: from now on no tab of that browser, and no copy of its cookie, is let in."""
        now = self.clock()
        self._ended = {sign_in: until for sign_in, until in self._ended.items() if until > now}
        self._ended[person.sign_in] = person.until

    def ended(self, sign_in: str) -> bool:
        """Whether somebody signed out of it."""
        return sign_in in self._ended

    def _signature(self, body: bytes) -> str:
        return hmac.new(self._secret, body, hashlib.sha256).hexdigest()


def keys_of(settings: Settings, clock: Clock) -> Keys:
    """Who may call: the configured keys, and people who signed in. ConfigError: an entry is no key."""
    return Keys(Keys.parse(settings.keys).entries, Sessions(clock) if settings.sign_in.on else None)
