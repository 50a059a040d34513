"""The site in a real browser: axe on every page, no request to the network, three widths, search, 3D."""

import pytest
import sitecraft
from conftest import SCREENSHOTS
from test_lab import axe  # noqa: F401

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::PendingDeprecationWarning"),
]
WIDTHS = {390: 844, 1280: 800, 1920: 1080}
SHOWN = (
    "index",
    "notebooks/03_look_in_3d",
    "datasets/breastmnist",
    "datasets/index",
    "glossary",
    "api/look",
    "api/classroom",
)


@pytest.fixture(scope="module")
def site(browser, tmp_path_factory):  # no browser, no site
    """Build a small site once."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    return sitecraft.built(tmp_path_factory.mktemp("site"))


def test_every_page_is_accessible_and_asks_the_network_for_nothing(site, browser, axe):  # noqa: F811
    """All rules in light mode; in dark mode, where only colours differ, the rule on contrast."""
    page = browser.new_page(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
    asked, grave, checked = [], [], 0
    page.on(
        "request",
        lambda r: asked.append(r.url) if not r.url.startswith(("file:", "data:", "blob:")) else None,
    )
    paths = sorted(site.rglob("*.html"))
    for path in paths:
        page.emulate_media(color_scheme="light")
        page.goto(path.as_uri(), wait_until="load")
        page.add_style_tag(content="* { transition: none !important; }")
        page.locator("details").evaluate_all("all => all.forEach(d => d.open = true)")
        page.add_script_tag(path=axe)
        for scheme, rules in (("light", ""), ("dark", ", runOnly: ['color-contrast']")):
            page.emulate_media(color_scheme=scheme)
            if path.name != "404.html":
                page.wait_for_function(f"document.documentElement.dataset.theme === '{scheme}'")
            options = f"preload: false, resultTypes: ['violations']{rules}"
            result = page.evaluate(f"axe.run(document, {{{options}}})")
            checked += len(result["passes"]) > 0
            grave += [
                f"{path.name}, {scheme}: {v['id']}: {node['html'][:200]}"
                for v in result["violations"]
                if v["impact"] in ("serious", "critical")
                for node in v["nodes"][:3]
            ]
    page.close()
    assert grave == []
    assert checked == 2 * len(paths) > 40
    assert asked == []


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
