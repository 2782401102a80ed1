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
    if arguments is None:
        _start_light()
    try:
        from topo.cli.exits import run
        from topo.cli.verbs import topo

        return run(topo, arguments)
    except KeyboardInterrupt:  # before or after the command itself, which answers its own
        return 130


def _start_light() -> None:
    """Tell libraries of this process, before they are loaded, what no command here asks of them.

    Not a product of matrices is so large that threads pay for their start, one for every core of the machine, and
    with a number of them that is always the same its last bits are, too.  No command knows a plug-in of pydantic,
    which looks for some in all that is installed.  What the environment says otherwise holds.
    """
    import os

    if "OMP_NUM_THREADS" not in os.environ:
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
