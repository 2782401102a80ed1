"""Debian's Chromium as the page's reader: visits, what they complain of, and what does not fit, measured."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage"]
READY = "document.documentElement.dataset.ready === 'yes'"
DRAWN = "document.querySelectorAll('[data-plot]').length === document.querySelectorAll('[data-drawn]').length"
MEASURES = (Path(__file__).parent / "measures.js").read_text("utf-8")
FITS: dict[str, list[str]] = {"sideways": [], "meeting": [], "outside": [], "wide": []}
#: Width and scheme of every screen that a page is looked at on; only one of them changes from one to the next.
SCREENS = ((1440, "light"), (1440, "dark"), (768, "dark"), (768, "light"), (390, "light"), (390, "dark"))
#: The screen that paper, about as wide as the one before it, is looked at before: fewer figures change their form.
AFTER_PAPER = (390, "light")
#: [px] A4 within the margins of the page's style: 184 mm.
PAPER = 695

#: Leaves of rows that are alike in all but their words the first, and of marks of one kind in a figure: axe would
#: judge 12,000 cells of a dozen kinds.
ONE_OF_EACH = """() => {
  for (const group of document.querySelectorAll('.plot svg g')) {
    const seen = new Set();
    for (const mark of [...group.children]) {
      const kind = mark.tagName + (mark.getAttribute('class') ?? '');
      if (seen.has(kind)) mark.remove();
      seen.add(kind);
    }
  }
  for (const body of document.querySelectorAll('tbody')) {
    const seen = new Set();
    for (const row of [...body.rows]) {
      const cells = [...row.cells].map((c) => c.className + [...c.children].map((k) => k.tagName + k.className));
      const kind = row.className + cells.join('|');
      if (seen.has(kind)) row.remove();
      seen.add(kind);
    }
  }
}"""


def until(page: Any, truth: str, seconds: float = 30.0) -> None:
    """Wait until ``truth`` holds; playwright's own polling needs eval, which the page forbids."""
    for _ in range(int(seconds * 20)):
        if page.evaluate(truth):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"never came true: {truth}")


class Visit:
    """A page with all that it complained of and asked for."""

    def __init__(
        self, browser: Any, path: Path | str, *, width: int = 1440, scheme: str = "light", script: bool = True
    ) -> None:
        size = {"width": width, "height": 900}
        self.page = browser.new_page(viewport=size, color_scheme=scheme, java_script_enabled=script)
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda m: self.complaints.append(m.text) if m.type in ("error", "warning") else None)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(path if isinstance(path, str) else path.as_uri())

    @property
    def asked(self) -> list[str]:
        """What it asked for beside itself."""
        return [url for url in self.requests[1:] if not url.startswith(("blob:", "data:"))]

    def draw(self, *ids: str) -> None:
        """Scroll to each figure that is there, and wait until it is drawn."""
        for id in ids:
            if self.page.locator(f"#{id}-plot").count():
                self.page.locator(f"#{id}-plot").scroll_into_view_if_needed()
                until(self.page, f"'drawn' in document.getElementById('{id}-plot').dataset")

    def draw_all(self) -> None:
        self.page.evaluate("document.querySelectorAll('details:has([data-plot])').forEach((d) => { d.open = true; })")
        self.page.evaluate("""async () => {
          for (const box of document.querySelectorAll('[data-plot]:not([data-drawn])')) {
            box.scrollIntoView({ behavior: 'instant', block: 'center' });
            // A frame to see that it is near, and one that is over.
            await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
          }
        }""")
        until(self.page, DRAWN)

    def misfits(self) -> dict[str, list[str]]:
        """Return what does not fit, everything unfolded; ``FITS`` where all does."""
        found: dict[str, list[str]] = self.page.evaluate(MEASURES)
        return found

    def turn(self, width: int, scheme: str) -> None:
        """Change the screen, and wait until the figures are painted for it."""
        self.page.set_viewport_size({"width": width, "height": 900})
        self.page.emulate_media(color_scheme=scheme)
        self.settle()

    def settle(self) -> None:
        """Wait until figures stay as they are: plotly.js goes along with a window a tenth of a second later."""
        now = """JSON.stringify([...document.querySelectorAll('.plot')].map((plot) => [plot.clientWidth,
          plot.clientHeight, plot.querySelectorAll('*').length, plot._fullLayout?._size.t,
          plot._fullLayout?.font.color]))"""
        before, calm = "", 0
        while calm < 3:
            self.page.wait_for_timeout(70)
            after = self.page.evaluate(now)
            calm, before = (calm + 1 if after == before else 0), after

    def lay_on_paper(self) -> None:
        """Make the page what a printer gets, on the screen: printing itself leaves no time to measure anything."""
        self.page.set_viewport_size({"width": PAPER, "height": 1000})
        self.page.emulate_media(media="print")
        self.page.evaluate("dispatchEvent(new Event('beforeprint'))")

    def take_off_paper(self) -> None:
        self.page.evaluate("dispatchEvent(new Event('afterprint'))")
        self.page.emulate_media(media="null")  # neither: a printer is a printer again

    def violations(self) -> list[tuple[str, str]]:
        """Return what axe finds, each rule with the first place that breaks it."""
        axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
        found = axe.run(self.page, options={"resultTypes": ["violations"]}).response["violations"]
        return [(one["id"], one["nodes"][0]["html"][:160]) for one in found]


def fits_everywhere(visit: Visit) -> None:
    """Assert that a page fits every screen and paper, draws quietly and asks nobody."""
    visit.draw_all()
    assert visit.misfits() == FITS, SCREENS[0]
    for width, scheme in SCREENS[1:]:
        if (width, scheme) == AFTER_PAPER:
            visit.lay_on_paper()
            assert visit.misfits() == FITS, "paper"
            visit.take_off_paper()
        visit.turn(width, scheme)
        assert visit.misfits() == FITS, (width, scheme)
    assert visit.complaints == []
    assert visit.asked == []


def passes_axe(visit: Visit) -> None:
    """Assert that axe finds nothing, with tables as cards in the dark, as tables in the light.

    Rows and marks are lost to it.  The page comes as ``fits_everywhere`` leaves it: on the last of the screens.
    """
    visit.page.evaluate(ONE_OF_EACH)
    assert visit.violations() == [], SCREENS[-1]
    visit.turn(*SCREENS[0])
    assert visit.violations() == [], SCREENS[0]


def sheets(page: Any) -> int:
    """Return how many sheets of A4 the page takes."""
    until(page, READY)
    pdf = page.pdf(prefer_css_page_size=True)
    assert pdf.startswith(b"%PDF") and len(pdf) > 50_000
    return len(re.findall(rb"/Type\s*/Page\b", pdf))
