"""One self-contained page: templates, style, script, figures and plotly.js in a single file.

The content-security policy names every script by its hash and forbids all
requests, so a hostile name in a record cannot run and cannot call out.
plotly.js is stored compressed, no more of it than the page's figures need, and
unpacked by the page: the text is there at once, and the file stays small.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from topo.plain import plain
from topo.report import words
from topo.report.figures.axes import PALETTE, Figure
from topo.report.panels.blocks import Draw, Panel
from topo.report.plotlyjs import archive, library

if TYPE_CHECKING:
    import jinja2

_TEMPLATES = Path(__file__).parent / "templates"
#: The page's own script: parts of one function, in the order in which they name each other.
_SCRIPT = ("page.js", "tables.js", "links.js", "state.js")
#: Colours that only the page uses; series and axes have theirs in PALETTE.
_PAGE_COLOURS = {
    "good": ("#00714F", "#3BD1A6"),
    "warn": ("#8A5A00", "#F2B93B"),
    "link": ("#00609A", "#6CB9EC"),
    "edge": ("#8A929E", "#6B7480"),
}
#: Panels that go on paper, the first of each row that a page has; the others are for the screen.
_PAPER = (("design", "verdict"), ("networks", "topology"), ("cost",))
#: Significant digits of the numbers that the page carries; its figures show no more than four.
_DIGITS = 7


def page(title: str, facts: str, panels: Sequence[Panel], *, version: str, about: str = "") -> str:
    """Return the page as HTML text."""
    from markupsafe import Markup

    figures = figures_of(panels)
    script = _script()
    plotly = library(traces_of(figures)) if figures else None
    template = _environment().get_template("page.html.j2")
    return template.render(
        title=title,
        facts=facts,
        about=about,
        panels=panels,
        paper=_paper([panel.id for panel in panels]),
        version=version,
        policy=_policy([script, plotly.script] if plotly else [script]),
        css=Markup(_colours() + (_TEMPLATES / "page.css").read_text("utf-8")),
        data={figure.id: archive(_json([variant.spec for variant in figure.variants])) for figure in figures},
        palette=Markup(_json(PALETTE)),
        plotly=plotly,
        script=Markup(script),
    )


def figures_of(panels: Sequence[Panel]) -> list[Figure]:
    """Return every figure of the page, in order."""
    return [block.figure for panel in panels for block in panel.blocks if isinstance(block, Draw)]


def traces_of(figures: Sequence[Figure]) -> set[str]:
    """Return the types of traces that ``figures`` draw, such as scatter and bar."""
    traces = (trace for figure in figures for variant in figure.variants for trace in variant.spec["data"])
    return {trace.get("type", "scatter") for trace in traces}


def _paper(ids: Sequence[str]) -> list[str]:
    return [first for row in _PAPER if (first := next((id for id in row if id in ids), None))]


@cache
def _script() -> str:
    parts = "\n".join((_TEMPLATES / name).read_text("utf-8") for name in _SCRIPT)
    return f'"use strict";\n(() => {{\n{parts}}})();\n'


@cache
def _environment() -> jinja2.Environment:
    import jinja2

    loader = jinja2.FileSystemLoader(_TEMPLATES)
    environment = jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    environment.filters |= {"clip": words.clip, "plural": words.plural}
    return environment


def _policy(scripts: Sequence[str]) -> str:
    hashes = (base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in scripts)
    sources = " ".join(f"'sha256-{digest}'" for digest in hashes)
    # Styles are inline by plotly's way of working; images are its picture export.
    rest = "style-src 'unsafe-inline'; img-src data: blob:; base-uri 'none'; form-action 'none'"
    return f"default-src 'none'; script-src {sources}; {rest}"


def _colours() -> str:
    tokens = {token.removeprefix("$"): pair for token, pair in PALETTE.items()} | _PAGE_COLOURS
    light = " ".join(f"--{name}: {pair[0]};" for name, pair in tokens.items())
    night = " ".join(f"--{name}: {pair[1]};" for name, pair in tokens.items() if name != "wash")
    page_night = "--wash: #0F1216;"
    return (
        f":root {{ {light} }}\n@media (prefers-color-scheme: dark) "
        f"{{ @media screen {{ :root {{ {night} {page_night} }} }} }}\n"
    )


def _json(value: Any) -> str:
    """Return ``value`` as JSON that no script element can be left from."""
    text = json.dumps(plain(value, digits=_DIGITS), ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
