"""Long answers are written in the thread that made them."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar, cast, get_args, get_type_hints

from fastapi import Response
from pydantic import TypeAdapter

P = ParamSpec("P")
T = TypeVar("T")


def written(endpoint: Callable[P, T]) -> Callable[P, T]:
    """A route's endpoint that writes its answer itself. To be put below the route; the endpoint is no coroutine.

    FastAPI would go through the answer once more and write it in the event loop, where nothing else is done meanwhile.
    An endpoint that may give a Response as well (`Shape | Response`) has that passed on.
    """
    told = get_type_hints(endpoint, include_extras=True)["return"]
    shape = next(one for one in get_args(told) if one is not Response) if Response in get_args(told) else told
    adapter = TypeAdapter[Any](shape)

    @wraps(endpoint)
    def answer(*args: P.args, **kwargs: P.kwargs) -> Any:
        made = endpoint(*args, **kwargs)
        return made if isinstance(made, Response) else Response(adapter.dump_json(made), media_type="application/json")

    return cast("Callable[P, T]", answer)
