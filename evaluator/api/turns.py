"""Long answers are read and written in turns with other threads."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, PlainSerializer


def _itself(text: str) -> str:
    return text


Yielding = Annotated[str, AfterValidator(_itself), PlainSerializer(_itself, return_type=str)]
"""A text of one of many in an answer, where others get the interpreter; which text of them does not matter.

pydantic reads and writes a whole answer in one go, which for a megabyte keeps the event loop from acknowledging samples
for 20 to 90 ms. Where it calls Python, who waits for the interpreter gets it: so it does once for each of many.
"""
