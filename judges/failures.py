"""What a provider's error status means for the work: try again, give up on this request, or stop the judge."""

from __future__ import annotations

import re
from dataclasses import dataclass

from judges.errors import Rejected, Stopped

RATE_LIMITED, OVERLOADED, TIMEOUT, CONNECTION = "rate_limited", "overloaded", "timeout", "connection"
CREDENTIALS, BAD_REQUEST, BLOCKED = "credentials", "bad_request", "blocked"
TRANSIENT = {408: TIMEOUT, 409: OVERLOADED, 424: OVERLOADED, 429: RATE_LIMITED, 504: TIMEOUT}
REJECTIONS = {400: BAD_REQUEST, 413: "too_large", 422: BAD_REQUEST, 431: "too_large"}
STOPS = {
    401: ("unauthorized", "refuses the API key. Set {key_env} to a valid key and start again."),
    402: ("payment_required", "wants payment. Mend billing in the provider's console and start again."),
    403: ("forbidden", "does not allow this key to judge. Give the key access or use another one, and start again."),
    404: ("model_not_found", "does not know the model {model}. Check judge.model and judge.base_url, and start again."),
}
UNEXPECTED = ("unexpected_answer", "is not answering like a Messages API. Check judge.base_url and start again.")
SPEND = ("spend_limit", "has reached its spend limit. Raise it in the provider's console and start again.")
STATUS_OF = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "api_error": 500,
    "timeout_error": 504,
    "overloaded_error": 529,
}
"""The status of each type of error that the API words; 500 for any other, which an item of a batch may meet."""
WORD = re.compile(r"[a-z0-9_]{1,60}")


@dataclass(frozen=True, slots=True)
class Transient:
    """A failure that the same request may not meet again. `wait_seconds` is what the provider asked for, if it did.

    `trouble` says that the provider does not work, rather than that it refuses us.
    """

    reason: str
    detail: str
    wait_seconds: float | None = None
    trouble: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A provider's error answer, without its texts: they may repeat what was sent."""

    host: str
    model: str
    status: int
    key_env: str = "ANTHROPIC_API_KEY"
    error_type: str | None = None
    error_code: str | None = None
    request_id: str | None = None
    wait_seconds: float | None = None

    def __str__(self) -> str:
        words = [word for word in (self.error_type, self.error_code) if word and WORD.fullmatch(word)]
        if self.request_id and WORD.fullmatch(self.request_id.lower()):
            words.append(f"request {self.request_id}")
        return f"{self.host} answered {self.status}" + (f" ({', '.join(words)})" if words else "")


def meaning(refusal: Refusal, *, answers: bool = False) -> Transient | Rejected | Stopped:
    """Transient, or the error to raise: Rejected for this request only, Stopped for the whole judge.

    Where the provider otherwise `answers`, a refusal that is not in the API's words comes from a firewall or proxy
    before it, and is of this request's text: nobody who sends a sample may stop the judge with it.
    """
    status, code = refusal.status, refusal.error_code or ""
    if "spend_limit" in code:
        return _stopped(refusal, SPEND)
    if refusal.error_type == "billing_error":
        return _stopped(refusal, STOPS[402])
    if status in TRANSIENT or status >= 500:
        reason, trouble = TRANSIENT.get(status, OVERLOADED), status >= 500 or status == 408
        return Transient(reason, str(refusal), refusal.wait_seconds, trouble)
    if status in REJECTIONS:
        return Rejected(f"{refusal}: it does not take this request.", reason=REJECTIONS[status])
    if answers and status not in (401, 402) and refusal.error_type not in STATUS_OF:
        why = f"{refusal}, not in the words of the Messages API: a firewall or proxy before it blocks this request."
        return Rejected(why, reason=BLOCKED)
    return _stopped(refusal, STOPS.get(status, UNEXPECTED))


def _stopped(refusal: Refusal, why: tuple[str, str]) -> Stopped:
    reason, sentence = why
    return Stopped(f"{refusal}: it {sentence.format(model=refusal.model, key_env=refusal.key_env)}", reason=reason)
