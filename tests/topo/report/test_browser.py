"""The page in Debian's Chromium: draws, sorts, filters, asks nobody, fits a phone, and passes axe."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.topo.report.browser import FITS, READY, Visit, fits_everywhere, passes_axe, sheets, until
from tests.topo.report.sample import write_study
from topo.report import write

TARGETS = "document.querySelectorAll('#fig-topology-plot .scatterlayer .points path')"

#: What the reader has chosen, as the page shows it.
VIEW = """() => JSON.stringify([
  [...document.querySelectorAll('[aria-pressed=true]')].map((b) => b.textContent),
  [...document.querySelectorAll('select')].map((s) => s.value),
  [...document.querySelectorAll('input')].map((i) => i.value),
  [...document.querySelectorAll('[aria-sort]')].map((th) => th.textContent + th.ariaSort),
  [...document.querySelectorAll('#full-size tbody th')].map((th) => th.textContent),
  [...document.querySelectorAll('#tiers tbody tr')].map((row) => row.hidden),
  [...document.querySelectorAll('tr.picked')].map((row) => row.dataset.key),
  [...document.querySelectorAll('[data-option]')].map((option) => option.hidden),
])"""


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(write_study(tmp_path_factory.mktemp("study")))


@pytest.fixture(scope="module")
def two_networks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(write_study(tmp_path_factory.mktemp("small"), small=True))


def test_fits_every_screen_and_paper_draws_quietly_and_passes_axe(browser: Any, path: Path) -> None:
    visit = Visit(browser, path)
    fits_everywhere(visit)
    passes_axe(visit)
    assert visit.page.locator(".plot svg.main-svg").count() >= 6
    # No button sends a chart anywhere.
    titles = visit.page.evaluate(
        "[...document.querySelectorAll('.modebar-btn')].map((b) => b.dataset.title || b.ariaLabel)"
    )
    assert titles and not [t for t in titles if any(word in t.lower() for word in ("share", "cloud", "send", "studio"))]
    visit.page.close()


#: A fault of each kind, planted: what measures nothing finds nothing either.
FAULTS = {
    "meeting": "document.querySelectorAll('#fig-cost-plot .ytick text').forEach((t) => t.removeAttribute('transform'))",
    "outside": "document.querySelector('#fig-cost-plot .xtick text').setAttribute('x', 9999)",
    "sideways": "document.querySelector('#cases td').style.minWidth = '200rem'",
    "wide": "document.querySelector('.answer').style.minWidth = '200rem'",
}


@pytest.mark.parametrize("kind", FAULTS)
def test_what_does_not_fit_is_found(browser: Any, path: Path, kind: str) -> None:
    visit = Visit(browser, path)
    visit.draw_all()
    assert visit.misfits() == FITS
    visit.page.evaluate(FAULTS[kind])
    assert visit.misfits()[kind]
    visit.page.close()


def test_a_figure_is_the_same_on_a_screen_that_was_turned_as_on_one_that_was_not(browser: Any, path: Path) -> None:
    """Names above the marks, panes under each other: as wide as it is now, not as it was when it was drawn."""
    forms = """[...document.querySelectorAll('[data-drawn]')].map((box) => JSON.stringify([box.id, box.clientWidth,
      box._fullLayout.width, box._fullLayout.height, box.layout.margin, (box.layout.annotations ?? []).length]))"""
    visit = Visit(browser, path)
    visit.draw_all()
    wide = visit.page.evaluate(forms)
    visit.turn(390, "light")
    phone = Visit(browser, path, width=390)
    phone.draw_all()
    assert visit.page.evaluate(forms) == phone.page.evaluate(forms) != wide
    visit.turn(768, "light")
    assert visit.misfits() == FITS
    visit.turn(1440, "light")
    assert visit.page.evaluate(forms) == wide
    visit.page.close()
    phone.page.close()


def test_the_difference_to_the_printed_cost_is_whole_on_a_laptop(browser: Any, path: Path) -> None:
    visit = Visit(browser, path)
    last = visit.page.locator("#full-size thead th").last
    last.scroll_into_view_if_needed()
    assert last.text_content() == "Δ cost"
    box, place = last.bounding_box(), visit.page.locator("#full-size .scroll").bounding_box()
    assert box and place and box["x"] + box["width"] <= place["x"] + place["width"] <= 1440
    visit.page.close()


def test_every_control_is_reached_by_the_tab_key(browser: Any, path: Path) -> None:
    visit = Visit(browser, path)
    visit.draw_all()
    controls = "main :is(a[href], button, select, input, summary), nav a"
    reached = visit.page.evaluate(f"""() => {{
      window.reached = new Set();
      addEventListener('focusin', (event) => window.reached.add(event.target));
      document.activeElement.blur();
      return document.querySelectorAll('{controls}').length;
    }}""")
    for _ in range(2 * reached):
        visit.page.keyboard.press("Tab")
        if visit.page.evaluate("document.activeElement === document.body"):
            break
    left = visit.page.evaluate(f"""[...document.querySelectorAll('{controls}')]
      .filter((one) => one.checkVisibility() && !window.reached.has(one)).map((one) => one.outerHTML.slice(0, 120))""")
    assert reached > 100 and left == []
    visit.page.close()


def test_nothing_is_drawn_before_it_is_near(browser: Any, path: Path) -> None:
    visit = Visit(browser, path)
    visit.page.wait_for_timeout(500)
    assert visit.page.locator("[data-drawn]").count() < visit.page.locator("[data-plot]").count()
    visit.page.close()


#: [s] at a quarter of the machine's speed: 1.45 on one that is idle, up to 1.9 with others on it.
FIRST_FIGURE = 1.8
SLOW = 4


def test_the_first_figure_is_there_soon_on_a_slow_machine(browser: Any, path: Path) -> None:
    """Processor time of the page's main thread up to then, the least of three visits, times four."""
    times = []
    for _ in range(3):
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        cdp = page.context.new_cdp_session(page)
        cdp.send("Performance.enable", {"timeDomain": "threadTicks"})
        page.goto(path.as_uri(), wait_until="domcontentloaded")
        page.evaluate("document.querySelector('[data-plot]').scrollIntoView({behavior: 'instant', block: 'center'})")
        until(page, "performance.getEntriesByName('first-figure').length > 0")
        times.append({m["name"]: m["value"] for m in cdp.send("Performance.getMetrics")["metrics"]}["ThreadTime"])
        page.close()
    assert min(times) * SLOW < FIRST_FIGURE, times


def test_dark_mode_repaints_the_figures(browser: Any, path: Path) -> None:
    visit = Visit(browser, path)
    visit.draw_all()
    colour = "getComputedStyle(document.querySelector('#fig-comparison-plot .xtitle')).fill"
    before = visit.page.evaluate(colour)
    visit.page.emulate_media(color_scheme="dark")
    until(visit.page, f"{colour} !== '{before}'")
    visit.page.close()


def test_tables_sort_filter_and_copy(browser: Any, path: Path) -> None:
    visit = Visit(browser, path)
    page = visit.page
    page.click("#full-size th:nth-child(2) button")
    first = page.locator("#full-size tbody tr").first.locator("th").inner_text()
    page.click("#full-size th:nth-child(2) button")
    assert (first, page.locator("#full-size tbody tr").first.locator("th").inner_text()) == ("FT2", "DF")
    page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    page.fill("[data-filter=tiers]", "global permutation")
    assert page.locator("#tiers tbody tr:visible").count() == 2
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.click("#full-size .copy")
    until(page, "document.querySelector('#full-size .said').textContent === 'copied'")
    lines = page.evaluate("navigator.clipboard.readText()").splitlines()
    assert lines[0].startswith("Network,Endpoints") and "261632" in "".join(lines)
    _saved_tables_state_their_units(page)
    page.close()


def _saved_tables_state_their_units(page: Any) -> None:
    with page.expect_download() as download:
        page.click("#tiers [data-save=csv]")
    assert download.value.suggested_filename == "tiers.csv"
    rows = list(csv.DictReader(Path(download.value.path()).read_text("utf-8").splitlines()))
    assert len(rows) == 2 and {row["Tier"] for row in rows} == {"global"}
    with page.expect_download() as download:
        page.click("#full-size [data-save=json]")
    table = json.loads(Path(download.value.path()).read_text("utf-8"))
    first = table["rows"][0]
    assert set(table) == {"study", "table", "rows"} and first["Network"] == "DF" and first["Endpoints"] == 261632
    assert isinstance(first["Cost per endpoint [USD]"], float)


#: What a reader does, all of it by keyboard.
STEPS: dict[str, Callable[[Any], None]] = {
    "variant": lambda page: page.locator("#fig-links button").nth(1).press("Enter"),
    "traffic of networks": lambda page: page.locator("#fig-networks .picker button").nth(1).press("Enter"),
    "one of many": lambda page: page.locator("#fig-map-links select").press("ArrowDown"),
    "order": lambda page: page.locator("#full-size th:nth-child(2) button").press("Enter"),
    "filter": lambda page: page.locator("[data-filter=tiers]").press_sequentially("glob%+&="),
    "price": lambda page: page.locator("[data-sliders=fig-cost] input").first.press("ArrowRight"),
    "link": lambda page: page.locator("#hot tbody tr button").nth(1).press("Enter"),
    "policy": lambda page: page.locator(".choice button").nth(1).press("Enter"),
}


@pytest.mark.parametrize(
    ("study", "steps"), [("path", [*STEPS][:-1]), ("two_networks", ["policy", "traffic of networks", "link"])]
)
def test_a_copied_link_opens_the_same_view_and_going_back_undoes(
    browser: Any, request: pytest.FixtureRequest, study: str, steps: list[str]
) -> None:
    visit = Visit(browser, request.getfixturevalue(study))
    page = visit.page
    page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    views = [page.evaluate(VIEW)]
    for step in steps:
        STEPS[step](page)
        page.wait_for_timeout(50)
        views.append(page.evaluate(VIEW))
        assert views[-1] != views[-2], step
    other = Visit(browser, page.url)
    assert other.page.evaluate(VIEW) == views[-1]
    assert other.complaints == []
    other.page.close()
    for view in views[-2::-1]:
        page.go_back()
        page.wait_for_timeout(50)
        assert page.evaluate(VIEW) == view
    assert visit.complaints == []
    page.close()


@pytest.mark.parametrize(
    "rest", ["?fig-links=99&tiers.sort=-77&link=1+2&fig-cost.prices=x", "nowhere?%E0%A4%A", "?link=999+0+0+1+1&=&&"]
)
def test_an_address_that_says_nothing_shows_the_page_as_it_is(browser: Any, path: Path, rest: str) -> None:
    plain, visit = Visit(browser, path), Visit(browser, f"{path.as_uri()}#{rest}")
    assert visit.page.evaluate(VIEW) == plain.page.evaluate(VIEW)
    assert visit.complaints == []
    plain.page.close()
    visit.page.close()


def test_who_is_sent_to_a_folded_panel_finds_it_open(browser: Any, path: Path) -> None:
    visit = Visit(browser, path)
    page = visit.page
    opened = "document.querySelector('#checks > details').open"
    assert page.evaluate(opened) is False
    page.click("nav a[href='#checks']")
    assert page.evaluate(opened) is True
    assert page.evaluate("document.activeElement.id") == "checks-title"
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator("#inputs .here").press("Enter")
    until(page, "document.querySelector('#inputs .head .said').textContent === 'link copied'")
    assert page.evaluate("navigator.clipboard.readText()") == page.url == f"{path.as_uri()}#inputs"
    page.close()


def test_a_price_slider_changes_the_cost_figure(browser: Any, path: Path) -> None:
    visit = Visit(browser, path)
    visit.draw_all()
    first = "document.getElementById('fig-cost-plot').data[0].x[0]"
    before = visit.page.evaluate(first)
    visit.page.locator("[data-sliders=fig-cost] input").first.fill("100000")
    until(visit.page, f"Math.abs({first} / {before} - 2) < 1e-6")
    visit.page.click("[data-sliders=fig-cost] button")
    until(visit.page, f"{first} === {before}")
    assert visit.complaints == []
    visit.page.close()


def test_a_hot_link_shows_itself_in_the_drawing(browser: Any, path: Path) -> None:
    visit = Visit(browser, path)
    visit.draw_all()
    visit.page.locator("#hot tbody tr button").first.click()
    until(visit.page, "document.getElementById('fig-topology-plot').data.some(t => t.name === 'chosen link')")
    assert visit.page.locator("#hot tr.picked").count() == 1
    visit.page.close()


def test_a_line_of_the_drawing_leads_to_its_row_and_enter_leads_back(browser: Any, path: Path) -> None:
    visit = Visit(browser, path)
    page = visit.page
    page.locator("#fig-topology-plot").scroll_into_view_if_needed()
    until(page, "document.getElementById('fig-topology-plot').dataset.drawn === 'yes'")
    until(page, TARGETS + ".length > 0")
    page.locator("#fig-topology-plot").scroll_into_view_if_needed()
    x, y = page.evaluate(
        "(() => { const box = document.getElementById('fig-topology-plot'), data = box.data, flat = box._fullLayout;"
        " const t = data.find(one => one.customdata), r = box.getBoundingClientRect();"
        " return [r.x + flat.xaxis._offset + flat.xaxis.d2p(t.x[0]), r.y + flat.yaxis._offset + flat.yaxis.d2p(t.y[0])]"
        " })()"
    )
    page.mouse.move(x, y)
    until(page, "document.querySelectorAll('#fig-topology-plot .hoverlayer .hovertext').length > 0")
    assert "utilization" in page.locator("#fig-topology-plot .hoverlayer").text_content()
    page.mouse.click(x, y)
    until(page, "document.querySelectorAll('#hot tr.picked').length === 1")
    until(page, "document.activeElement.closest('#hot tr.picked') !== null")
    chosen = "document.getElementById('fig-topology-plot').dataset.chosen"
    until(page, f"{chosen} === document.querySelector('#hot tr.picked').dataset.key")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    until(page, f"{chosen} === document.activeElement.closest('tr').dataset.key")
    until(page, "document.activeElement.closest('tr').classList.contains('picked')")
    assert visit.complaints == []
    page.close()


@pytest.mark.parametrize(("study", "pages", "panels"), [
    ("path", 3, ["verdict", "networks", "cost"]), ("two_networks", 4, ["verdict", "networks", "cost"]),
])  # fmt: skip
def test_paper_has_verdict_matrix_topology_and_cost_on_a_page_each(
    browser: Any, request: pytest.FixtureRequest, study: str, pages: int, panels: list[str]
) -> None:
    """What was 42 pages; a study of sizes that differ has no matrix."""
    visit = Visit(browser, request.getfixturevalue(study), scheme="dark")
    page = visit.page
    until(page, READY)
    assert sheets(page) == pages
    page.emulate_media(media="print")
    seen = "[...document.querySelectorAll('section.panel')].filter(s => s.checkVisibility()).map(s => s.id)"
    assert page.evaluate(seen) == panels
    assert page.locator(".plot:visible svg.main-svg").count() >= 2
    assert page.locator(".tablebox:visible").count() == 1 + page.locator(".choice").count()
    assert visit.complaints == []
    page.close()


def test_a_table_too_wide_leaves_columns_to_a_button_and_copies_have_all(browser: Any, path: Path) -> None:
    visit = Visit(browser, path, width=620)
    page = visit.page
    assert visit.misfits()["sideways"] == []
    more = page.locator(".more:visible").first
    box = more.locator("xpath=ancestor::div[@class='tablebox']")
    few = box.locator("thead th:visible").count()
    assert "more column" in more.text_content()
    more.press("Enter")
    assert visit.misfits()["sideways"] == [] and box.locator("thead th:visible").count() > few
    more.press("Enter")
    assert box.locator("thead th:visible").count() == few
    page.close()


def test_the_list_of_panels_follows_on_a_phone(browser: Any, path: Path) -> None:
    visit = Visit(browser, path, width=390)
    for panel in ("routing", "provenance", "verdict"):
        visit.page.evaluate(f"document.getElementById('{panel}').scrollIntoView({{behavior: 'instant'}})")
        link = f"document.querySelector('nav a[href=\"#{panel}\"]')"
        until(visit.page, f"{link}.ariaCurrent === 'true'")
        until(visit.page, f"{link}.getBoundingClientRect().left >= 0 && {link}.getBoundingClientRect().right < 391")
    visit.page.close()


def test_without_script_it_is_text_and_tables(browser: Any, path: Path) -> None:
    visit = Visit(browser, path, script=False)
    assert visit.page.locator("#full-size tbody tr").count() == 5
    assert visit.page.locator(".plot:visible").count() == 0
    assert visit.page.locator("noscript, .notice").count() >= 1
    visit.page.close()
