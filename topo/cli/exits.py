"""Exit codes: the one place where an error becomes the end of a command."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import shlex
import signal
import sys
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

OK = 0
FAILED_CHECK = 1
USAGE = 2
INVALID = 3
INFEASIBLE = 4
LIMIT = 5
FAILED_CASES = 6
INTERNAL = 70
INTERRUPTED = 130

#: Errors with a message for the user, the most particular first: module, class, exit code.
#: By name, because an error can only come from a module that something has imported.
CODES = (
    ("topo.routing", "NotConnected", INFEASIBLE),
    ("topo.flow", "NotSolved", LIMIT),
    ("topo.routing", "RoutingError", INVALID),
    ("topo.flow", "SolverError", USAGE),
    ("topo.flow", "FlowError", USAGE),
    ("topo.config.errors", "ConfigError", INVALID),
    ("topo.fabric", "FabricError", INVALID),
    ("topo.cost", "PriceError", INVALID),
    ("topo.units", "UnitError", INVALID),
    ("topo.formats", "FormatError", INVALID),
    ("topo.failures", "LossError", INVALID),
    ("topo.design.errors", "DesignError", INVALID),
    ("topo.availability", "RatesError", INVALID),
    ("topo.packet", "PacketError", INVALID),
    ("topo.study", "StudyError", INVALID),
    ("topo.report", "ReportError", INVALID),
    ("traffic.demand", "DemandError", INVALID),
)

#: What cannot be written any more, or is gone, where the system's error names no file: click prints to stdout alone.
_FULL = (errno.ENOSPC, errno.EIO, errno.EBADF, errno.EFBIG)
_NAMELESS = dict.fromkeys(_FULL, "standard output") | {errno.ENOENT: "the current folder"}
#: [s] after which an interrupt that was swallowed is sent again.
_AGAIN = 0.01
_unraisable_before = sys.unraisablehook
#: A run without a space that says no more than its ends.
_LONG = re.compile(r"[^\s/]{200,}")


class Interrupted(Exception):
    """Ctrl-C during work that can go on later; the message is the command that resumes."""


def run(command: click.Command, arguments: Sequence[str] | None = None) -> int:
    """Run ``command`` and return its exit code; messages go to stderr, one for each failure."""
    args = list(sys.argv[1:] if arguments is None else arguments)
    sys.unraisablehook = _unraisable
    if sys.stdout is None:  # python found descriptor 1 closed
        say("error: standard output is closed; give the command somewhere to print, such as /dev/null")
        return INVALID
    try:
        _check_text(args)
        code = command.main(args, prog_name="topo", standalone_mode=False)
        sys.stdout.flush()
        return int(code or OK)
    except (SystemExit, BrokenPipeError):
        # click raises SystemExit only where the reader of stdout has gone, as in `topo list | head -1`
        _hush()
        return OK
    except (Interrupted, click.Abort, KeyboardInterrupt) as error:
        say("interrupted" + (f"; resume with: {error}" if isinstance(error, Interrupted) else ""))
        return INTERRUPTED
    except Exception as error:  # the last door: whatever is left becomes an exit code
        return _fail(error, args)


def _check_text(args: list[str]) -> None:
    for arg in args:
        try:
            arg.encode()
        except UnicodeEncodeError:
            raise click.UsageError(f"{arg!a}: is no UTF-8, which every argument must be") from None


def _unraisable(told: UnraisableHookArgs) -> None:
    """Send an interrupt again that came inside a destructor, where Python prints and forgets it."""
    if issubclass(told.exc_type, KeyboardInterrupt):
        # At once, it would be raised in here; a real signal ends what waits for the system, too.
        again = threading.Timer(_AGAIN, os.kill, (os.getpid(), signal.SIGINT))
        again.daemon = True
        again.start()
    else:
        _unraisable_before(told)


def say(message: str) -> None:
    """Print a message for the user on stderr, where there is one."""
    if sys.stderr is None:
        return
    with contextlib.suppress(OSError):
        print(_LONG.sub(_cut, message), file=sys.stderr, flush=True)  # noqa: T201


def _cut(run: re.Match[str]) -> str:
    text = run[0]
    return f"{text[:60]}...({len(text) - 80} more)...{text[-20:]}"


def exit_code(error: BaseException) -> int:
    """Return the exit code of an error; INTERNAL where nobody foresaw it."""
    if isinstance(error, click.FileError):
        return INVALID
    if isinstance(error, click.ClickException):
        return error.exit_code
    if isinstance(error, OSError) and (error.filename is not None or error.errno in _NAMELESS):
        return INVALID
    if isinstance(error, MemoryError):
        return LIMIT
    for module, name, code in CODES:
        kind = getattr(sys.modules.get(module), name, None)
        if kind is not None and isinstance(error, kind):
            return code
    return INTERNAL


def _fail(error: Exception, args: list[str]) -> int:
    code = exit_code(error)
    if isinstance(error, OSError) and error.filename is None and error.errno in _FULL:
        _hush()
    if _debug(args):
        import traceback

        traceback.print_exception(error)
    if code == INTERNAL:
        say(f"internal error: {type(error).__name__}: {error}")
        again = shlex.join(["topo", "--debug", *(args[1:] if args[:1] == ["--debug"] else args)])
        say(f"This is a bug in planewise. Please report it with the output of: {again}")
    else:
        say(f"error: {_message(error)}")
    if isinstance(error, click.UsageError) and error.ctx is not None:
        say(f"Try '{error.ctx.command_path} --help'.")
    return code


def _debug(args: list[str]) -> bool:
    return "--debug" in args[:1] or bool(os.environ.get("TOPO_DEBUG"))


def _message(error: Exception) -> str:
    if isinstance(error, click.ClickException):
        return error.format_message()
    if isinstance(error, OSError):
        name = _NAMELESS.get(error.errno or 0) if error.filename is None else error.filename
        return f"{name}: {error.strerror or error}"
    if isinstance(error, MemoryError):
        return f"out of memory{f': {error}' if str(error) else ''}; ask for a smaller fabric or a grouped traffic"
    return str(error)


def _hush() -> None:
    """Point stdout at nothing, so that the interpreter's own flush at exit stays silent."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
