"""Records in and out: every text at any depth, ids, names, and the numbering of a whole sample."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluator.intake.parts import Facts, Kind, Part
from evaluator.redact.redactor import Redactor
from evaluator.settings import RedactionSettings
from store.records import Sample
from tests.builders import make_sample
from tests.unit.evaluator.redact.conftest import KEY

MAIL, OTHER = "kim@example.dev", "eva@example.org"


def facts(**fields: Any) -> Facts:
    return Facts(source="genai", **fields)


def test_texts_at_any_depth_are_redacted(redactor: Redactor) -> None:
    """System, tools, messages, tool input and its keys, results, error, reference and metadata: nothing is left out."""
    block = {"type": "tool_use", "id": "t1", "name": "mail", "input": {"to": [MAIL], MAIL: {"deep": [[MAIL]]}}}
    result = {"type": "tool_result", "tool_use_id": "t1", "content": [{"type": "text", "text": f"sent to {MAIL}"}]}
    request = {
        "system": f"You are {MAIL}",
        "messages": [{"role": "assistant", "content": [block]}, {"role": "user", "content": [result]}],
        "tools": [{"name": "mail", "description": MAIL, "input_schema": {"default": MAIL}}],
    }
    sample = make_sample("s", text=MAIL, error=MAIL, reference=MAIL, metadata={"note": MAIL, MAIL: "x"})
    redacted = redactor.sample(replace(sample, request=request))
    assert MAIL not in str(redacted)
    assert str(redacted).count("<EMAIL_1>") == 12


def test_what_has_nothing_in_it_stays_equal(redactor: Redactor) -> None:
    """A sample without finds differs only by its text's hash."""
    sample = make_sample("s", session_id="s1", metadata={"plan": "pro"})
    redacted = redactor.sample(sample)
    assert replace(redacted, text_hash=None) == sample
    assert redacted.text_hash


def test_numbers_follow_reading_order(redactor: Redactor) -> None:
    """The system prompt is read before the messages, whatever order the request's keys are in."""
    request = {"messages": [{"role": "user", "content": OTHER}], "system": MAIL}
    redacted = redactor.sample(make_sample("s", text=f"{OTHER}, {MAIL}", request=request))
    assert redacted.request == {"system": "<EMAIL_1>", "messages": [{"role": "user", "content": "<EMAIL_2>"}]}
    assert redacted.response["content"][0]["text"] == "<EMAIL_2>, <EMAIL_1>"


def test_parts_that_are_redacted_apart_number_alike(redactor: Redactor) -> None:
    """Facts of two records, joined after the first step, give what the whole sample gives."""
    ask, text = f"I am {MAIL}", f"Hello {MAIL}, {OTHER}"
    whole = make_sample("s", ask=ask, text=text)
    one, two = redactor.facts(facts(request=whole.request)), redactor.facts(facts(response=whole.response))
    assert MAIL not in f"{one}{two}"
    assert redactor.number(replace(whole, request=one.request, response=two.response)) == redactor.sample(whole)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.sampled_from([MAIL, OTHER, "+49 30 901820", "hello", "4111 1111 1111 1111"]), min_size=1, max_size=8)
)
def test_equal_values_have_equal_numbers(texts: list[str]) -> None:
    """Any conversation: two texts are equal after redaction exactly when they were before."""
    redactor = Redactor.build(RedactionSettings(), KEY)
    messages = [{"role": "user", "content": text} for text in texts]
    redacted = redactor.sample(make_sample("s", request={"messages": messages}))
    after = [message["content"] for message in redacted.request["messages"]]
    assert [texts.index(text) for text in texts] == [after.index(text) for text in after]


def test_a_forged_mark_is_only_text(redactor: Redactor) -> None:
    """What a client writes like one of our marks loses its brackets, and takes nobody's number."""
    mark = str(redactor.facts(facts(error=MAIL)).error)
    redacted = redactor.sample(make_sample("s", ask=f"{mark} \u27e6x\u27e7", text=OTHER))
    assert redacted.request["messages"][0]["content"] == f"[{mark[1:-1]}] \u27e6x\u27e7"
    assert redacted.response["content"][0]["text"] == "<EMAIL_1>"


def test_users_are_hashes(redactor: Redactor) -> None:
    """A user's id is the same hash everywhere, another key gives another, and its own hash is not hashed again."""
    stored = redactor.sample(make_sample("s", user_id="u1", metadata={"enduser.id": "u1", "plan": "u1"}))
    assert stored.user_id == redactor.user("u1") == stored.metadata["enduser.id"]
    assert stored.metadata["plan"] == "u1"
    assert redactor.user(redactor.user("u1")) == redactor.user("u1")
    assert Redactor.build(RedactionSettings(), b"another key").user("u1") != redactor.user("u1")


def test_a_made_up_hash_is_hashed(redactor: Redactor) -> None:
    """An id that only looks like our hash is an id: nobody can pass as a user by writing a hash."""
    assert redactor.user("u_" + "0" * 24) != "u_" + "0" * 24


def test_ids_that_tell_something_are_hashed(redactor: Redactor) -> None:
    """A session, sample or response id with an address in it becomes a stable hash; any other stays."""
    named = redactor.sample(make_sample(f"req-{MAIL}", session_id=MAIL, response_id="msg_1", trace_id="a" * 32))
    assert MAIL not in str(named)
    assert (named.sample_id, named.session_id) == (redactor.identifier(f"req-{MAIL}"), redactor.identifier(MAIL))
    assert (named.response_id, named.trace_id) == ("msg_1", "a" * 32)


def test_a_session_named_after_its_user_is_hashed(redactor: Redactor) -> None:
    """Where the session id is the user's id, it does not give the user away."""
    assert (
        redactor.sample(make_sample("s", session_id="u77", user_id="u77")).session_id
        == redactor.identifier(MAIL)[:2]
        + redactor.sample(make_sample("t", session_id="u77", user_id="u77")).session_id[2:]
    )
    assert "u77" not in str(redactor.sample(make_sample("s", session_id="u77", user_id="u77")))


def test_names_stay_unless_they_hold_a_secret(redactor: Redactor) -> None:
    """A feature is the same whatever else is in a sample, also without its address; a release may be 1.2.3.4."""
    for text in ("hello", f"{OTHER} sk-ant-api03-bbbbbbbbbbbbbbbb0123"):
        key = "sk-ant-api03-abcdefghijklmnop0123"
        redacted = redactor.sample(make_sample("s", text=text, feature=MAIL, prompt_version=key, release="1.2.3.4"))
        assert (redacted.feature, redacted.prompt_version) == ("<EMAIL_1>", "<API_KEY_1>")
        assert redacted.release == "1.2.3.4"


@pytest.mark.parametrize("key", ["user", "userId", "end_user", "metadata.user_id", "langfuse_user_id", "user.uuid"])
def test_users_ids_in_metadata_are_hashes(redactor: Redactor, key: str) -> None:
    """However a client calls them; what only begins so (a user's plan) stays."""
    stored = redactor.sample(make_sample("s", metadata={key: "u1", f"{key}_plan": "u1"}))
    assert stored.metadata == {key: redactor.user("u1"), f"{key}_plan": "u1"}


def test_a_part_s_own_ids_are_redacted(redactor: Redactor) -> None:
    """Ids that clients choose (traces, events, links) carry no address to the disk, and still belong together."""
    part = Part(
        group_id=f"lf:{MAIL}",
        part_id=f"e:{MAIL}",
        kind=Kind.CALL,
        facts=facts(),
        parent_id=MAIL,
        links=(f"response:{MAIL}",),
    )
    redacted = redactor.part(part)
    assert MAIL not in str(redacted)
    assert redacted.group_id == f"lf:{redactor.identifier(MAIL)}"
    assert redacted.parent_id == redacted.part_id.removeprefix("e:")


def test_a_value_under_a_secret_s_name_goes(redactor: Redactor) -> None:
    """In structured arguments the key names the secret: password and api_key go, what is beside them stays."""
    arguments = {"user": "kim", "password": "correcthorse", "api_key": "abcdef0123456789abcd", "max_tokens": "1024"}
    redacted = redactor.sample(make_sample("s", request={"messages": [{"role": "user", "content": [arguments]}]}))
    assert redacted.request["messages"][0]["content"][0] == arguments | {
        "password": "<PASSWORD_1>",
        "api_key": "<API_KEY_1>",
    }


def test_a_long_number_is_a_text(redactor: Redactor) -> None:
    """A card number that came as a JSON number goes; other numbers stay numbers."""
    redacted = redactor.sample(make_sample("s", response={"content": [{"card": 4111111111111111, "n": 12345678901}]}))
    assert redacted.response["content"] == [{"card": "<CARD_1>", "n": 12345678901}]


def test_endless_nesting_ends(redactor: Redactor) -> None:
    """Below a hundred levels nothing is kept, and nothing breaks."""
    deep: Any = MAIL
    for _ in range(5000):
        deep = [deep]
    redacted = redactor.sample(make_sample("s", response={"content": deep}))
    assert "(nested too deep)" in str(redacted)
    assert MAIL not in str(redacted)


def test_switched_off_only_users_are_hashed() -> None:
    """With enabled = false texts stay as they came; users' ids are hashes all the same."""
    redacted = Redactor.build(RedactionSettings(enabled=False), KEY).sample(make_sample("s", text=MAIL, user_id="u1"))
    assert redacted.response["content"][0]["text"] == MAIL
    assert redacted.user_id != "u1"


def test_the_text_s_hash_tells_texts_apart(redactor: Redactor) -> None:
    """Equal texts have equal hashes, whatever they are called; another address is another text."""
    first, same = make_sample("a", text=MAIL), make_sample("b", text=MAIL, feature="other")
    hashes = [redactor.sample(one).text_hash for one in (first, same, make_sample("c", text=OTHER))]
    assert hashes[0] == hashes[1] != hashes[2]


def test_a_sample_without_text_has_no_hash(redactor: Redactor) -> None:
    """No text, no hash of one."""
    assert (
        redactor.sample(Sample(sample_id="s", ts=make_sample().ts, received_at=make_sample().ts, feature="f")).text_hash
        is None
    )


@pytest.mark.parametrize("seed", range(3))
def test_random_records_never_break(redactor: Redactor, seed: int) -> None:
    """Texts of odd characters, split anywhere, go through both steps."""
    rng = random.Random(seed)
    odd = "@+.:-/=\\\"'\u27e6\u27e7\x00\ud800 \n0123456789abcdefABCDEFsk-passwordüж’"
    for _ in range(100):
        text = "".join(rng.choices(odd, k=rng.randrange(60)))
        redactor.sample(make_sample(text or "s", text=text, error=text or None, metadata={text[:9]: text}))
