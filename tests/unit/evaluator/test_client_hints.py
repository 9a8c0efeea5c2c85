"""What the service says of clients whose text does not arrive."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from evaluator.api import sources
from evaluator.intake import hints
from evaluator.intake.own_calls import is_own
from judges.prompt import MARK, build
from judges.rubric import shipped
from store.records import TextState
from store.store import Store
from tests.builders import NOON, make_sample


def told(store: Store) -> dict[str, list[str]]:
    """The hints by source."""
    with store.read() as c:
        return {source.source: source.hints for source in sources.intake(c, NOON + timedelta(hours=1)).sources}


def test_missing_text_names_the_clients_switch(store: Store) -> None:
    """Samples without text give a hint with their number and what to set at that client."""
    bare = replace(make_sample("a", source="claude-code", request={}, response={}), text=TextState.MISSING)
    store.append_samples([bare, make_sample("b", source="webhook")]).result()
    found = told(store)
    assert found["webhook"] == []
    assert found["claude-code"] == [f"1 of 1 came without text: {hints.for_missing_text('claude-code')}"]
    assert "OTEL_LOG_USER_PROMPTS=1" in found["claude-code"][0]


@pytest.mark.parametrize("reason", sorted(hints.INCOMPLETE))
def test_incomplete_text_says_what_helps(store: Store, reason: str) -> None:
    """Each way in which text is cut has its own remedy."""
    store.append_samples([make_sample("a", source="genai", incomplete=reason)]).result()
    assert told(store)["genai"] == [f"1 of 1 came incomplete ({reason}): {hints.for_incomplete(reason)}"]


def test_single_calls_without_text_are_no_hint(store: Store) -> None:
    """A few calls without text among many are not the set-up's fault."""
    whole = [make_sample(f"s{number}", source="genai") for number in range(99)]
    bare = replace(make_sample("bare", source="genai", request={}, response={}), text=TextState.MISSING)
    store.append_samples([*whole, bare]).result()
    assert told(store) == {"genai": []}


def test_yesterdays_clients_are_not_shown(store: Store) -> None:
    """A client that sent nothing for a day is not listed."""
    store.append_samples([make_sample("a", received_at=NOON - timedelta(days=2))]).result()
    assert told(store) == {}


def test_a_judges_own_call_is_known_by_its_prompt() -> None:
    """What the judges ask carries the mark that intake looks for; a user's own prompt does not."""
    asked = build(shipped("smell_test"), make_sample(), boundary="0" * 32)
    assert asked.system.startswith(MARK)
    assert is_own({"system": asked.system}, {})
    assert not is_own({"system": f"Never say {MARK}."}, {"plan": "pro"})
