"""Redraws the gallery: every shipped study run afresh, pages copied here, a picture for the README.

    python reports/gallery.py            everything; about ten minutes on two cores, four of them the design
    python reports/gallery.py --shots    the picture alone, from the page that is there

Pages alone are kept; records go to a temporary folder.  SOURCE_DATE_EPOCH is
honoured by the studies themselves.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent / "gallery"
DESIGNS = ("design-16384",)
#: Largest page that may be kept [bytes].
MOST = 6_000_000
CHROMIUM = Path("/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage"]
#: The README's picture: its page, figure, traffic, width [px], and how many of its dots a pixel has.
HERO, FIGURE, TRAFFIC, WIDTH, SHARP = "deepseek-v3", "#fig-networks", "uniform", 1280, 1.5


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
    """Write the README's picture, networks side by side, of the light and the dark page; needs playwright and Chromium.

    It is as wide as the page of a large screen, and as sharp as that of a good one.
    """
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        for scheme in ("light", "dark"):
            look = browser.new_context(
                viewport={"width": 1900, "height": 1000}, color_scheme=scheme, device_scale_factor=SHARP
            )
            page = look.new_page()
            page.goto((HERE / f"{HERO}.html").as_uri())
            page.add_style_tag(content=f".sheet {{ max-width: none }} {FIGURE}-plot {{ width: {WIDTH}px }}")
            page.locator(f"{FIGURE} .picker button", has_text=TRAFFIC).click()
            box = page.locator(f"{FIGURE}-plot[data-drawn]")
            box.locator("svg.main-svg").first.wait_for()
            page.wait_for_timeout(1000)
            box.screenshot(path=str(HERE / f"networks-{scheme}.png"), style="nav, .modebar { visibility: hidden }")
            look.close()
        browser.close()


def main() -> None:
    """Redraw what the command line asks for."""
    from topo.config.data import names

    HERE.mkdir(exist_ok=True)
    if "--shots" not in sys.argv[1:]:
        # Kept when all are there: a changed page would make the checkout of the next study unclean.
        with tempfile.TemporaryDirectory() as fresh:
            for page in [draw(study, Path(fresh)) for study in names("studies")]:
                shutil.copyfile(page, HERE / page.name)
    shoot()


if __name__ == "__main__":
    main()
