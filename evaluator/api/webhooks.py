"""POST /v1/webhooks/…: events of gateways, each a whole call, in their own shapes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial

from fastapi import APIRouter, Request, Response

from evaluator.api.door import Door, Proof, RawRoute, aside
from evaluator.api.ingest import ANSWERS, BODY
from evaluator.api.shapes import IngestReport, ItemResult
from evaluator.errors import InputError
from evaluator.intake import decode
from evaluator.intake.accept import Intake
from evaluator.intake.decode import Item
from evaluator.intake.formats import helicone, litellm
from evaluator.intake.formats.told import LeftOut
from store.records import Outcome


@dataclass(frozen=True, slots=True)
class Hook:
    """A gateway: the last word of its path, how its events become public items, and how it shows that it may send."""

    source: str
    item: Callable[..., dict[str, object]]
    proof: Proof
    about: str


HOOKS = (
    Hook("litellm", litellm.item, Proof.KEY, "Stores events of LiteLLM's generic_api callback."),
    Hook("helicone", helicone.item, Proof.HELICONE, "Stores events of Helicone's webhook."),
)


def router(intake: Intake, door: Door, naming: Sequence[str]) -> APIRouter:
    """The routes, with and without a slash at the end; `naming` are the metadata keys that name the feature."""
    api = APIRouter(tags=["ingest"], route_class=RawRoute)
    for hook in HOOKS:
        path, endpoint = f"/v1/webhooks/{hook.source}", _endpoint(hook, intake, door, naming)
        extra = {"requestBody": BODY}
        documented = api.post(
            path, status_code=202, responses=ANSWERS, openapi_extra=extra, name=hook.source, description=hook.about
        )
        documented(endpoint)
        api.post(f"{path}/", include_in_schema=False)(endpoint)
    return api


def _endpoint(
    hook: Hook, intake: Intake, door: Door, naming: Sequence[str]
) -> Callable[[Request], Awaitable[Response]]:
    async def receive(request: Request) -> Response:
        read = partial(_read, hook, request.headers.get("content-type", ""), naming, door.limits)
        async with door.body(request, hook.proof) as body:
            items, left = await aside(lambda: read(body), len(body))
            report = await intake.accept(items, source=hook.source)
        return Response(_with(report, left).model_dump_json(), 202, media_type="application/json")

    return receive


def _read(
    hook: Hook, content_type: str, naming: Sequence[str], limits: decode.Limits, body: bytes
) -> tuple[list[Item], list[ItemResult]]:
    """The body's events as items of the public shape, and those that are no call of a language model."""
    items: list[Item] = []
    left: list[ItemResult] = []
    for event in decode.items(body, content_type=content_type, limits=limits):
        if event.error is not None:
            items.append(event)
            continue
        try:
            items.append(Item(event.index, hook.item(event.value, naming)))
        except LeftOut as error:
            told = f"not of a language model: {error}"
            left.append(ItemResult(index=event.index, id=None, outcome=Outcome.NO_CONTENT.value, error=told))
        except InputError as error:
            items.append(Item(event.index, error=error))
    return items, left


def _with(report: IngestReport, left: Sequence[ItemResult]) -> IngestReport:
    """The report with the events that were left out; they count nowhere as traffic."""
    results = sorted([*report.items, *left], key=lambda result: result.index)
    return report.model_copy(update={"not_kept": report.not_kept + len(left), "items": results})
