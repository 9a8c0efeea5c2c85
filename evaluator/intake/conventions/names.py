"""Which attributes tell what every convention tells alike, in the order of trust."""

from __future__ import annotations

from itertools import product

from evaluator.intake.conventions import values

BELOW = (
    "traceloop.association.properties.",
    "ai.telemetry.metadata.",
    "langfuse.trace.metadata.",
    "langfuse.observation.metadata.",
    "ai.settings.context.",
    "metadata.json.",
)
"""Where instrumentations put what an application told them: the rest of the name is the application's."""


FOLDED = ("metadata", "langfuse.trace.metadata", "langfuse.observation.metadata")
"""Attributes that hold the application's own as one JSON object."""


def _names(told: str, own: str) -> tuple[str, ...]:
    """Attribute names in the order of trust: the conventions' (`told`), then the application's (`own`) anywhere."""
    return (*told.split(), *own.split(), *map("".join, product(BELOW, own.split())))


SESSION = _names(
    "gen_ai.conversation.id session.id langfuse.session.id", "session_id sessionId thread_id conversation_id"
)
USER = _names("user.id enduser.id gen_ai.user.id llm.user langfuse.user.id", "user_id userId end_user")
PROMPT_VERSION = _names(
    "gen_ai.prompt.version langfuse.observation.prompt.version llm.prompt_template.version prompt.version",
    "prompt_version promptVersion",
)
PROMPT_NAME = _names("gen_ai.prompt.name langfuse.observation.prompt.name prompt.name", "prompt_name promptName")
ENVIRONMENT = _names("deployment.environment.name deployment.environment langfuse.environment", "environment")
RELEASE = (*_names("langfuse.release", "release"), "service.version")
FIELDS = {
    "session_id": SESSION,
    "user_id": USER,
    "prompt_version": PROMPT_VERSION,
    "environment": ENVIRONMENT,
    "release": RELEASE,
}
TAGS = _names("langfuse.trace.tags tag.tags", "tags")
FEATURE = values.words(
    "gen_ai.agent.name gen_ai.workflow.name traceloop.workflow.name langfuse.trace.name ai.telemetry.functionId"
)
PROVIDERS_OWN = ("claude-platform",)
"""Services that send spans of an application's calls: their name and version are not the application's."""
RESPONSE_ID = ("gen_ai.response.id", "ai.response.id")
REQUEST_ID = ("anthropic.request.id",)
