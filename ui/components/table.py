"""Tables: numbers sort as numbers, foreign names cannot act as formulas, and all of it downloads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

import streamlit as st

from ui.components.reader import reader_zone
from ui.theme import ROW_HEIGHT, UNKNOWN, Look
from ui.words import cell

T = TypeVar("T")
ROWS_SHOWN = 15
NOTHING = "–"


@dataclass(frozen=True, slots=True)
class Column(Generic[T]):
    """One column: its title, what stands in it for a row (None: nothing known), and how that is shown."""

    title: str
    of: Callable[[T], Any]
    config: Any


def table(
    rows: Sequence[T],
    columns: Sequence[Column[T]],
    *,
    key: str,
    alt: str,
    most: int = ROWS_SHOWN,
    row_height: int = ROW_HEIGHT,
) -> None:
    """The rows in the given order; a click on a heading sorts, the button at the top right downloads them as CSV."""
    st.dataframe(cells(rows, columns), key=key, alt=alt, **_shape(rows, columns, most, row_height))


def picking_table(
    rows: Sequence[T], columns: Sequence[Column[T]], *, key: str, alt: str, most: int = ROWS_SHOWN
) -> T | None:
    """As `table`; the row that the reader clicked, None while there is none."""
    picked: Any = st.dataframe(
        cells(rows, columns),
        key=key,
        alt=alt,
        on_select="rerun",
        selection_mode="single-cell",
        **_shape(rows, columns, most, ROW_HEIGHT),
    )
    clicked = picked["selection"]["cells"]
    return rows[clicked[0][0]] if clicked and clicked[0][0] < len(rows) else None


def name(title: str, of: Callable[[T], object], width: int | None = None, about: str | None = None) -> Column[T]:
    """Foreign text, or ours."""
    shown = st.column_config.TextColumn(width=width, help=about)
    return Column(title, lambda row: None if (told := of(row)) is None else cell(told, 300), shown)


def number(
    title: str, of: Callable[[T], float | None], width: int | None = None, about: str | None = None, form: str = ""
) -> Column[T]:
    """A count, or with `form` (printf) any number."""
    return Column(title, of, st.column_config.NumberColumn(width=width, help=about, format=form or "localized"))


def share(title: str, of: Callable[[T], float | None], width: int | None = None, about: str | None = None) -> Column[T]:
    """A rate in [0, 1], shown in percent."""
    return number(title, lambda row: _times(of(row), 100), width, about, "%.1f %%")


def points(
    title: str, of: Callable[[T], float | None], width: int | None = None, about: str | None = None
) -> Column[T]:
    """A change of a rate, negative when it fell, shown in percentage points."""
    return number(title, lambda row: _times(of(row), 100), width, about, "%+.1f")


def money(title: str, of: Callable[[T], float | None], width: int | None = None, about: str | None = None) -> Column[T]:
    """USD: cents, or below a dollar three digits that say something."""
    # %s writes a number as JavaScript does; Streamlit's "plain" shows 792 as 792.0000000000001.
    return number(title, lambda row: _cents(of(row)), width, about, "%s")


def when(
    title: str, of: Callable[[T], datetime | None], width: int | None = None, about: str | None = None
) -> Column[T]:
    """A moment in the reader's zone; the download has it in UTC."""
    zone = str(reader_zone())
    told = f"{about} " if about else ""
    shown = st.column_config.DatetimeColumn(
        width=width, help=f"{told}In {zone}; the download has UTC.", timezone=zone, format="ddd D MMM HH:mm"
    )
    return Column(title, lambda row: None if (at := of(row)) is None else at.astimezone(UTC), shown)


def state(title: str, of: Callable[[T], Look], known: Iterable[Look], width: int = 95, about: str = "") -> Column[T]:
    """A state by sign, word and colour."""
    looks = list(dict.fromkeys([*known, UNKNOWN]))
    shown = st.column_config.MultiselectColumn(
        options=[f"{one.sign} {one.word}" for one in looks],
        color=[one.colour for one in looks],
        width=width,
        help=about or None,
    )
    return Column(title, lambda row: [f"{of(row).sign} {of(row).word}"], shown)


def trend(
    title: str,
    of: Callable[[T], Sequence[float | None]],
    width: int | None = None,
    about: str | None = None,
    between: tuple[float | None, float | None] = (None, None),
) -> Column[T]:
    """A small line of values in order of time, on one scale for all rows."""
    shown = st.column_config.LineChartColumn(width=width, help=about, y_min=between[0], y_max=between[1])
    return Column(title, of, shown)


def bars(
    title: str, of: Callable[[T], Sequence[float]], width: int | None = None, about: str | None = None
) -> Column[T]:
    """Small bars of counts in order of time."""
    return Column(title, of, st.column_config.BarChartColumn(width=width, help=about, y_min=0))


def _cents(usd: float | None) -> float | None:
    return None if usd is None else round(usd, 2) if abs(usd) >= 1 else float(f"{usd:.3g}")


def _times(value: float | None, factor: float) -> float | None:
    return None if value is None else factor * value


def cells(rows: Sequence[T], columns: Sequence[Column[T]]) -> dict[str, list[Any]]:
    """What stands in each column, by its title."""
    return {column.title: [column.of(row) for row in rows] for column in columns}


def _shape(rows: Sequence[T], columns: Sequence[Column[T]], most: int, row_height: int) -> dict[str, Any]:
    return {
        "column_config": {column.title: column.config for column in columns},
        "hide_index": True,
        "row_height": row_height,
        "height": "content" if len(rows) <= most else ROW_HEIGHT + row_height * most,
        "placeholder": NOTHING,
    }
