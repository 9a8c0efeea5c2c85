"""A user's own function as a judge, in real processes: it may do anything, and all it harms is its own verdict."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from time import monotonic

import pytest

from judges.errors import JudgeConfigError, Stopped, Unavailable
from store.records import Status
from tests.acceptance.code_judges import HERE, POLITE, RUDE, Marked, made, opened, said
from tests.builders import make_sample

pytestmark = pytest.mark.slow


def written(folder: Path, text: str) -> Path:
    """The folder, with the text as its module `rules`."""
    (folder / "rules.py").write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize("function", ["polite", "polite_later", "runs_a_loop"])
async def test_a_function_decides(function: str) -> None:
    """It may be plain, async, or run an event loop of its own."""
    rude, polite = await said(function)
    assert (rude.status, rude.passed, polite.status, polite.passed) == (Status.OK, False, Status.OK, True)


@pytest.mark.parametrize(
    ("function", "told"),
    [
        ("dies_unless_polite", "exit code 3"),
        ("leaves_unless_polite", "exit code 4"),
        ("breaks_unless_polite", "SIGSEGV"),
        ("raises_unless_polite", "KeyError at own_code.py:"),
        ("hogs_unless_polite", "memory_mb"),
        ("hurts_its_pipe_unless_polite", "not its protocol"),
    ],
)
async def test_a_crash_is_an_error_of_one_sample(function: str, told: str) -> None:
    """The verdict says how it ended and nothing of the sample; the next sample is judged as ever."""
    crashed, after = await said(function)
    assert (crashed.status, crashed.reason, after.passed) == (Status.ERROR, "crashed", True)
    assert told in str(crashed.explanation)
    assert "4111" not in str(crashed.explanation)


@pytest.mark.parametrize("function", ["loops_unless_polite", "sleeps_unless_polite", "backtracks_unless_polite"])
async def test_a_hang_is_an_error_of_one_sample(function: str) -> None:
    """It ends in time with all that it started, and the next sample is judged as ever."""
    marked, begun = Marked(), monotonic()
    hung, after = await said(function, **marked.settings)
    print(f"{function}: two samples in {monotonic() - begun:.1f} s, with a limit of 1 s for each")
    assert (hung.status, hung.reason, after.passed) == (Status.ERROR, "timeout", True)
    assert monotonic() - begun < 5
    assert marked.left() == []


@pytest.mark.parametrize(("function", "told"), [("huge", "bytes"), ("no_json", "type object")])
async def test_a_result_that_is_none_is_an_error(function: str, told: str) -> None:
    """What is too large or no JSON is refused in words."""
    found, _ = await said(function)
    assert (found.status, found.reason) == (Status.ERROR, "malformed")
    assert told in str(found.explanation)


async def test_what_a_function_prints_goes_nowhere() -> None:
    """Printing, its children's printing and reading its input disturb nothing."""
    assert [found.passed for found in await said("talks")] == [True, True]


async def test_a_function_sees_no_secret() -> None:
    """Of the environment it sees what `env` names and a few harmless ones, no key."""
    secrets = {"ANTHROPIC_API_KEY": "sk", "LEADLINE_KEYS": "[]", "SHOP_TOKEN": "t", "OTHER_TOKEN": "t"}
    found, _ = await said("sees", environ=secrets, env=["SHOP_TOKEN"])
    seen = set(str(found.explanation).split())
    assert "SHOP_TOKEN" in seen
    assert not seen & {"ANTHROPIC_API_KEY", "LEADLINE_KEYS", "OTHER_TOKEN"}


async def test_a_process_is_kept() -> None:
    """Samples that follow each other are judged in one process."""
    first, second = await said("tells_its_process")
    assert first.explanation == second.explanation


async def test_so_many_samples_at_once() -> None:
    """Two workers judge four samples in two rounds, not in one and not in four."""
    async with opened("own_code:waits", workers=2) as judge:
        found = [asyncio.create_task(judge.judge(make_sample(f"s{n}"))) for n in range(4)]
        done, _ = await asyncio.wait(found, timeout=30)
        assert [task.result().passed for task in done] == [True] * 4
        assert (judge.at_once, len(judge._idle)) == (2, 2)


async def test_another_python_can_run_it() -> None:
    """The worker needs the standard library only: an interpreter without our dependencies will do."""
    bare = Path(sys.base_prefix) / "bin" / "python3"
    assert [found.passed for found in await said("polite", python=bare)] == [False, True]


async def test_a_cancelled_judgement_ends_its_process() -> None:
    """Who asks next gets a new process, not the answer to another question."""
    marked = Marked()
    async with opened("own_code:sleeps_unless_polite", timeout_seconds=60, **marked.settings) as judge:
        asked = asyncio.create_task(judge.judge(RUDE))
        await asyncio.to_thread(marked.wait_for, "sleep")
        asked.cancel()
        await asyncio.wait([asked])
        assert marked.left() == []
        assert (await judge.judge(POLITE)).passed


async def test_a_closed_judge_leaves_nothing() -> None:
    """Idle processes end with the judge."""
    marked = Marked()
    async with opened("own_code:polite", **marked.settings) as judge:
        await judge.judge(POLITE)
        assert marked.running()
    assert marked.running() == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("def other(sample): ...", "AttributeError: module 'rules' has no attribute 'judge'"),
        ("judge = 3", "TypeError: judge is not a function"),
        ("import nothing_like_it", "ModuleNotFoundError at rules.py:1: No module named 'nothing_like_it'"),
        ("def judge(", "SyntaxError"),
        ("1 / 0", "ZeroDivisionError at rules.py:1: division by zero"),
        ("raise SystemExit(5)", "its import ended the process: the process ended with exit code 5"),
        ("while True: pass", "its import took over 0.5 s"),
    ],
)
def test_a_module_that_cannot_be_used_is_told_at_the_start(tmp_path: Path, text: str, told: str) -> None:
    """The error names the judge, the function and what went wrong in the worker."""
    with pytest.raises(JudgeConfigError) as raised:
        made("rules:judge", folder=written(tmp_path, text), start_seconds=0.5)
    assert "Judge 'mine': rules:judge in " in str(raised.value)
    assert told in str(raised.value)


def test_a_module_that_is_not_there_is_told_at_the_start(tmp_path: Path) -> None:
    """The same for a wrong module, a wrong folder and a wrong interpreter."""
    with pytest.raises(JudgeConfigError, match="No module named 'rules'"):
        made("rules:judge", folder=tmp_path)
    with pytest.raises(JudgeConfigError, match="No such file"):
        made("rules:judge", folder=tmp_path / "nowhere")
    with pytest.raises(JudgeConfigError, match="No such file"):
        made("own_code:polite", python=tmp_path / "python")


def test_a_module_is_imported_in_the_worker_only(tmp_path: Path) -> None:
    """Leadline's own process never holds the user's module."""
    made("rules:judge", folder=written(tmp_path, "def judge(sample): return True"))
    assert "rules" not in sys.modules


def test_a_version_is_the_source_and_what_decides(tmp_path: Path) -> None:
    """Another byte in the module, another function or another threshold is another version; a timeout is none."""
    folder = written(tmp_path, "def judge(sample): return True\nother = judge\n")
    before = made("rules:judge", folder=folder).version
    assert made("rules:judge", folder=folder, timeout_seconds=5, workers=3, memory_mb=0).version == before
    assert made("rules:other", folder=folder).version != before
    assert made("rules:judge", folder=folder, passes_from=0.9).version != before
    written(tmp_path, "def judge(sample): return True\nother = judge\n\n")
    assert made("rules:judge", folder=folder).version != before


def test_a_named_version_stays(tmp_path: Path) -> None:
    """With a version of the user's own, the source may change."""
    before = made("rules:judge", folder=written(tmp_path, "def judge(sample): return True"), version="1").version
    again = made("rules:judge", folder=written(tmp_path, "def judge(sample): return False"), version="1").version
    assert before == again != made("rules:judge", folder=tmp_path, version="2").version


async def test_changed_source_never_judges_under_the_old_version(tmp_path: Path) -> None:
    """A process that starts after an edit stops the judge, and says that a start makes a new series."""
    judge = made("rules:judge", folder=written(tmp_path, "def judge(sample): return True"))
    written(tmp_path, "def judge(sample): return 'please' in sample['text']")
    with pytest.raises(Stopped, match="rules:judge has changed since the start"):
        await judge.judge(POLITE)
    await judge.close()


async def test_without_a_process_a_sample_waits(tmp_path: Path) -> None:
    """When no process can be started any more, there is no verdict: the sample is tried again later."""
    python = tmp_path / "python"
    python.symlink_to(Path(sys.base_prefix) / "bin" / "python3")
    async with opened("own_code:polite", python=python) as judge:
        python.unlink()
        with pytest.raises(Unavailable, match="no process can be started"):
            await judge.judge(POLITE)


async def test_a_large_sample_goes_through() -> None:
    """Two megabytes of text, the largest sample there is, reach the function whole."""
    async with opened("own_code:polite") as judge:
        assert (await judge.judge(make_sample(text="ä" * 1_000_000 + " please"))).passed


def test_a_missing_variable_is_told_at_the_start() -> None:
    """What `env` names must be there."""
    with pytest.raises(JudgeConfigError, match="`env` names NOT_SET_AT_ALL, which is not set"):
        made("own_code:polite", folder=HERE, env=["NOT_SET_AT_ALL"])
