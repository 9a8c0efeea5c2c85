"""What people and programs say of an answer after it was given: thumbs, scores, labels."""

from evaluator.feedback.feedbacks import Feedbacks
from evaluator.feedback.item import FeedbackItem
from evaluator.feedback.sources import from_log, from_score, from_span, is_evaluation

__all__ = ["FeedbackItem", "Feedbacks", "from_log", "from_score", "from_span", "is_evaluation"]
