"""A store on a disk that runs full and gets room again; run as `python -m tests.acceptance.full_disk FOLDER KIND`.

KIND is tmpfs (FOLDER is a mounted one of 12 MB; a ballast file fills it) or limit (no file may grow beyond 2 MB).
Prints one JSON object: how many samples were acknowledged and refused, and how many of the acknowledged are missing or
there twice at the end.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from collections.abc import Callable
from pathlib import Path

from store.errors import StoreUnavailable
from store.records import Sample
from store.samples import features
from store.store import Limits, Store
from tests.builders import make_sample
from tests.conftest import Clock

MB = 1024 * 1024
NUMBERS = range(40)


def small_disk(folder: Path, kind: str) -> Callable[[], None]:
    """Make the disk small; returns what makes room on it."""
    if kind == "tmpfs":
        ballast = folder / "ballast"
        ballast.write_bytes(b"\0" * (9 * MB))
        return ballast.unlink
    unlimited = resource.RLIM_INFINITY
    resource.setrlimit(resource.RLIMIT_FSIZE, (2 * MB, unlimited))
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (unlimited, unlimited))


def batch(number: int) -> list[Sample]:
    """Ten samples of 10 kB that hardly compress."""
    return [make_sample(f"{number}-{n}", text=os.urandom(5_000).hex()) for n in range(10)]


def send(store: Store, numbers: range, acknowledged: set[str]) -> list[StoreUnavailable]:
    """Send batches one after the other, each once; the refusals."""
    refusals = []
    for number in numbers:
        samples = batch(number)
        future = store.append_samples(samples)
        error = future.exception()
        if error is None:
            acknowledged.update(sample.sample_id for sample in samples)
        elif isinstance(error, StoreUnavailable):
            refusals.append(error)
        else:
            raise error
    return refusals


def main(folder: Path, kind: str) -> None:
    """Fill the disk, go on for a while, make room, send the rest, and count what is there after reopening."""
    make_room = small_disk(folder, kind)
    acknowledged: set[str] = set()
    path = folder / "leadline.duckdb"
    with Store.open(path, clock=Clock(), limits=Limits(reserve_bytes=0, checkpoint_bytes=MB)) as store:
        refusals = send(store, NUMBERS, acknowledged)
        with store.read() as c:
            readable = features(c) == ["support-chat"]
        make_room()
        refused_after = len(send(store, NUMBERS, acknowledged))
    with Store.open(path, clock=Clock()) as store, store.read() as c:
        rows = c.execute("SELECT sample_id, count(*) FROM sample GROUP BY sample_id").fetchall()
    found = dict(rows)
    report = {
        "refused": len(refusals),
        "retry_after": sorted({error.retry_after_seconds for error in refusals}),
        "readable": readable,
        "refused_after": refused_after,
        "acknowledged": len(acknowledged),
        "missing": len(acknowledged - found.keys()),
        "twice": sum(n > 1 for n in found.values()),
    }
    sys.stdout.write(json.dumps(report) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
