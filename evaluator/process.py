"""A process of Leadline's own: what it leaves unloaded, and how its interpreter is set for work in several threads."""

from __future__ import annotations

import gc
import sys
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec


class _NoPandas(MetaPathFinder):
    """Says of pandas that it is not installed."""

    def find_spec(self, name: str, *_: object) -> ModuleSpec | None:
        if name == "pandas":
            raise ModuleNotFoundError("pandas is left out of this process: only the UI needs it", name=name)
        return None


_HIDING = _NoPandas()


def leave_out_pandas() -> None:
    """DuckDB and pyarrow load pandas with the first value they see, if they can: 45 MB and half a second for nothing.

    To be called before either is used.
    """
    if "pandas" not in sys.modules:
        sys.meta_path.insert(0, _HIDING)


def bring_back_pandas() -> None:
    """For a process with the UI, before DuckDB and pyarrow are used."""
    if _HIDING in sys.meta_path:
        sys.meta_path.remove(_HIDING)


def tune() -> None:
    """For one process with a loop that must answer at once beside threads that compute; to be called when it is up.

    Whoever waits for the interpreter gets it after 1 ms in place of 5; what is loaded by now is never garbage, and
    young objects, of which every span makes hundreds, are looked through less often, but not 100,000 at a time:
    everybody would stand still for 40 to 120 ms. All objects are looked through after two million net allocations,
    which some hundreds of shown pages make: no collection follows each of them.
    """
    sys.setswitchinterval(0.001)
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 10)
