"""Every tutorial runs from its first cell, and says what is stored in it: numbers on the site are those of the code."""

from __future__ import annotations

import re

import nbformat
import pytest

from benchmarks.tutorials import FOLDER, NOTEBOOKS, executed, texts

#: [bytes] of a notebook, pictures included.
LARGEST = 300_000
PLACES = re.compile(r"/(?:tmp|home|root|work|usr)/|site-packages")


def test_there_are_six():
    assert [path.name[:2] for path in NOTEBOOKS] == ["01", "02", "03", "04", "05", "06"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_runs_and_says_what_is_stored(path):
    """In a kernel of its own; figures are drawn, and compared by nobody."""
    stored = nbformat.read(path, as_version=4)
    nbformat.validate(stored)
    assert not PLACES.search(path.read_text())
    assert path.stat().st_size < LARGEST
    code = [cell for cell in stored.cells if cell.cell_type == "code"]
    assert sum("image/svg+xml" in str(cell.outputs) for cell in code) >= 1
    assert texts(executed(path)) == texts(stored), (
        f"stale; write it again with: python -m benchmarks.tutorials {path.stem}"
    )


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_is_a_tutorial(path):
    """A heading, words between the code, and an exercise at the end; files that it reads lie beside it."""
    cells = nbformat.read(path, as_version=4).cells
    assert cells[0].source.startswith("# ")
    assert "**Exercise.**" in cells[-1].source
    assert sum(cell.cell_type == "markdown" for cell in cells) >= 4
    named = re.findall(r'"([\w.-]+\.(?:csv|yaml|json))"', "".join(cell.source for cell in cells))
    assert all((FOLDER / name).exists() for name in named)
