"""How the service fares: can it store, how much room has it, what waits, and what is done by the clock."""

from __future__ import annotations

import streamlit as st

from evaluator.api.status_shapes import JobView, StatusView
from ui.components import table
from ui.components.reader import reader_zone
from ui.moments import moment, waited
from ui.theme import JOB_LOOKS, Look
from ui.words import NBSP, one_line, plain

QUEUES = "What waits: for the disk, for its call to be whole, for a judge, for a channel."


def standing(status: StatusView) -> None:
    """Ready or not, room and queues."""
    if status.problem:
        st.header(":red[:material/error:] The service cannot store", anchor=False)
        st.text(one_line(status.problem, 400))
        st.caption("Nothing is lost: clients are told to try again. Mend this first.")
    else:
        st.header(":green[:material/check_circle:] The service is ready", anchor=False)
    up_seconds = (status.now - status.started_at).total_seconds()
    st.caption(
        f"Leadline {plain(status.version, 40)}, up for {waited(up_seconds)}, since "
        f"{moment(status.started_at, reader_zone())}. Last look: {moment(status.last_look_at, reader_zone())}. "
        f"Database {plain(status.database, 200)}."
    )
    with st.container(horizontal=True):
        for label, value in figures(status):
            st.metric(label, value, width="content")
    st.caption(QUEUES)


def figures(status: StatusView) -> list[tuple[str, str]]:
    """Room and queues, each with its name."""
    parts = status.journal_parts + status.waiting_parts
    return [
        ("Database", size(status.database_bytes)),
        ("Free on its disk", size(status.free_bytes)),
        ("Writes waiting", f"{status.writer_queue:,}"),
        ("Records waiting", f"{parts:,}"),
        ("Samples waiting", f"{status.waiting_samples:,}"),
        ("Messages waiting", f"{status.waiting_deliveries:,}"),
    ]


def size(n: int | None) -> str:
    """Bytes, in a unit that fits.

    >>> size(812), size(1_234_567), size(50_000_000_000), size(None)
    ('812\\xa0B', '1.2\\xa0MB', '50.0\\xa0GB', 'in memory')
    """
    if n is None:
        return "in memory"
    if n < 1000:
        return f"{n}{NBSP}B"
    exponent = min((len(str(n)) - 1) // 3, 4)
    return f"{n / 1000**exponent:,.1f}{NBSP}{'kMGT'[exponent - 1]}B"


def job_table(status: StatusView) -> None:
    """What is done by the clock, those that failed first."""
    failed = [job for job in status.jobs if job.error]
    title = f"{len(failed)} of {len(status.jobs)} jobs failed the last time" if failed else f"{len(status.jobs)} jobs"
    with st.expander(title, icon=":material/error:" if failed else ":material/schedule:", expanded=bool(failed)):
        if failed:
            st.text("They are tried again at their next time. The log says why they failed.")
        table.table(
            sorted(status.jobs, key=lambda job: (not job.error, job.name)),
            [
                table.name("Job", lambda job: job.name, 210),
                table.state("State", look, JOB_LOOKS.values()),
                table.name("Error", lambda job: job.error or None, 140),
                table.when("Last ended", lambda job: job.last_at),
                table.when("Next", lambda job: job.next_at),
                table.number("Every, in s", lambda job: job.every_seconds),
            ],
            key="jobs",
            alt="What is done by the clock: when it last ended, how, and when it is done again",
        )


def look(job: JobView) -> Look:
    """How a job's last call ended."""
    return JOB_LOOKS["failed" if job.error else "ok" if job.last_at else "waits"]
