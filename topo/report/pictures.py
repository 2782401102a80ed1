"""Figures of a report as PNG files, for slides and papers; needs kaleido (extra ``png``) and a Chromium."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable
from pathlib import Path

from topo.atomic import write_text
from topo.report.figures.axes import Figure, resolve
from topo.report.load import ReportError, read_study

#: [px] width of a picture, and how many of its dots a pixel has.
WIDTH, SCALE = 1000, 2


class PicturesError(ReportError):
    """Pictures that cannot be drawn here: says what is missing and how to get it."""


def save(folder: Path | str, out: Path | str, *, tell: Callable[[str], None] = lambda message: None) -> list[Path]:
    """Draw every figure of the study in ``folder`` into ``out``, each reading of it on its own; return the files.

    ``figures.md`` beside them has the captions; what is damaged is left out and told of.
    Colours are those of the light page.
    Raises PicturesError where kaleido or a browser is missing, ReportError for a folder that holds no study.
    """
    from topo.report.page import figures_of
    from topo.report.panels import panels
    from topo.report.panels.view import View

    study = read_study(folder)
    for wrong in study.damage:
        tell(f"damaged: {wrong}")
    figures = figures_of(panels(View(study)))
    if not figures:
        raise ReportError(f"{folder}: its report has no figure to draw")
    try:
        import kaleido  # noqa: F401
    except ImportError:
        raise PicturesError('--png needs kaleido; install it with: pip install "planewise[png]"') from None
    return _write(figures, Path(out))


def _write(figures: list[Figure], out: Path) -> list[Path]:
    """Draw into a folder beside ``out`` first: a browser that fails midway leaves nothing half done."""
    from plotly import io

    names, specs = [], []
    for figure in figures:
        for i, variant in enumerate(figure.variants):
            names.append(_name(figure.id, variant.name, i, len(figure.variants)))
            spec = resolve(variant.spec)
            # A picture has no page behind it that could be white or dark.
            spec["layout"] |= {"paper_bgcolor": "#FFFFFF", "plot_bgcolor": "#FFFFFF"}
            specs.append(spec)
    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=out) as scratch:
            images = [Path(scratch) / name for name in names]
            heights = [spec["layout"]["height"] for spec in specs]
            try:
                io.write_images(specs, images, format="png", width=WIDTH, height=heights, scale=SCALE)
            except RuntimeError as error:
                raise PicturesError(_browser(error)) from error
            for path in images:
                os.replace(path, out / path.name)
        write_text(out / "figures.md", _captions(figures, names))
    except OSError as error:
        raise PicturesError(f"{out}: cannot be written ({error.strerror or error})") from error
    return [out / name for name in names]


def _browser(error: RuntimeError) -> str:
    if "chrome" in str(error).lower():
        how = "install it (Debian: apt-get install chromium), or say where it is: BROWSER_PATH=FILE"
        return f"--png needs Chromium or Chrome, and found none; {how}"
    return f"--png: the browser did not draw ({str(error).strip().splitlines()[0]})"


def _name(id: str, variant: str, i: int, of: int) -> str:
    """Return the name of a file: names come from records, so only letters and digits of them are kept."""
    head = id.removeprefix("fig-")
    if of == 1:
        return f"{head}.png"
    suffix = re.sub(r"[^a-z0-9]+", "-", variant.lower())[:40].strip("-")
    return f"{head}-{i + 1}-{suffix}.png" if suffix else f"{head}-{i + 1}.png"


def _captions(figures: list[Figure], names: list[str]) -> str:
    lines, at = ["# Figures", ""], 0
    for figure in figures:
        files = names[at : at + len(figure.variants)]
        at += len(files)
        lines += [f"**{_flat(figure.finding)}** {_flat(figure.how)}", ""]
        lines += [
            f"- `{file}`: {_flat(v.name) or 'the figure'}" for file, v in zip(files, figure.variants, strict=True)
        ]
        lines.append("")
    return "\n".join(lines)


def _flat(text: str) -> str:
    return re.sub(r"[\\`*_<>\[\]]", lambda sign: "\\" + sign.group(), " ".join(text.split()))
