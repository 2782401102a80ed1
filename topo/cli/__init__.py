"""The command line: files in, files out, no arithmetic.

A verb's module is imported when the verb is called, and the modules that compute when it
runs, so that ``topo --help`` answers at once.
"""

from __future__ import annotations

TYPE_CHECKING = False  # as in typing, which an interrupt would meet half loaded
if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command, by default that of ``sys.argv``, and return its exit code."""
    try:
        from topo.cli.exits import run
        from topo.cli.verbs import topo

        return run(topo, arguments)
    except KeyboardInterrupt:  # before or after the command itself, which answers its own
        return 130
