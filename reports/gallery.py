"""Redraws the gallery: five studies and a design run afresh, pages copied here, two screenshots for the README.

    python reports/gallery.py            everything; about six minutes on two cores, four of them the design
    python reports/gallery.py --shots    the screenshots alone, from pages that are there

Pages alone are kept; records go to a temporary folder.  SOURCE_DATE_EPOCH is
honoured by the studies themselves.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent / "gallery"
STUDIES = ("deepseek-v3", "planes", "families-by-size", "routing-by-load", "resilience")
DESIGNS = ("design-16384",)
#: Largest page that may be kept [bytes].
MOST = 6_000_000
CHROMIUM = Path("/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage"]
#: Picture, page and figure.
SHOTS = (("topology.png", "deepseek-v3", "#fig-topology"), ("comparison.png", "deepseek-v3", "#fig-comparison"))


def draw(study: str, out: Path) -> Path:
    """Run ``study`` in a temporary folder and put its page into ``out``; raises SystemExit where it is too large."""
    import subprocess

    with tempfile.TemporaryDirectory() as scratch:
        verb = "design" if study in DESIGNS else "study"
        command = [sys.executable, "-m", "topo", verb, study, "-o", f"reports/{study}"]
        # From within, so that the command on the page is one that a reader can repeat.
        subprocess.run(command, check=True, cwd=scratch)
        kept = out / f"{study}.html"
        shutil.copyfile(Path(scratch) / "reports" / study / "index.html", kept)
    if kept.stat().st_size > MOST:
        raise SystemExit(f"{kept.name} has {kept.stat().st_size:,} bytes; at most {MOST:,} are kept")
    return kept


def shoot() -> None:
    """Write the README's pictures of panels; needs playwright and Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        for picture, study, figure in SHOTS:
            page = browser.new_page(viewport={"width": 680, "height": 900})
            page.goto((HERE / f"{study}.html").as_uri())
            box = page.locator(figure)
            box.scroll_into_view_if_needed()
            box.locator("[data-plot][data-drawn] svg.main-svg").first.wait_for()
            page.wait_for_timeout(1000)
            # The first case hardly loads its switches; the fullest shows what the drawing is for.
            if figure == "#fig-topology":
                page.locator("#hot tbody tr button").first.click()
                page.wait_for_timeout(1000)
            box.screenshot(path=str(HERE / picture), style="nav, .modebar { visibility: hidden }")
            page.close()
        browser.close()


def main() -> None:
    """Redraw what the command line asks for."""
    HERE.mkdir(exist_ok=True)
    if "--shots" not in sys.argv[1:]:
        # Kept when all are there: a changed page would make the checkout of the next study unclean.
        with tempfile.TemporaryDirectory() as fresh:
            for page in [draw(study, Path(fresh)) for study in (*STUDIES, *DESIGNS)]:
                shutil.copyfile(page, HERE / page.name)
    shoot()


if __name__ == "__main__":
    main()
