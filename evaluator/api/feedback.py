"""POST /v1/feedback: what people and programs say of answers, 202 after the commit."""

from __future__ import annotations

from fastapi import APIRouter

from evaluator.api.door import Door
from evaluator.api.ingest import body_of, items_route
from evaluator.feedback import Feedbacks
from evaluator.feedback.item import PublicFeedback

ABOUT = "Stores feedback on samples, also on such that have not arrived yet."


def router(feedbacks: Feedbacks, door: Door) -> APIRouter:
    """The route of feedback."""
    return items_route("feedback", ABOUT, feedbacks.accept, door, body_of(PublicFeedback.model_json_schema()))
