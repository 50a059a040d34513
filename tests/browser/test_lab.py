"""Lessons 02 and 03 in a real browser: JupyterLab runs them, hands move them, pages stay readable."""

import io
import subprocess
from pathlib import Path

import numpy as np
import pytest
from conftest import LESSONS, REPO, SCREENSHOTS, lack

from course_utils import pages

pytestmark = pytest.mark.browser
PAGE_LIMIT = 6_000_000  # bytes
PATIENCE = 60_000  # ms: the machine may be busy


def pixels(shot: bytes) -> np.ndarray:
    """Return a screenshot as an array `(H, W, 3)` in 0-1."""
    from matplotlib.image import imread

    return imread(io.BytesIO(shot))[..., :3]


def body(picture: np.ndarray) -> np.ndarray:
    """Return which pixels belong to something solid: unlike the corner, and not a thin line or a letter."""
    from scipy.ndimage import minimum_filter

    unlike = np.abs(picture - picture[3, 3]).max(-1) > 0.08
    return minimum_filter(unlike.astype(np.uint8), 9) > 0


def cell(page, text: str):
    """Return the code cell that holds a text, scrolled into view."""
    found = page.locator(".jp-CodeCell", has_text=text).last
    found.scroll_into_view_if_needed()
    return found


def move_slider(page, where, label: str):
    """Move a labelled slider by mouse, then by keyboard; return the explorer's three pictures and texts."""
    slider = where.locator(".widget-slider", has_text=label)
    handle, image = slider.locator(".noUi-handle"), where.locator(".widget-html img")
    handle.wait_for(timeout=PATIENCE)
    handle.scroll_into_view_if_needed()
    seen = [(image.get_attribute("src"), image.get_attribute("alt"))]

    def wait_for_another():
        page.wait_for_function(
            "([image, old]) => image.isConnected ? image.src !== old : true",
            arg=[image.element_handle(), seen[-1][0]],
            timeout=PATIENCE,
        )
        page.wait_for_timeout(1500)
        seen.append((image.get_attribute("src"), image.get_attribute("alt")))

    box, track = handle.bounding_box(), slider.locator(".noUi-base").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + track["width"] / 4, y, steps=5)
    page.mouse.up()
    wait_for_another()
    handle.focus()
    page.keyboard.press("ArrowLeft")
    wait_for_another()
    return seen


@pytest.fixture(scope="module")
def lesson02(lab, browser):
    """Run lesson 02 in JupyterLab."""
    return lab.open(browser, LESSONS[0])


@pytest.fixture(scope="module")
def lesson03(lab, browser):
    """Run lesson 03 in JupyterLab."""
    return lab.open(browser, LESSONS[1])


@pytest.fixture(scope="module", autouse=True)
def screenshots():
    """Make the folder for screenshots."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)


@pytest.mark.parametrize("lesson", LESSONS)
def test_no_cell_errs(lesson, lab, request):
    request.getfixturevalue(f"lesson{lesson[:2]}")
    cells = [c for c in lab.read(lesson).cells if c.cell_type == "code"]
    assert all(c.execution_count for c in cells if c.source.strip())
    errors = [o.evalue for c in cells for o in c.outputs if o.output_type == "error"]
    assert errors == []


@pytest.mark.parametrize(("lesson", "text"), [("02", "plots.montage("), ("03", "volumes.show_slices(")])
def test_montages_are_there(lesson, text, request):
    page = request.getfixturevalue(f"lesson{lesson}")
    image = cell(page, text).locator(".jp-RenderedImage img").first
    image.wait_for(timeout=PATIENCE)
    shot = image.screenshot(path=SCREENSHOTS / f"{lesson}_montage.png")
    assert pixels(shot).std() > 0.1
    assert image.evaluate("image => image.naturalWidth") > 300


@pytest.mark.parametrize(
    ("lesson", "text", "label"),
    [("02", "explore_images(", "Page"), ("03", "explore_volumes(", "D (voxel)")],
)
def test_explorers_follow_mouse_and_keyboard(lesson, text, label, request):
    page = request.getfixturevalue(f"lesson{lesson}")
    where = cell(page, text)
    (first, a), (second, b), (third, c) = move_slider(page, where, label)
    where.screenshot(path=SCREENSHOTS / f"{lesson}_explorer.png")
    assert len({first, second, third}) == 3
    assert len({a, b, c}) == 3 and all("SAMPLE DATA" in text for text in (a, b, c))


@pytest.mark.parametrize(("text", "name"), [("show_solid(case)", "surface"), ("show_solid(femur)", "fog")])
def test_solids_are_drawn_and_turn(text, name, lesson03):
    where = cell(lesson03, text)
    scene = where.locator(".js-plotly-plot .gl-container canvas").first
    scene.wait_for(timeout=PATIENCE)
    scene.scroll_into_view_if_needed()
    for _ in range(30):  # software rendering may take its time
        before = pixels(scene.screenshot(path=SCREENSHOTS / f"03_{name}.png"))
        if body(before).any():
            break
        lesson03.wait_for_timeout(1000)
    assert body(before).mean() > 0.005, "the canvas holds no body, only lines"
    box = scene.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    lesson03.mouse.move(x, y)
    lesson03.mouse.down()
    lesson03.mouse.move(x + 120, y + 40, steps=6)
    lesson03.mouse.up()
    lesson03.wait_for_timeout(3000)
    after = pixels(scene.screenshot(path=SCREENSHOTS / f"03_{name}_turned.png"))
    assert body(after).any()
    assert (body(before) != body(after)).sum() > 0.1 * body(before).sum()


@pytest.fixture(scope="module")
def rendered(lab, lesson02, lesson03, tmp_path_factory):
    """Return the pages of the lessons as they were saved in JupyterLab."""
    folder = tmp_path_factory.mktemp("pages")
    return {
        lesson: pages.render(lab.folder / f"{lesson}.ipynb", folder / f"{lesson}.html") for lesson in LESSONS
    }


@pytest.fixture
def open_page(browser, rendered):
    """Return a function that opens a rendered page and the list of its requests to anywhere but files."""

    def open_it(lesson, **options):
        page = browser.new_page(viewport={"width": 1100, "height": 900}, **options)
        asked = []
        page.on(
            "request",
            lambda r: asked.append(r.url) if not r.url.startswith(("file:", "data:", "blob:")) else None,
        )
        page.goto(rendered[lesson].as_uri())
        page.wait_for_timeout(3000)
        return page, asked

    return open_it


@pytest.mark.parametrize("lesson", LESSONS)
def test_pages_are_small_and_ask_the_network_for_nothing(lesson, open_page, rendered):
    page, asked = open_page(lesson)
    assert rendered[lesson].stat().st_size < PAGE_LIMIT
    assert asked == []
    pictures = page.locator("main img").evaluate_all("all => all.map(i => [i.naturalWidth, i.alt])")
    assert len(pictures) > 4 and all(width > 50 and len(alt) > 20 for width, alt in pictures)
    assert page.locator("main").inner_text().count("Error displaying widget") == 0
    page.screenshot(path=SCREENSHOTS / f"{lesson}_page.png", full_page=True)
    page.close()


def test_sliders_on_a_saved_page_work_without_a_kernel(open_page):
    page, _ = open_page("03_look_in_3d")
    figure = page.locator(".js-plotly-plot", has_text="with a slider for each").first
    figure.scroll_into_view_if_needed()
    touch = figure.locator(".slider-rail-touch-rect").first
    touch.wait_for(timeout=PATIENCE)
    state = "f => [f.data[0].z.bdata ?? String(f.data[0].z), String(f.data[3].y), String(f.data[5].y)]"
    label = figure.locator(".slider-label").first
    before, said, shot = figure.evaluate(state), label.text_content(), figure.screenshot()
    box = touch.bounding_box()
    page.mouse.click(box["x"] + 0.35 * box["width"], box["y"] + box["height"] / 2)
    page.wait_for_timeout(3000)
    after = figure.evaluate(state)
    assert label.text_content() != said
    assert after[0] != before[0], "the plane did not change"
    assert after[1:] != before[1:], "the cross-hair did not move"
    assert np.abs(pixels(figure.screenshot()) - pixels(shot)).max() > 0.5
    page.close()


@pytest.fixture(scope="module")
def axe():
    """Return axe-core's script, fetched by npm into build/ once."""
    folder = REPO / "build" / "axe"
    script = folder / "node_modules" / "axe-core" / "axe.min.js"
    if not script.exists():
        folder.mkdir(parents=True, exist_ok=True)
        command = ["npm", "install", "--no-audit", "--no-fund", "--prefix", str(folder), "axe-core@4"]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=120)
        except (OSError, subprocess.SubprocessError) as error:
            lack(f"axe-core could not be installed by npm: {error}")
    return Path(script)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("lesson", LESSONS)
def test_pages_are_accessible(lesson, scheme, open_page, axe):
    page, _ = open_page(lesson, color_scheme=scheme)
    page.locator("details").evaluate_all("all => all.forEach(d => d.open = true)")
    page.add_script_tag(path=axe)
    result = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    assert len(result["passes"]) > 10
    grave = [v for v in result["violations"] if v["impact"] in ("serious", "critical")]
    told = [f"{v['id']}: {v['help']}: {node['html'][:200]}" for v in grave for node in v["nodes"][:3]]
    assert told == []
    page.close()
