"""Reports: a study folder in, one self-contained page out.  Reads records; never solves."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from topo.report.load import ReportError, read_study

if TYPE_CHECKING:
    from topo.report.panels.view import View

__all__ = ["ReportError", "render", "write"]


def render(folder: Path | str) -> str:
    """Return the report of the study in ``folder`` as one HTML text.

    Reads records.jsonl, run.json, study.yaml and the Parquet beside each record; the same
    files give the same text.  Raises ReportError for a folder that holds no readable study.
    """
    from topo.report.page import page
    from topo.report.panels import panels
    from topo.report.panels.view import View

    view = View(read_study(folder))
    return page(
        view.study.title,
        _facts(view),
        panels(view),
        version=_version(view),
        about=str(view.study.run.get("description") or ""),
    )


def write(folder: Path | str) -> Path:
    """Write the report of the study in ``folder`` beside its records and return its path, index.html."""
    path = Path(folder) / "index.html"
    partial = path.with_name(".index.html.part")
    partial.write_text(render(folder), encoding="utf-8", newline="\n")
    return partial.replace(path)


def _facts(view: View) -> str:
    from topo.report import names, words

    shown = [case for case in view.cases if case.record.ok]
    told = [
        words.plural(len(view.cases), "case"),
        words.plural(len(names.order(case.network for case in shown)), "network"),
        words.plural(len(names.order(case.traffic for case in shown if case.traffic)), "traffic pattern"),
    ]
    if view.failed:
        told.append(f"{len(view.failed)} failed or refused")
    return " · ".join(told)


def _version(view: View) -> str:
    """Return the version that made the records, as the run stated it."""
    run = view.study.run
    versions = run.get("versions")
    own = versions.get("planewise") if isinstance(versions, dict) else None
    return str(own or run.get("version") or "of unstated version")
