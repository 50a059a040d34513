"""Sphinx's configuration; `python -m course_utils site` copies it beside the generated pages and builds."""

from course_utils.site import theme
from course_utils.teach import links

project = "MedMNIST course"
language = "en"
extensions = ["myst_nb"]
exclude_patterns = ["_static"]

nb_execution_mode = "off"
nb_merge_streams = True
nb_ipywidgets_js = {}  # widgets need a kernel: their pictures stand in for them
myst_enable_extensions = ["dollarmath", "attrs_inline"]
myst_heading_anchors = 3
html_math_renderer = "mathml"  # formulas need no script from the network

html_theme = "sphinx_book_theme"
html_title = "MedMNIST course"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_js_files = ["site.js"]
html_copy_source = False
html_show_sourcelink = False
html_use_index = False
html_context = {"default_mode": "auto"}  # dark where the reader's system is dark
html_last_updated_fmt = None
pygments_style = "a11y-high-contrast-light"
html_theme_options = {
    "repository_url": links.repository(),
    "repository_branch": "main",
    "path_to_docs": "",
    "navbar_start": [],
    "navbar_center": [],
    "navbar_end": [],
    "navbar_persistent": [],  # the sidebar has the search
    "use_repository_button": True,
    "use_download_button": False,
    "launch_buttons": {
        "binderhub_url": "https://mybinder.org",
        "colab_url": "https://colab.research.google.com",
        "notebook_interface": "jupyterlab",
    },
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
    "show_navbar_depth": 1,
    "footer_content_items": ["extra-footer"],
    "extra_footer": "Code Apache-2.0, text CC BY 4.0. "
    "Not for clinical use: no data and no model from here may guide a person's care.",
}


def setup(app):
    """Teach Sphinx what the theme lacks."""
    theme.setup(app)
