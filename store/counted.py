"""Writing counted votes, without losing any to DuckDB.

DuckDB 1.5 loses rows without an error: of two ordered inserts from queries into one table in one transaction,
where the first yields no row and the second more than a row group (122,880), the second's are gone, also after the
commit. One row written in between prevents it; tests/unit/store/test_counted.py shows both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from store import queries

if TYPE_CHECKING:
    from store.database import Connection


def insert(c: Connection, name: str, /, **parameters: object) -> None:
    """Runs the insert `name` into `rollup_value`."""
    answer = queries.run(c, name, **parameters).fetchone()
    if answer is not None and not answer[0]:
        queries.run(c, "write_one_counted")
        queries.run(c, "delete_one_counted")
