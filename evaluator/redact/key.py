"""The key of the hashes that stand for user ids: given by the environment, or made once, beside the database."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from evaluator.errors import ConfigError
from evaluator.settings import Settings

BYTES = 32


def load(settings: Settings) -> bytes:
    """The instance's key: settings.redaction_key, else the file DATABASE.key, which is made when it is missing.

    ConfigError: the file cannot be read or written, or holds no key.
    """
    if settings.redaction_key is not None:
        given = settings.redaction_key.get_secret_value().strip()
        if len(given) < 16:
            raise ConfigError("LEADLINE_REDACTION_KEY: at least 16 characters, e.g. of `openssl rand -hex 32`.")
        return given.encode()
    return of_file(Path(f"{settings.database}.key"))


def of_file(path: Path) -> bytes:
    """The key in the file; a new one for a file that is not there, readable by its owner alone."""
    try:
        if not path.exists():
            _make(path)
        key = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "not text"
        raise ConfigError(
            f"{path}: the redaction key cannot be read or made ({why}); or set LEADLINE_REDACTION_KEY."
        ) from None
    if len(key) < 16:
        raise ConfigError(
            f"{path}: holds no key; restore it from a backup, or delete it (user ids then get new hashes)."
        )
    return key.encode()


def _make(path: Path) -> None:
    """Written whole under another name, then linked: of two processes at once, both use the first one's."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(secrets.token_hex(BYTES) + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
