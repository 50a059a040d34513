"""The site in a real browser: axe on every page, no request to the network, three widths, search, 3D."""

import pytest
import sitecraft
from conftest import SCREENSHOTS
from test_lab import axe  # noqa: F401

pytestmark = pytest.mark.browser
WIDTHS = {390: 844, 1280: 800, 1920: 1080}
SHOWN = ("index", "notebooks/03_look_in_3d", "datasets/breastmnist", "datasets/index", "glossary", "api/look", "api/classroom")


@pytest.fixture(scope="module")
def site(browser, tmp_path_factory):  # no browser, no site
    """Build a small site once."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    return sitecraft.built(tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="module", params=["light", "dark"])
def tab(request, browser):
    """Open a window in each colour scheme; `asked` collects its requests to anywhere but files."""
    page = browser.new_page(viewport={"width": 1280, "height": 800}, color_scheme=request.param)
    page.asked, page.scheme = [], request.param
    page.on(
        "request",
        lambda r: page.asked.append(r.url) if not r.url.startswith(("file:", "data:", "blob:")) else None,
    )
    yield page
    page.close()


def test_every_page_is_accessible_and_asks_the_network_for_nothing(site, tab, axe):  # noqa: F811
    grave, checked = [], 0
    for path in sorted(site.rglob("*.html")):
        tab.goto(path.as_uri(), wait_until="load")
        if path.name != "404.html":
            assert tab.evaluate("document.documentElement.dataset.theme") == tab.scheme
        tab.locator("details").evaluate_all("all => all.forEach(d => d.open = true)")
        tab.add_script_tag(path=axe)
        result = tab.evaluate("axe.run(document, {preload: false})")
        checked += len(result["passes"]) > 5
        grave += [
            f"{path.name}: {v['id']}: {node['html'][:200]}"
            for v in result["violations"]
            if v["impact"] in ("serious", "critical")
            for node in v["nodes"][:3]
        ]
    assert grave == []
    assert checked == len(list(site.rglob("*.html"))) > 15
    assert tab.asked == []


@pytest.mark.parametrize("width", WIDTHS)
def test_pages_fit_phone_laptop_and_projector(site, browser, width):
    page = browser.new_page(viewport={"width": width, "height": WIDTHS[width]})
    for name in SHOWN:
        page.goto((site / f"{name}.html").as_uri())
        page.wait_for_timeout(300)
        page.screenshot(path=SCREENSHOTS / f"site_{name.replace('/', '_')}_{width}.png")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
    page.close()


def test_search_finds_without_a_server(site, browser):
    page = browser.new_page()
    page.goto((site / "search.html").as_uri() + "?q=specificity")
    page.locator("#search-results li a").first.wait_for(timeout=30_000)
    assert page.locator("#search-results").inner_text().count("Glossary") >= 1
    page.close()


def test_a_solid_is_drawn_and_has_words(site, browser):
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto((site / "notebooks" / "03_look_in_3d.html").as_uri())
    figure = page.locator('div[role="figure"]').first
    assert len(figure.get_attribute("aria-label")) > 20
    figure.scroll_into_view_if_needed()
    figure.locator(".js-plotly-plot .main-svg, .js-plotly-plot canvas").first.wait_for(timeout=60_000)
    page.close()
