"""The heap of a process that solves one case and ends."""

from __future__ import annotations

import ctypes

#: Numbers of what ``mallopt`` of the GNU C library sets: how much free memory is kept, how much more than it needs the
#: heap grows by, from what size on an array has pages of its own.
_TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD = -1, -2, -3
#: As much as an int of C holds, steps in which huge pages fit, above any array of a case [bytes].
_MOST, _STEP, _ARRAYS = 2**31 - 1, 2**28, 2**30


def keep_pages() -> None:
    """Let arrays take the memory that others left, where the C library can be told to.

    By itself it hands back what an array of 32 MB or more took as soon as it is gone, and the system clears every
    page of the next one: a sixth of the time of a case of millions of links.  The peak stays what it is.
    """
    try:
        tell = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):  # another C library
        return
    tell(_TRIM_THRESHOLD, _MOST)
    tell(_TOP_PAD, _STEP)
    tell(_MMAP_THRESHOLD, _ARRAYS)
