"""Runs the notebooks of docs/tutorials and stores what they print, figures as pictures: python -m benchmarks.tutorials.

Names of notebooks, or parts of them, choose some.  Pictures need kaleido and a Chromium, as ``topo report --png`` does.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

FOLDER = Path(__file__).parents[1] / "docs" / "tutorials"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
#: [s] that a cell may take.
PATIENCE = 120
#: Plotly's renderers: the picture that is stored, and the light text of a run that only looks for errors.
PICTURE, TEXT = "svg", "json"


def executed(path: Path, renderer: str = TEXT, folder: Path = FOLDER) -> Any:
    """Return the notebook of ``path``, run from its first cell in ``folder``.  Raises CellExecutionError."""
    notebook = nbformat.read(path, as_version=4)
    env = os.environ | {"PLOTLY_RENDERER": renderer, "PYTHONWARNINGS": "ignore"}
    where = {"metadata": {"path": str(folder)}}
    NotebookClient(notebook, timeout=PATIENCE, resources=where, coalesce_streams=True).execute(env=env)
    return notebook


def stored(notebook: Any) -> str:
    """Return ``notebook`` as text without what changes from run to run: times of cells, numbers of the kernel."""
    for cell in notebook.cells:
        cell.metadata.clear()
    notebook.metadata = {"kernelspec": notebook.metadata.kernelspec, "language_info": {"name": "python"}}
    return json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def texts(notebook: Any) -> list[str]:
    """Return what the cells printed and what their last lines are as text, figures left out."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    data = [output.get("data", {}) for output in outputs]
    shown = [output.get("text", one.get("text/plain", "")) for output, one in zip(outputs, data, strict=True)]
    return [text for text, one in zip(shown, data, strict=True) if not {"image/svg+xml", "application/json"} & set(one)]


def main(names: list[str]) -> None:
    for path in NOTEBOOKS:
        if names and not any(name in path.name for name in names):
            continue
        start = time.perf_counter()
        text = stored(executed(path, PICTURE))
        path.write_text(text)
        print(f"{path.name}: {time.perf_counter() - start:.1f} s, {len(text) / 1e3:.0f} kB")


if __name__ == "__main__":
    main(sys.argv[1:])
