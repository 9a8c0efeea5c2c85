"""What makes the unit tests quick: a store is opened once per process, and libraries are spared idle work."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest
from hypothesis import settings

from store.database import Connection
from store.errors import StoreError
from store.store import Store
from tests.conftest import Clock

# tests/acceptance/test_properties.py tries the same properties with many examples.
settings.register_profile("unit", max_examples=10, deadline=None, database=None)
settings.register_profile("many", parent=settings.get_profile("unit"), max_examples=200)
settings.load_profile("unit")
TABLES = "SELECT table_name FROM duckdb_tables() WHERE database_name = 'leadline' AND table_name <> 'schema_migration'"


def pytest_collection() -> None:
    """What is imported and collected stays: looking through it for garbage again and again is a tenth of the time."""
    gc.disable()


def pytest_collection_finish() -> None:
    """From here on only what tests make is looked through."""
    gc.freeze()
    gc.enable()


@pytest.fixture(autouse=True, scope="session")
def _environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What the libraries are told by the environment: no certificates, and one core each for pytest's workers."""
    with pytest.MonkeyPatch.context() as environment:
        # Every HTTP client would read all certificate authorities (20 ms), for loopback HTTP: show it an empty folder.
        environment.delenv("SSL_CERT_FILE", raising=False)
        environment.setenv("SSL_CERT_DIR", str(tmp_path_factory.mktemp("no-certificates")))
        # DuckDB asks this variable first: a thread per core costs small queries a quarter of their time.
        environment.setenv("SLURM_CPUS_ON_NODE", "1")
        yield


@pytest.fixture(scope="session")
def _kept_stores() -> Iterator[list[Store]]:
    """The store of the test before, if it still works: to open one takes longer (20 ms) than most tests do."""
    kept: list[Store] = []
    yield kept
    for store in kept:
        store.close()


@pytest.fixture
def store(_kept_stores: list[Store]) -> Iterator[Store]:
    """An open, empty store in memory, with its writer running."""
    opened = _kept_stores.pop() if _kept_stores else Store.open(None, clock=Clock())
    yield opened
    try:
        opened.run(_empty).result(10)
    except StoreError:
        # The test broke it.
        opened.close()
    else:
        _kept_stores.append(opened)


def _empty(c: Connection) -> None:
    names = [name for (name,) in c.execute(TABLES).fetchall()]
    c.execute(
        ";".join(
            [
                *(f"DELETE FROM {name}" for name in names),
                "INSERT INTO rollup_watermark VALUES (-1)",
                "INSERT INTO verdict_hour_watermark VALUES (-1)",
                "INSERT INTO hour_watermark VALUES (TIMESTAMP '1970-01-01', -1, 0)",
                "INSERT INTO first_seen_watermark VALUES (-1)",
                "INSERT INTO usage_watermark VALUES (-1, 0)",
            ]
        )
    )
