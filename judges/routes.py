"""The providers in order, and a second model: the first that can answer does, and the answer says which it was.

One that refuses us (key, money, access, model) is not asked again until the next start; the work goes on with the
others, and the judge stops only when none is left.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from judges.breaker import State
from judges.client import ClaudeClient
from judges.errors import Stopped, Unavailable
from judges.exchange import Completion, Request

OF_ONE_MODEL = ("forbidden", "model_not_found")
"""Reasons to stop that say nothing of the provider's other models."""

Route = tuple[ClaudeClient, str]
"""A provider and the model it is asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderState:
    """How one provider does. `stopped` says why it is not asked any more; seconds are counted from now."""

    name: str
    circuit: State
    circuit_for_seconds: float
    error_rate: float | None
    next_probe_in_seconds: float | None
    why: str
    stopped: tuple[str, ...]
    waiting: int


class Routes:
    """Asks the first provider that can answer, for the model that was meant and then for the fallback model."""

    def __init__(self, clients: Sequence[ClaudeClient], *, fallback_model: str | None = None) -> None:
        self._clients = tuple(clients)
        self._fallback_model = fallback_model
        self._stopped: dict[tuple[str, str | None], Stopped] = {}

    async def complete(self, request: Request) -> Completion:
        """The first answer along the routes; Unavailable when all have to wait, Stopped when none is left."""
        waits: list[Unavailable] = []
        for client, model in self._open(request.model):
            try:
                return await client.complete(replace(request, model=model))
            except Unavailable as error:
                waits.append(error)
            except Stopped as error:
                self._stopped[client.name, model if error.reason in OF_ONE_MODEL else None] = error
        if waits:
            raise _together(waits)
        raise self._all_stopped(request.model)

    def apart(self) -> Routes:
        """The same providers with their limits and circuits: who refuses a request made here stops nobody else's.

        There is no fallback: what is asked here is asked of the model that is meant.
        """
        return Routes(self._clients)

    async def count_tokens(self, model: str, system: str, user: str) -> int:
        """How many tokens the first provider counts in a prompt; Rejected when it does not."""
        return await self._clients[0].count_tokens(model, system, user)

    def answered(self, response_id: str | None) -> bool:
        """Whether one of the providers lately gave this response."""
        return any(client.answered(response_id) for client in self._clients)

    def states(self) -> list[ProviderState]:
        """How each provider does, in their order; may be asked from any thread."""
        return [self._state(client) for client in self._clients]

    async def close(self) -> None:
        """Close all connections."""
        for client in self._clients:
            await client.close()

    def _routes(self, model: str) -> Iterator[Route]:
        for one in dict.fromkeys((model, self._fallback_model or model)):
            for client in self._clients:
                yield client, one

    def _open(self, model: str) -> Iterator[Route]:
        """What was not stopped; asked anew before each step, since a step may stop the next ones too."""
        for client, one in self._routes(model):
            if not self._why_stopped(client, one):
                yield client, one

    def _why_stopped(self, client: ClaudeClient, model: str) -> Stopped | None:
        return self._stopped.get((client.name, None)) or self._stopped.get((client.name, model))

    def _all_stopped(self, model: str) -> Stopped:
        reasons = [why for route in self._routes(model) if (why := self._why_stopped(*route))]
        sentences = dict.fromkeys(str(reason) for reason in reasons)
        return Stopped(" ".join(sentences), reason=reasons[0].reason)

    def _state(self, client: ClaudeClient) -> ProviderState:
        breaker = client.breaker
        now = breaker.clock()
        probe_at = breaker.next_probe_at
        return ProviderState(
            name=client.name,
            circuit=breaker.state,
            circuit_for_seconds=now - breaker.since,
            error_rate=breaker.error_rate,
            next_probe_in_seconds=None if probe_at is None else max(0.0, probe_at - now),
            why=breaker.why,
            stopped=tuple(str(why) for (name, _), why in tuple(self._stopped.items()) if name == client.name),
            waiting=sum(limiter.waiting for limiter in tuple(client.limiters.values())),
        )


def _together(waits: Sequence[Unavailable]) -> Unavailable:
    """One error for all: the shortest wait counts, and it is everyone's only when each of them is."""
    return Unavailable(
        " ".join(dict.fromkeys(str(error) for error in waits)),
        reason=waits[0].reason,
        retry_after_seconds=min(error.retry_after_seconds for error in waits),
        everyone=all(error.everyone for error in waits),
    )
