"""What a page says when there is nothing to show, or when the service does not answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from evaluator.api.sign_in import Refusal
from ui.calls.one_at_a_time import PAGES
from ui.client import Api, ApiError, KeyNeededError, NotFoundError, UnreachableError, service_url
from ui.components.gate import sign_in_page
from ui.sign_in import KEY, desk, reach, visitor
from ui.words import one_line

FIRST_SAMPLE = '{"feature": "support-chat", "request": "Where is my invoice?", "response": "Under Account, Receipts."}'


@contextmanager
def guarded(part: str = "page") -> Iterator[Api]:
    """A connection to the API, while no other page computes; when the API fails, the page says so in words.

    Parts of a page that ask by themselves need names of their own: several of them may fail at once.
    """
    try:
        with PAGES.computing():
            yield reach()
    except KeyNeededError as error:
        ask_to_come_in(error, part)
    except NotFoundError as error:
        st.warning(str(error), icon=":material/search_off:")
        st.page_link("pages/overview.py", label="Back to the overview", icon=":material/arrow_back:")
    except UnreachableError as error:
        trouble("The service does not answer", error, "Start it with", "leadline up", part)
    except ApiError as error:
        trouble("The service cannot answer now", error, "See what it lacks with", f"curl {service_url()}/readyz", part)


def trouble(what: str, error: ApiError, then: str, command: str, part: str) -> None:
    """An error state: what happened, in the API's words, and what to do next."""
    st.subheader(f":material/cloud_off: {what}", anchor=False)
    st.text(str(error))
    st.caption(f"{then}:")
    st.code(command, language=None, wrap_lines=True)
    st.button("Try again", icon=":material/refresh:", key=f"again-{part}")


def ask_to_come_in(error: KeyNeededError, part: str) -> None:
    """What the API wants to know before it tells anything: who signed in, or a key."""
    here, who = desk(), visitor()
    if here is None:
        ask_for_key(error, part)
    elif who is None or isinstance(who, Refusal):
        sign_in_page(here, who, part)
    else:
        command = f"curl {service_url()}/readyz"
        trouble("The service does not let you in", error, "See what it lacks with", command, part)


def ask_for_key(error: KeyNeededError, part: str) -> None:
    """Asks for an API key and keeps it for this visit only."""
    st.subheader(":material/key: This service wants an API key", anchor=False)
    if st.session_state.get(KEY):
        st.error("The service did not accept that key.", icon=":material/block:")
        st.text(one_line(str(error), 300))
    with st.form(f"key-{part}", border=False):
        key = st.text_input("API key with the role read", type="password", autocomplete="off")
        if st.form_submit_button("Open", type="primary"):
            st.session_state[KEY] = key.strip()
            st.rerun()
    st.caption("`leadline key new read` makes one. The key is kept in memory until the page is loaded anew.")


def first_sample(url: str) -> None:
    """The empty state: how to send the first sample, with this service's own address."""
    st.subheader(":material/sailing: No samples yet", anchor=False)
    st.markdown("Send the first one. It shows here within seconds:")
    st.code(
        f"curl -X POST {url}/v1/samples \\\n  -H 'content-type: application/json' \\\n  -d '{FIRST_SAMPLE}'",
        language=None,
        wrap_lines=True,
    )
    st.markdown("Or score logs that you already have (JSONL, CSV or Parquet):")
    st.code(f"leadline score --url {url} FILE", language=None, wrap_lines=True)
    st.caption("Checks and schema judges need no key. The overview refreshes itself.")
