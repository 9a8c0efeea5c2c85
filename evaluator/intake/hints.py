"""What to switch on at a client whose samples come without text, or with text that is not whole."""

from __future__ import annotations

OTEL_CONTENT = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"
SWITCHES = {
    "anthropic-sdk": (
        'construct the client with open_telemetry={"traces": {"content_mode": "content"}}, or set'
        " ANTHROPIC_OPEN_TELEMETRY_TRACES_CONTENT_MODE=content; its default sends metadata only"
    ),
    "claude-platform": "set the content mode of the telemetry destination to `content`; its default is metadata only",
    "genai": f"set {OTEL_CONTENT}=SPAN_ONLY (older instrumentations: true); content is off by default",
    "genai-events": (
        f"set {OTEL_CONTENT}=true and export logs too (OTEL_LOGS_EXPORTER=otlp);"
        " older versions take the value SPAN_AND_EVENT for off"
    ),
    "claude-code": "set OTEL_LOG_USER_PROMPTS=1 and OTEL_LOG_ASSISTANT_RESPONSES=1, with OTEL_LOGS_EXPORTER=otlp",
    "openllmetry": (
        "set TRACELOOP_TRACE_CONTENT=true; with use_attributes=False the text comes as logs: export those here too"
    ),
    "openinference": "take OPENINFERENCE_HIDE_INPUTS, OPENINFERENCE_HIDE_OUTPUTS and the HIDE_…_TEXT variables away",
    "vercel": "set recordInputs and recordOutputs of experimental_telemetry to true",
    "mlflow": "use messages.stream(…) in place of create(stream=True), whose text MLflow does not record",
    "logfire": "set inspect_arguments and scrubbing so that request_data and response_data are kept",
    "pydantic-ai": "construct InstrumentationSettings(include_content=True)",
    "langfuse-otel": "give the generation input= and output=, or take the mask off",
    "langfuse": "give the generation input= and output=, or take the mask off",
    "litellm": "set litellm.turn_off_message_logging = False",
    "litellm-otel": "set litellm.turn_off_message_logging = False",
    "helicone": "take the headers Helicone-Omit-Request and Helicone-Omit-Response away",
}
SEND_BOTH = "send request and response with each sample"
INCOMPLETE = {
    "cut_json": "raise or unset OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: it cuts the text in the middle",
    "dropped_attributes": "raise OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT (try 2000): the oldest attributes are dropped first",
    "truncated": "raise max_content_bytes at the client: the oldest parts of long conversations are left out",
    "no_response": "the answer did not come: for streamed calls, check that the client records the whole stream",
}


def for_missing_text(source: str) -> str:
    """How to make this kind of client send the text."""
    return SWITCHES.get(source, SEND_BOTH)


def for_incomplete(reason: str) -> str | None:
    """What helps against text that is not whole; None for a reason that the client named itself."""
    return INCOMPLETE.get(reason)
