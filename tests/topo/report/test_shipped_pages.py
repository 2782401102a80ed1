"""The pages of shipped studies as the gallery keeps them: on every screen, on paper, and in a reader's hands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.topo.report.browser import Visit, fits_everywhere, passes_axe, sheets, until
from topo.config.data import names

GALLERY = {kept.stem: kept for kept in sorted((Path(__file__).parents[3] / "reports" / "gallery").glob("*.html"))}
#: [bytes] of a page that is kept.
MOST = 6_000_000
#: Verdict, matrix, topology, cost.
SHEETS = 4
#: A design has one network: there is nothing to sort, and no link to choose among.
SORTED = [study for study, kept in GALLERY.items() if 'data-filter="cases"' in kept.read_text("utf-8")]


def test_every_shipped_study_is_in_the_gallery() -> None:
    assert sorted(GALLERY) == sorted(names("studies"))


@pytest.mark.parametrize("study", GALLERY)
def test_fits_every_screen_and_four_sheets_draws_quietly_and_passes_axe(browser: Any, study: str) -> None:
    visit = Visit(browser, GALLERY[study])
    fits_everywhere(visit)
    assert 0 < sheets(visit.page) <= SHEETS
    passes_axe(visit)
    assert visit.complaints == []
    assert GALLERY[study].stat().st_size < MOST
    visit.page.close()


@pytest.mark.parametrize("study", SORTED)
def test_a_page_answers(browser: Any, study: str) -> None:
    """Sort, filter, price slider, hot link and drawing both ways, on each page as it is kept."""
    visit = Visit(browser, GALLERY[study])
    page = visit.page
    visit.draw("fig-topology", "fig-cost")
    _sort_and_filter(page)
    if page.locator("[data-sliders=fig-cost]").count():
        _slide_a_price(page)
    picked = "document.querySelectorAll('#hot tr.picked').length"
    page.locator("#hot tbody tr button").nth(1).click()
    until(page, "document.getElementById('fig-topology-plot').data.some(t => t.name === 'chosen link')")
    assert page.evaluate(picked) == 1
    page.go_back()
    until(page, f"{picked} === 0")
    _choose_a_line(page)
    until(page, f"{picked} === 1")
    assert visit.complaints == []
    page.close()


def _choose_a_line(page: Any) -> None:
    """Click where the drawing's first pointer target lies: that of its fullest line."""
    page.locator("#fig-topology").scroll_into_view_if_needed()
    page.wait_for_timeout(300)
    where = page.evaluate("""() => {
        const box = document.getElementById('fig-topology-plot');
        const target = box.data.find((t) => t.customdata && typeof t.customdata[0] === 'string');
        const { xaxis, yaxis } = box._fullLayout, at = box.getBoundingClientRect();
        return [at.left + xaxis._offset + xaxis.d2p(target.x[0]), at.top + yaxis._offset + yaxis.d2p(target.y[0])];
    }""")
    page.mouse.move(*where)
    page.wait_for_timeout(200)
    page.mouse.click(*where)


def _sort_and_filter(page: Any) -> None:
    """Sort the table of every case by its first number, twice, and filter it for its first word."""
    order = "[...document.querySelectorAll('#cases tbody tr')].map(r => r.textContent)"
    before = page.evaluate(order)
    heading = page.locator("#cases thead th button", has_text="Completion")
    value = "[...document.querySelectorAll('#cases tbody td.n.b')].map(c => Number(c.dataset.v))"
    heading.click()
    rising = page.evaluate(value)
    assert rising == sorted(rising)
    heading.click()
    assert page.evaluate(value) == rising[::-1]
    assert sorted(page.evaluate(order)) == sorted(before)
    page.fill("[data-filter=cases]", "no such case")
    assert page.locator("#cases tbody tr:visible").count() == 0
    page.fill("[data-filter=cases]", "")
    assert page.locator("#cases tbody tr:visible").count() == len(before)


def _slide_a_price(page: Any) -> None:
    first = "document.getElementById('fig-cost-plot').data[0].x[0]"
    before = page.evaluate(first)
    slider = page.locator("[data-sliders=fig-cost] input").first
    slider.fill(str(2 * float(slider.get_attribute("data-base"))))
    until(page, f"Math.abs({first} / {before} - 2) < 1e-6")
    page.click("[data-sliders=fig-cost] button")
    until(page, f"{first} === {before}")
