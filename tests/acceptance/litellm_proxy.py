"""LiteLLM's proxy in a process of its own: a Messages API that nobody here wrote, whose models have canned answers."""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

BIN = Path(__file__).parents[2] / ".venv-clients" / "bin"
READY = "Uvicorn running on"
SECONDS_TO_START = 120


@dataclass(frozen=True)
class Proxy:
    """Where it listens, and the key it wants."""

    url: str
    key: str


def missing() -> str:
    """Why the proxy cannot run here; empty when it can."""
    if not (BIN / "litellm").exists():
        return "there is no .venv-clients; `make .venv-clients/made` installs it"
    needed = "import importlib.util as u, sys; sys.exit(not all(map(u.find_spec, ['fastapi_sso', 'mcp', 'soundfile'])))"
    found = subprocess.run([BIN / "python", "-c", needed], check=False)
    return "" if found.returncode == 0 else "LiteLLM's proxy is not in .venv-clients; `make .venv-clients/made` adds it"


@contextmanager
def proxy(folder: Path, answers: Mapping[str, str]) -> Iterator[Proxy]:
    """A running proxy with a model for each answer, by the model's name."""
    models = [
        {
            "model_name": name,
            "litellm_params": {"model": "openai/none", "api_key": "none", "mock_response": answer},
        }
        for name, answer in answers.items()
    ]
    config = folder / "litellm.yaml"
    config.write_text(json.dumps({"model_list": models}))
    made = Proxy(f"http://127.0.0.1:{(port := _free_port())}", f"sk-{secrets.token_hex(24)}")
    environ = {**os.environ, "LITELLM_MASTER_KEY": made.key, "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
    command = [str(BIN / "litellm"), "--config", str(config), "--host", "127.0.0.1", "--port", str(port)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environ, cwd=folder
    ) as process:
        try:
            _until_ready(process)
            yield made
        finally:
            process.kill()


def _until_ready(process: subprocess.Popen[str]) -> None:
    said: list[str] = []
    ready = threading.Event()

    def listen() -> None:
        # To the end: a pipe that nobody reads would stop the proxy.
        for line in process.stdout or ():
            said.append(line)
            if READY in line:
                ready.set()
        ready.set()

    threading.Thread(target=listen, daemon=True).start()
    started = ready.wait(SECONDS_TO_START) and any(READY in line for line in said)
    assert started, f"LiteLLM's proxy did not start: {''.join(said[-20:])}"


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port
