"""Files that appear whole or not at all, and are read only where they end."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

#: Starts the name of a file that is not whole yet.
HALF = ".half."


def check_ends(path: Path) -> None:
    """Raise OSError where ``path`` is a pipe, a device or a socket: reading one may wait for ever, or never end."""
    mode = path.stat().st_mode
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise OSError(errno.EINVAL, "is a pipe or a device; give a file", str(path))


def read_bytes(path: Path) -> bytes:
    """Return what ``path`` holds.  Raises OSError as ``check_ends`` does, and where it cannot be read."""
    check_ends(path)
    return path.read_bytes()


def write_text(path: Path, text: str) -> None:
    """Write ``text`` to ``path`` in UTF-8, as ``write_bytes`` does."""
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, content: bytes, *, sync: bool = True) -> None:
    """Write ``content`` to ``path``: to a temporary name beside it first, which is then renamed.

    ``sync`` waits for the disk, so that a file outlives even a loss of power.
    Raises OSError where the folder does not exist or cannot be written; nothing is left behind.
    """
    import secrets  # which loads OpenSSL, and most commands write nothing

    half = path.with_name(f"{HALF}{path.name}.{secrets.token_hex(4)}")
    try:
        with half.open("xb") as file:
            file.write(content)
            file.flush()
            if sync:
                os.fsync(file.fileno())
        half.replace(path)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None
    finally:
        half.unlink(missing_ok=True)
