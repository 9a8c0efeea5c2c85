"""Files of OTLP in JSON, one export request per line, as the collector's file exporter writes them.

The records of a call may be far apart, so they are all gathered before the first call is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

from pydantic_core import to_json

from evaluator.errors import InputError
from evaluator.intake.decode import Limits
from evaluator.intake.formats.told import NAMING, Item, LeftOut, compact, whole
from evaluator.intake.parts import Part
from store.records import Sample, TextState

SIGNALS = {"traces": ("resourceSpans", "resource_spans"), "logs": ("resourceLogs", "resource_logs")}
MAX_BYTES = 256_000_000
JSON = "application/json"


def recognises(row: Item) -> bool:
    """Whether a row is an export request of traces or logs."""
    return any(name in row for names in SIGNALS.values() for name in names)


def item(payload: object) -> Item:
    """The only call in one export request; InputError unless it has exactly one."""
    found = list(gathered([whole(payload, "an export request")]))
    if len(found) != 1 or isinstance(found[0], InputError):
        raise InputError(f"an export request of {len(found)} calls; read the file as a whole")
    return found[0]


def gathered(rows: Iterable[Item], naming: Sequence[str] = NAMING) -> Iterator[Item | InputError]:
    """The public items of all calls in these export requests; errors of records; LeftOut for our own judges' calls.

    Raises InputError when the file is too large to be held.
    """
    from evaluator.intake import finish
    from evaluator.intake.assemble import assemble

    parts: list[Part] = []
    for found in _parts(rows, naming):
        if isinstance(found, InputError):
            yield found
        else:
            parts += found
    now = datetime.now(UTC)
    for call in assemble(parts).calls:
        if call.facts.self_traffic:
            yield LeftOut("calls of our own judges", reason="no_call")
        else:
            yield _item(finish.sample(call, arrived_at=now, received_at=now))


def _parts(rows: Iterable[Item], naming: Sequence[str]) -> Iterator[list[Part] | InputError]:
    from evaluator.intake.otlp.reader import Reader

    reader, size = Reader(naming, Limits()), 0
    for row in rows:
        body = to_json(row, inf_nan_mode="constants")
        size += len(body)
        if size > MAX_BYTES:
            told = (
                f"more than {MAX_BYTES / 1e6:.0f} MB of OTLP; split it between traces, or post its lines to /v1/traces"
            )
            raise InputError(told, reason="too_large")
        for signal, names in SIGNALS.items():
            if any(name in row for name in names):
                try:
                    found = getattr(reader, signal)(body, JSON)
                except InputError as error:
                    yield error
                    continue
                yield from (InputError(told) for told in found.errors)
                yield found.parts


def _lacks(sample: Sample) -> str | None:
    """What of the text was not told, for a call that did not fail."""
    if sample.error or (sample.text is TextState.KEPT and sample.response):
        return None
    return "not_sent" if sample.text is TextState.MISSING else "no_response"


def _item(sample: Sample) -> Item:
    """The sample in the public shape, in which --url sends it on."""
    stop = {"stop_reason": sample.stop_reason_raw} if sample.stop_reason_raw else {}
    return compact(
        id=sample.sample_id,
        timestamp=sample.ts.isoformat(),
        feature=sample.feature,
        environment=sample.environment,
        session_id=sample.session_id,
        user_id=sample.user_id,
        model=sample.model,
        provider=sample.provider,
        prompt_version=sample.prompt_version,
        release=sample.release,
        request={"messages": [], **sample.request} if sample.request else None,
        response={"content": [], **sample.response, **stop} if sample.response or stop else None,
        usage=compact(
            input_tokens=sample.input_tokens,
            output_tokens=sample.output_tokens,
            cache_read_input_tokens=sample.cache_read_tokens,
            cache_creation_input_tokens=sample.cache_write_tokens,
        ),
        latency_ms=sample.latency_ms,
        error=sample.error,
        metadata=dict(sample.metadata),
        incomplete=sample.incomplete or _lacks(sample),
        trace_id=sample.trace_id,
        span_id=sample.span_id,
        response_id=sample.response_id,
    )
