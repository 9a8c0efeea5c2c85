"""A running service, spoken to over its HTTP API."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import httpx2

from evaluator import outbound
from evaluator.api.shapes import IngestReport, SummaryRow
from evaluator.cli.output import printable
from evaluator.errors import LeadlineError

Sleep = Callable[[float], Awaitable[object]]
TIMEOUT_SECONDS = 120.0
ATTEMPTS = 8
MAX_WAIT_SECONDS = 10.0
POLL_SECONDS = 1.0
BODY_BYTES = 8_000_000
BUSY = (429, 503)
CLIENT = {"x-leadline-client": "command"}
"""Says in the audit log of the service which way an action came."""


class RefusedError(LeadlineError):
    """The service answered, but with an error: its status, and what it said."""

    def __init__(self, url: object, status: int, detail: str) -> None:
        super().__init__(f"{url} answered {status}: {detail}")
        self.status = status
        self.detail = detail


class Remote:
    """GET and POST with the key; what goes wrong becomes one sentence."""

    def __init__(self, client: httpx2.AsyncClient, *, sleep: Sleep = asyncio.sleep) -> None:
        self._client = client
        self.sleep = sleep

    @classmethod
    @asynccontextmanager
    async def connect(cls, url: str, key: str | None) -> AsyncIterator[Remote]:
        """A connection to the service at `url`; `key` goes along as Bearer."""
        if not outbound.is_http(url):
            raise LeadlineError(f"--url {printable(url)} is no URL: write http:// in front, e.g. http://127.0.0.1:8321")
        headers = CLIENT | ({"Authorization": f"Bearer {key}"} if key else {})
        async with httpx2.AsyncClient(
            base_url=url, headers=headers, timeout=TIMEOUT_SECONDS, trust_env=False
        ) as client:
            yield cls(client)

    async def get(self, path: str, **params: Any) -> Any:
        """The JSON answer of a read."""
        return await self._call("GET", path, params={k: v for k, v in params.items() if v is not None})

    async def post(self, path: str, body: Any, *, patience_seconds: float = TIMEOUT_SECONDS) -> Any:
        """The JSON answer of a write; a service that is busy is asked again, as long as it asks for."""
        content = json.dumps(body, ensure_ascii=False, default=str).encode("utf-8", "replace")
        headers = {"Content-Type": "application/json"}
        return await self._call("POST", path, content=content, headers=headers, timeout=patience_seconds)

    async def _call(self, method: str, path: str, **request: Any) -> Any:
        problem = ""
        for _ in range(ATTEMPTS):
            try:
                answer = await self._client.request(method, path, **request)
            except httpx2.TransportError as error:
                raise LeadlineError(
                    f"no answer from {self._client.base_url} ({type(error).__name__}): start the service with "
                    "`leadline up`, or leave --url out to work on the file."
                ) from None
            if answer.status_code not in BUSY:
                return self._read(answer)
            problem = _message(answer)
            await self.sleep(_wait_seconds(answer))
        raise LeadlineError(f"the service stays busy ({problem}); run the same command again later, it goes on.")

    def _read(self, answer: httpx2.Response) -> Any:
        if answer.status_code in (401, 403):
            raise LeadlineError(f"the service refuses the key: {_message(answer)}; give one by LEADLINE_KEY.")
        if answer.is_error or answer.is_redirect:
            raise RefusedError(answer.request.url, answer.status_code, _message(answer))
        return answer.json()


class RemoteTarget:
    """Where `leadline score --url` sends its rows: the service stores and judges them, and says how far it is."""

    def __init__(self, remote: Remote, *, patience_seconds: float = 60.0) -> None:
        self._remote = remote
        self._patience = patience_seconds

    async def send(self, items: Sequence[dict[str, Any]]) -> IngestReport:
        """Posts a chunk, in several bodies when it is large."""
        whole = IngestReport(accepted=0, duplicate=0, not_kept=0, rejected=0, items=[])
        for first, piece in _pieces(items):
            part = IngestReport.model_validate(await self._remote.post("/v1/samples", piece))
            whole.items += [result.model_copy(update={"index": first + result.index}) for result in part.items]
        return whole

    async def finish(self) -> str | None:
        """Waits until the judges have caught up with what was pending when the last row was sent; then says what is.

        A service with other traffic always has something pending, so each judge owes as many verdicts as it had
        samples pending then, oldest first. One that is stopped is not waited for; with the others it ends when none of
        them has moved for `patience_seconds`.
        """
        judges = await self._remote.get("/v1/judges")
        goals = {judge["name"]: _done(judge) + judge["pending"] for judge in judges}
        still, seen = 0.0, None
        while (behind := _behind(judges, goals)) and still < self._patience:
            still = still + POLL_SECONDS if behind == seen else 0.0
            seen = behind
            await self._remote.sleep(POLL_SECONDS)
            judges = await self._remote.get("/v1/judges")
        return _left(judges, goals)

    async def summary(self, features: Iterable[str]) -> list[SummaryRow]:
        """Pass rates per feature and judge, over all that the service has of these features."""
        wanted = set(features)
        rows = [SummaryRow.model_validate(row) for row in await self._remote.get("/v1/summary")]
        return [row for row in rows if row.feature in wanted]


def _done(judge: dict[str, Any]) -> int:
    return int(judge["ok"] + judge["errors"] + judge["skipped"])


def _behind(judges: Sequence[dict[str, Any]], goals: dict[str, int]) -> dict[str, int]:
    """The judges that can still catch up, with what they have done: none that is stopped, or waits for the night."""
    able = (judge for judge in judges if judge["state"] != "stopped" and not judge.get("batch"))
    owing = (judge for judge in able if judge["pending"] and _done(judge) < goals.get(judge["name"], 0))
    return {judge["name"]: _done(judge) for judge in owing}


def _left(judges: Sequence[dict[str, Any]], goals: dict[str, int]) -> str | None:
    """What is pending, in words; None when nothing is."""
    pending = [judge for judge in judges if judge["pending"]]
    if not pending:
        return None
    told = ", ".join(f"{judge['name']} ({judge['state']}, {judge['pending']:,} pending)" for judge in pending)
    if all(_done(judge) >= goals.get(judge["name"], 0) for judge in pending):
        return f"the judges gave all verdicts owed after the last row; pending by now, as other traffic goes on: {told}"
    return f"not all is judged yet: {told}; `leadline --url … judges` shows why"


def _pieces(items: Sequence[dict[str, Any]]) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """The items in bodies of at most BODY_BYTES (a larger item travels alone), each with the index of its first."""
    first, size, piece = 0, 0, list[dict[str, Any]]()
    for index, item in enumerate(items):
        length = len(json.dumps(item, ensure_ascii=False, default=str).encode("utf-8", "replace"))
        if piece and size + length > BODY_BYTES:
            yield first, piece
            first, size, piece = index, 0, []
        piece.append(item)
        size += length
    if piece:
        yield first, piece


def _wait_seconds(answer: httpx2.Response) -> float:
    try:
        return min(max(float(answer.headers.get("Retry-After", "1")), 0.1), MAX_WAIT_SECONDS)
    except ValueError:
        return 1.0


def _message(answer: httpx2.Response) -> str:
    try:
        body = answer.json()
    except ValueError:
        return answer.text[:200] or answer.reason_phrase
    if isinstance(body, dict):
        return str(body.get("error") or body.get("detail") or body)[:300]
    return str(body)[:300]
