"""The site: generated pages, links that lead somewhere, valid HTML, nothing from the network."""

import re
from html import unescape
from urllib.parse import unquote, urlsplit

import html5lib
import nbformat
import pytest
import sitecraft

from course_utils import CourseError, card, cards, links, published
from course_utils.site import api, assembly, datasets, notebooks, prepare, theme

SOURCE = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src", "embed": "src"}
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x07\x00\x00\x00\x05" + b"\x00" * 20


pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::PendingDeprecationWarning")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Build a small site once."""
    return sitecraft.built(tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="module")
def trees(site):
    """Parse every page; a parse error fails the test that asks first."""
    found = {}
    for path in sorted(site.rglob("*.html")):
        parser = html5lib.HTMLParser(namespaceHTMLElements=False)
        found[path] = (parser.parse(path.read_text(encoding="utf-8")), parser.errors)
    return found


# Generated pages


@pytest.mark.parametrize("one", cards(), ids=lambda one: one.flag)
def test_a_dataset_page_says_everything_the_card_and_the_tables_know(one):
    text = unescape(datasets.page(one, "<img>"))
    for fact in (
        one.question,
        one.modality,
        one.task,
        f"[{one.licence}](https://creativecommons.org/",
        one.cite,
        *one.defects,
        *one.labels,
    ):
        assert fact in text
    for n in one.n_samples.values():
        assert f"{n:,}" in text
    for row in published.rows(one.flag):
        assert f"| {row['method']} | {row['auc']:.3f} | {row['acc']:.3f} |" in text
        assert published.METHODS[row["method"]] in text
    assert all(one.file_name(size) in text for size in one.sizes)
    assert "Sample data" in text and "Not for clinical use" in text


def test_class_shares_are_of_all_images():
    shares = [float(x) for x in re.findall(r">([\d.]+)%<", datasets.balance(card("pneumoniamnist")))]
    assert shares == [25.8, 74.2]
    assert "several findings" in datasets.balance(card("chestmnist"))


def test_unknown_class_counts_are_not_invented():
    unknown = [one for one in cards() if not one.counts]
    for one in unknown:
        text = datasets.balance(one)
        assert "has not counted" in text and "%" not in text and one.labels[-1] in text


def test_overview_has_a_row_and_a_page_for_each():
    text = datasets.index(cards())
    for one in cards():
        assert f"[{one.name}]({one.flag}.md)" in text
        assert re.search(rf"^{one.flag}$", text, re.M)


def test_rows_below_the_constant_guess_are_counted():
    assert datasets.scores(card("adrenalmnist3d")).count("6 of these rows") == 1


def test_api_shows_signatures_arguments_and_examples(tmp_path):
    api.write(tmp_path)
    core = (tmp_path / "core.md").read_text()
    assert 'load(flag, *, size=28, source="auto", root=None)' in core.replace("'", '"')
    look = (tmp_path / "look.md").read_text()
    assert "### plots.montage" in look and "| `by` |" in look and ">>> " in look
    assert not re.search(r"^#+ \S*\._", look, re.M), "nothing private"
    assert "`ChoiceError`" in core


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("a *b* `*c*` d_e", r"a \*b\* `*c*` d\_e"),
        ("[x](y) <b> $1", r"\[x](y) \<b> \$1"),
        ("plain", "plain"),
    ],
)
def test_docstrings_are_not_markup_but_for_code(text, safe):
    assert api._safe(text) == safe


def test_formulas_become_mathml():
    assert "<mfrac>" in theme.mathml(r"\frac{1}{2}", "inline")
    assert 'display="block"' in theme.mathml("x", "block")


def test_links_off_the_site_lead_into_the_repository(tmp_path):
    (tmp_path / "here.md").write_text("")
    text = assembly.point_outside(
        "[a](here.md) [b](../LICENSE) [c](https://x.org) ![d](p.png) [e](#f)", tmp_path
    )
    assert text == (
        f"[a](here.md) [b]({links.repository()}/blob/main/LICENSE) [c](https://x.org) ![d](p.png) [e](#f)"
    )


def test_pictures_become_files_that_keep_their_words(tmp_path):
    html = notebooks.picture(PNG, 'Two "cells" <here>', tmp_path)
    (file,) = tmp_path.iterdir()
    assert file.read_bytes() == PNG and file.name in html
    assert 'alt="Two &quot;cells&quot; &lt;here&gt;"' in html and 'width="7" height="5"' in html


def test_sample_data_is_seen_by_parameter_or_by_banner():
    nb = nbformat.v4.new_notebook()
    assert not notebooks.ran_on_sample(nb)
    nb.metadata["papermill"] = {"parameters": {"source": "real"}}
    assert not notebooks.ran_on_sample(nb)
    nb.cells = [nbformat.v4.new_code_cell(outputs=[nbformat.v4.new_output("stream", text=notebooks.BANNER)])]
    assert notebooks.ran_on_sample(nb)


def test_no_executed_lesson_is_one_sentence(tmp_path):
    with pytest.raises(CourseError, match=r"No executed lesson in .* Run first: python -m course_utils run"):
        prepare(tmp_path, tmp_path / "src")
    assert not (tmp_path / "src").exists()


def test_glossary_is_sorted_and_in_sentences():
    text = (assembly.DOCS / "glossary.md").read_text(encoding="utf-8")
    terms = re.findall(r"^(\S.*)\n  (\S(?:.*\n  )*.*)$", text.split("{glossary}")[1], re.M)
    names = [name.casefold() for name, _ in terms]
    assert len(terms) >= 30 and names == sorted(names)
    assert all(told.endswith(".") for _, told in terms)


def test_the_address_is_written_nowhere_in_the_sources_of_the_site():
    for path in (*assembly.DOCS.rglob("*.*"), *(assembly.DOCS.parent / "course_utils" / "site").glob("*.py")):
        if path.suffix != ".png" and path.name != "instructor.md":
            assert links.repository() not in path.read_text(encoding="utf-8"), path


# The built site


def test_html_is_valid(trees):
    told = [f"{path.name}: {errors[:3]}" for path, (_, errors) in trees.items() if errors]
    assert told == []


def test_every_link_leads_to_a_file_and_an_anchor(site, trees):
    home = "/" + links.repository().rsplit("/", 1)[1] + "/"
    names = {
        path: {e.get("id") for e in tree.iter() if e.get("id")} | {e.get("name") for e in tree.iter("a")}
        for path, (tree, _) in trees.items()
    }
    dead, seen = [], 0
    for path, (tree, _) in trees.items():
        for element in tree.iter():
            if not isinstance(element.tag, str):
                continue
            address = element.get("href" if element.tag in ("a", "link") else "src")
            if address is None or urlsplit(address).scheme:
                continue
            seen += 1
            parts = urlsplit(address)
            if parts.path.startswith(home):
                target = site / unquote(parts.path.removeprefix(home))
            else:
                target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not target.is_file():
                dead.append(f"{path.name}: {address}")
            elif parts.fragment and target in names and unquote(parts.fragment) not in names[target]:
                dead.append(f"{path.name}: {address} (no such anchor)")
    assert dead == [] and seen > 200


def test_nothing_is_loaded_from_the_network(site, trees):
    loaded = [
        f"{path.name}: {element.get(SOURCE[element.tag])}"
        for path, (tree, _) in trees.items()
        for element in tree.iter()
        if element.tag in SOURCE
        and re.match(r"(https?:)?//", element.get(SOURCE[element.tag]) or "")
        and element.get("rel") not in ("canonical", "license", "author")
    ]
    for sheet in site.rglob("*.css"):
        text = sheet.read_text(encoding="utf-8")
        loaded += [
            f"{sheet.name}: {x}" for x in re.findall(r"(?:url\(|@import )[\"']?(?:https?:)?//[^)]*", text)
        ]
    for path, (tree, _) in trees.items():  # code in a page that would fetch: MathJax, require.js, widgets
        code = " ".join(element.text or "" for element in tree.iter("script"))
        loaded += [f"{path.name}: {x}" for x in re.findall(r"cdn\.\S+|unpkg\S+|jsdelivr\S+", code)]
    assert loaded == []


def test_every_picture_has_words(trees):
    articles = [e for tree, _ in trees.values() for e in tree.iter("article")]
    pictures = [e for article in articles for e in article.iter("img")]
    assert len(pictures) > 8
    assert [e.get("src") for e in pictures if len(e.get("alt") or "") < 20] == []


def test_lessons_show_outputs_without_kernel_and_say_sample_data(site):
    for path in (site / "notebooks").glob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert "sample-data" in text and "drawn by a program" in text
        assert "vnd.jupyter.widget" not in text
        assert links.colab(path.stem) in text and links.binder(path.stem) in text
    for path in (site / "datasets").glob("*mnist*.html"):
        assert "sample-data" in path.read_text(encoding="utf-8")


def test_plotly_is_loaded_once_and_only_where_it_is_needed(site):
    counts = {path.stem: path.read_text(encoding="utf-8").count("plotly.min.js")
              for path in site.rglob("*.html")}  # fmt: skip
    assert counts["03_look_in_3d"] == 1 and counts["index"] == 0 and max(counts.values()) == 1


def test_search_knows_lessons_datasets_and_words(site):
    index = (site / "searchindex.js").read_text(encoding="utf-8")
    for name in ("notebooks/01_meet_medmnist", "datasets/breastmnist", "glossary", "api/look"):
        assert f'"{name}"' in index
