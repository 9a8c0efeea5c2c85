"""Stop reasons in one vocabulary, Anthropic's; what is in none of the known ones stays as it came."""

from __future__ import annotations

KNOWN = (
    "end_turn",
    "max_tokens",
    "tool_use",
    "stop_sequence",
    "refusal",
    "pause_turn",
    "model_context_window_exceeded",
)
SYNONYMS = {
    "stop": "end_turn",
    "length": "max_tokens",
    "max_output_tokens": "max_tokens",
    "tool_call": "tool_use",
    "tool_calls": "tool_use",
    "function_call": "tool_use",
    "complete": "end_turn",
    "model_length": "model_context_window_exceeded",
    **dict.fromkeys(("content_filter", "content_filtered", "guardrail_intervened"), "refusal"),
    **dict.fromkeys(("safety", "recitation", "blocklist", "prohibited_content", "spii"), "refusal"),
}


def normalised(raw: str | None) -> str | None:
    """The stop reason in Anthropic's words; case, hyphens and the name of an enumeration do not matter.

    >>> normalised("tool-calls"), normalised("end_turn"), normalised("FinishReason.STOP"), normalised("paused by host")
    ('tool_use', 'end_turn', 'end_turn', 'paused by host')
    """
    if not raw:
        return None
    name = raw.strip().lower().rpartition(".")[2].replace("-", "_")
    return name if name in KNOWN else SYNONYMS.get(name, raw)
