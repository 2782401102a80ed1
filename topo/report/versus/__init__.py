"""Two studies side by side, in one page: what differs in their results, and what in their inputs.  Never solves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

__all__ = ["compare"]


def compare(a: Path | str, b: Path | str, *, tell: Callable[[str], None] = lambda message: None) -> str:
    """Return the comparison of the studies in folders ``a`` and ``b`` as one HTML text.

    The same files give the same text; what is damaged is left out and told of.
    Raises ReportError for a folder that holds no readable study.
    """
    from topo import __version__
    from topo.report import words
    from topo.report.load import read_study
    from topo.report.page import page
    from topo.report.panels.view import View
    from topo.report.versus.pairs import match
    from topo.report.versus.panels import panels

    studies = (View(read_study(a)), View(read_study(b)))
    pairs = match(studies[0].cases, studies[1].cases)
    counts = [words.plural(len(view.cases), "case") for view in studies]
    for view in studies:
        for wrong in view.study.damage:
            tell(f"damaged: {wrong}")
    title = _title([words.clip(view.study.title, 70) for view in studies], [_folder(a), _folder(b)])
    facts = f"A: {_folder(a)}, {counts[0]} · B: {_folder(b)}, {counts[1]}"
    return page(title, facts, panels(*studies, pairs), version=__version__)


def _title(studies: list[str], folders: list[str]) -> str:
    """Return both ``studies``; where they are one, as before and after a change, the ``folders`` tell them apart."""
    same = len(set(studies)) == 1
    return f"{studies[0]}: {' against '.join(folders)}" if same else " against ".join(studies)


def _folder(path: Path | str) -> str:
    from topo.report import words

    return words.clip(Path(path).resolve().name, 60)
