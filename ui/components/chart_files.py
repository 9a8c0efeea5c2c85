"""What can be taken along of a chart: its numbers as CSV, a picture, and a link that leads back to it."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from ui.words import cell

Rows = Sequence[Mapping[str, Any]]
LONGEST = 1000
NAME = 100
"""Letters of a file's name, without its ending."""


def chart_files(
    of: str, what: str, rows: Rows, *, picture: Callable[[], bytes] | None = None, anchor: str = "", **address: str
) -> None:
    """Small buttons under a chart; `picture` draws the PNG when it is asked for.

    The files are named `of` whom they tell and `what`, which is ours, short, and of no other chart of the page. The
    link is the page's address as it is, with `address` in it and the section `anchor`. Both files are made at the
    click, so a page with many charts stays light.
    """
    stem = file_stem(of, what)
    with st.container(horizontal=True, gap="small"):
        _file(f"{stem}.csv", "text/csv", lambda: csv_of(rows), ":material/table:", what)
        if picture:
            _file(f"{stem}.png", "image/png", picture, ":material/image:", what)
        with st.popover("Link", icon=":material/link:", type="tertiary", key=f"link-{what}"):
            st.caption("Leads to what you see now:")
            st.code(permalink(anchor, **address), language=None, wrap_lines=True)


def _file(name: str, mime: str, made: Callable[[], bytes], icon: str, what: str) -> None:
    kind = name.rpartition(".")[2].upper()
    st.download_button(kind, made, name, mime, key=f"{kind}-{what}", icon=icon, on_click="ignore", type="tertiary")


def permalink(anchor: str = "", **address: str) -> str:
    """The address of the page as the reader sees it, with all that was chosen."""
    chosen = {name: st.query_params.get_all(name) for name in st.query_params} | address
    asked = f"?{urlencode(chosen, doseq=True)}" if chosen else ""
    return f"{st.context.url or ''}{asked}{f'#{anchor}' if anchor else ''}"


def csv_of(rows: Rows) -> bytes:
    """The rows as CSV: times in UTC, numbers as they are, and foreign text that no spreadsheet takes for a formula.

    >>> csv_of([{"at": datetime(2026, 11, 20, 12, tzinfo=UTC), "rate": 0.97, "label": "=1+1", "n": None}]).decode()
    "at,rate,label,n\\r\\n2026-11-20T12:00:00Z,0.97,'=1+1,\\r\\n"
    """
    written = io.StringIO()
    names = list(dict.fromkeys(name for row in rows for name in row))
    table = csv.DictWriter(written, names, lineterminator="\r\n")
    table.writeheader()
    table.writerows({name: _told(value) for name, value in row.items()} for row in rows)
    return written.getvalue().encode()


def file_stem(of: str, what: str) -> str:
    """A name that every file system takes; of a long one the end stays, which tells a page's charts apart.

    >>> file_stem("support chat / <b>", "evidence"), file_stem("x" * 200, "mix")[-6:], file_stem("=", "mix")
    ('support-chat-b-evidence', 'xx-mix', 'mix')
    """
    owner, end = _safe(of)[: NAME - len(what) - 1], _safe(what)
    return f"{owner}-{end}" if owner else end


def _safe(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9._]+", "-", name).strip("-.")


def _told(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return cell(value, LONGEST) if isinstance(value, str) else value
