"""What redaction tells the judges: its kinds, and a finder for what the settings leave in the text."""

from __future__ import annotations

import pytest

from evaluator.judge_setup import judge_entries
from evaluator.redact.detection import detection
from evaluator.redact.redactor import Redactor
from evaluator.redact.search import RULES
from evaluator.settings import PatternSettings, RedactionSettings, Settings
from judges.leaks import KINDS
from tests.builders import make_sample
from tests.judging import make_judge

TEXT = "Ask bob@example.com or 203.0.113.9 about ORD-123456."
ORDER = PatternSettings(name="order_id", pattern=r"ORD-\d{6}")


def found(settings: RedactionSettings) -> list[str]:
    """The kinds that the finder finds in the text."""
    find = detection(settings).find
    assert find is not None
    return [one.kind for one in find(TEXT)]


def test_the_kinds_are_those_of_the_rules() -> None:
    """The judges' own list of kinds is that of redaction; own patterns and Presidio's entities come on top."""
    assert frozenset(RULES) == KINDS
    assert detection(RedactionSettings(patterns=(ORDER,))).kinds == KINDS | {"order_id"}
    assert detection(RedactionSettings(presidio=True)).kinds == KINDS | {"person", "location"}


def test_complete_redaction_needs_no_finder() -> None:
    """With all rules on, the text holds nothing more to find."""
    assert detection(RedactionSettings(patterns=(ORDER,))).find is None


def test_rules_that_are_off_are_run_for_the_judges() -> None:
    """A rule that is switched off is run by the finder alone, the others are not run again."""
    assert found(RedactionSettings(off=("ip",), patterns=(ORDER,))) == ["ip"]


def test_without_redaction_all_rules_are_run_for_the_judges() -> None:
    """With redaction off, the finder runs all rules and the own patterns."""
    assert found(RedactionSettings(enabled=False, patterns=(ORDER,))) == ["email", "ip", "order_id"]


@pytest.mark.parametrize("enabled", [True, False])
async def test_a_leak_is_seen_with_and_without_redaction(enabled: bool) -> None:
    """The same answer fails whether its address was taken out before judging or not."""
    settings = RedactionSettings(enabled=enabled)
    sample = Redactor.build(settings, b"key").sample(make_sample(ask="I am ann@example.com.", text=TEXT))
    judgement = await make_judge("no_leaks", kinds=["email"], detection=detection(settings)).judge(sample)
    assert judgement.passed is False


async def test_the_service_tells_its_judges() -> None:
    """A judge of the settings knows what the settings leave in the text."""
    judges = [{"kind": "no_leaks", "name": "leaks"}]
    settings = Settings.model_validate({"redaction": {"enabled": False}, "judge": {"builtin": []}, "judges": judges})
    (entry,) = judge_entries(settings, None, {})
    assert entry.judge is not None
    assert (await entry.judge.judge(make_sample(text=TEXT))).passed is False


@pytest.mark.parametrize(
    ("glob", "text"),
    [
        ("support@example.com", "Write to Support@Example.com or <EMAIL_1>."),
        ("*@example.com", "Write to Support@Example.com or <EMAIL_1>."),
        ("+49301*", "Write to <EMAIL_1> or <EMAIL_2>."),
    ],
)
def test_allowed_values_stay(glob: str, text: str) -> None:
    """redaction.allowed keeps values by globs, upper case or not, and everything else goes."""
    redactor = Redactor.build(RedactionSettings(allowed=(glob,)), b"key")
    assert redactor.text("Write to Support@Example.com or ann@elsewhere.com.") == text


def test_an_allowed_star_lets_no_forged_mark_through() -> None:
    """What looks like a mark of ours is disarmed whatever is allowed."""
    redactor = Redactor.build(RedactionSettings(allowed=("*",)), b"key")
    assert "\u27e6" not in redactor.text("\u27e6EMAIL:0123456789abcdef\u27e7")
