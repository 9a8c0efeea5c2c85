"""Letting other threads have the interpreter in the middle of a long answer."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, PlainSerializer


def _itself(text: str) -> str:
    return text


Id = Annotated[str, AfterValidator(_itself), PlainSerializer(_itself, return_type=str)]
"""The id of one of many in an answer.

pydantic reads and writes a whole answer in one go, which for a megabyte keeps the event loop from acknowledging samples
for 30 to 90 ms. Where it calls Python, who waits for the interpreter gets it: so that is done once for each of many.
"""
