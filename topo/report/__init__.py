"""Reports: a study folder in, one self-contained page out.  Reads records; never solves."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from topo.lazy import fetching

if TYPE_CHECKING:
    from topo.report.load import ReportError
    from topo.report.panels.blocks import Panel
    from topo.report.panels.view import View
    from topo.report.tables import Table

__all__ = ["ReportError", "choice", "render", "sentence", "write"]

__getattr__ = fetching(__name__, {"ReportError": "topo.report.load"})

#: Size of a page [bytes] from which it is slow to open, and from which its long tables leave it for a zip.
WARN_AT, ZIP_AT = 15_000_000, 25_000_000


def render(folder: Path | str) -> str:
    """Return the report of the study in ``folder`` as one HTML text.

    Reads records.jsonl, run.json, study.yaml and the Parquet beside each record; the same
    files give the same text.  Raises ReportError for a folder that holds no readable study.
    """
    from topo.report.load import read_study
    from topo.report.panels import panels
    from topo.report.panels.view import View

    view = View(read_study(folder))
    return _page(view, panels(view))


def write(
    folder: Path | str,
    output: Path | None = None,
    *,
    tell: Callable[[str], None] | None = None,
    warn_at: int = WARN_AT,
    zip_at: int = ZIP_AT,
) -> Path:
    """Write the report of the study in ``folder`` and return its path: ``output``, else index.html beside the records.

    What is damaged, and a page above ``warn_at`` [bytes], are told of through ``tell``.  Above ``zip_at`` its long
    tables are cut, and a zip beside it has the page, those tables whole and the records, as Parquet.
    """
    from topo.atomic import write_bytes, write_text
    from topo.report.load import read_study
    from topo.report.panels import panels
    from topo.report.panels.view import View

    path = Path(folder) / "index.html" if output is None else output
    view = View(read_study(folder))
    sections = panels(view)
    html = _page(view, sections)
    size, say = len(html.encode()), tell or (lambda message: None)
    for wrong in view.study.damage:
        say(f"damaged: {wrong}")
    if size > zip_at:
        from topo.report.bundle import ROWS, cut, pack

        pack_path = path.with_suffix(".zip")
        short, long = cut(sections, ROWS, pack_path.name)
        html = _page(view, short)
        write_bytes(pack_path, pack(html, long, Path(folder)))
        warning = f"{path}: would have {size / 1e6:.0f} MB, so tables end after {ROWS} rows"
        say(f"{warning}; {pack_path} has them whole, as Parquet, with the page and the records")
    elif size > warn_at:
        say(f"{path}: has {size / 1e6:.0f} MB and is slow to open; a study of fewer cases gives a lighter page")
    write_text(path, html)
    return path


def choice(folder: Path | str) -> Table | None:
    """Return the decision matrix of the study in ``folder``, None where it compares no networks."""
    from topo.report.load import read_study
    from topo.report.matrix import matrix
    from topo.report.panels.view import View

    return matrix(View(read_study(folder)))


def sentence(cases: Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]]) -> str:
    """Return the verdict on cases, each its resolved input and its results, that no study has stored."""
    from topo.plain import plain
    from topo.report.load import Record, Study
    from topo.report.panels.view import View
    from topo.report.verdicts import verdict

    records = [Record("", "", "ok", "", dict(case), plain(dict(results)), (), Path()) for case, results in cases]
    return verdict(View(Study(Path(), tuple(records), {}, ""))).text


def _page(view: View, panels: Sequence[Panel]) -> str:
    from topo.report.page import page

    about = str(view.study.run.get("description") or "")
    return page(view.study.title, _facts(view), panels, version=_version(view), about=about)


def _facts(view: View) -> str:
    from topo.report import names, words

    cases = [case for case in view.cases if case.record.ok]
    facts = [
        words.plural(len(view.cases), "case"),
        words.plural(len(names.order(case.network for case in cases)), "network"),
        words.plural(len(names.order(case.traffic for case in cases if case.traffic)), "traffic pattern"),
    ]
    if view.failures:
        facts.append(f"{len(view.failures)} failed or refused")
    if view.study.damage:
        facts.append(f"{len(view.study.damage)} damaged and left out")
    return " · ".join(facts)


def _version(view: View) -> str:
    """Return the version that made the records, as the run stated it."""
    run = view.study.run
    versions = run.get("versions")
    own = versions.get("planewise") if isinstance(versions, dict) else None
    return str(own or run.get("version") or "of unstated version")
