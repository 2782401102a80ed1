"""The site: pages of this folder, the API from docstrings.  ``make docs`` writes docs/_build; warnings are errors."""

from __future__ import annotations

import re
from pathlib import Path

from topo import __version__

project, author, release = "planewise", "The planewise authors", __version__
copyright = author
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.viewcode"]
exclude_patterns = ["_build", "jupyter_execute"]
html_theme, html_title = "furo", "planewise"
html_extra_path = ["../reports/gallery"]
html_static_path, html_css_files = ["_static"], ["site.css"]
myst_heading_anchors = 4
nb_execution_mode = "off"  # a test runs them and holds what is stored against it
nb_merge_streams = True
autodoc_typehints = "description"
autodoc_member_order = "bysource"
python_use_unqualified_type_names = True

ROOT = Path(__file__).parents[1]
#: Links of pages that leave this folder: the tree's own files stand beside the site, not in it.
_OUTSIDE = re.compile(r"\]\((?:\.\./)+(?P<path>[\w./-]+)(?:#[\w-]+)?\)")


def _inside(app: object, name: str, source: list[str]) -> None:
    """Make links to files outside this folder plain names: a site has its own pages only."""
    source[0] = _OUTSIDE.sub(lambda link: f"] (`{link['path']}`)", source[0])


def setup(app: object) -> None:
    """Connect what this file adds to Sphinx."""
    app.connect("source-read", _inside)  # type: ignore[attr-defined]
