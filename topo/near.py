"""Did you mean: the known name nearest to one that is not."""

from __future__ import annotations

from collections.abc import Iterable

#: Least likeness of two names, from 0 to 1, at which one is taken for the other.
LIKENESS = 0.5


def hint(given: object, known: Iterable[str]) -> str:
    """Return the end of an error's sentence that names the nearest of ``known``; empty where none is near.

    >>> hint("ecpm", ["ecmp", "static"])
    '; did you mean ecmp?'
    """
    from difflib import get_close_matches

    near = get_close_matches(str(given), list(known), n=1, cutoff=LIKENESS)
    return f"; did you mean {near[0]}?" if near else ""
