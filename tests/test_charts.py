import pytest

from course_utils.errors import CourseError
from course_utils.look.charts import bars
from course_utils.look.figures import Plate

SPLITS = {"train": 546, "val": 78, "test": 156}


def test_one_bar_an_amount_in_the_given_order():
    plate = bars(SPLITS, "images", caption="Three splits.", banner="SAMPLE DATA")
    (ax,) = plate.axes
    assert [bar.get_width() for bar in ax.patches] == list(SPLITS.values())
    assert [label.get_text() for label in ax.get_yticklabels()] == list(SPLITS)
    assert ax.yaxis_inverted()  # the first name stands on top
    assert {text.get_text() for text in ax.texts} == {"546", "78", "156"}
    assert plate.caption == "Three splits.\nSAMPLE DATA"


def test_the_alt_text_gives_every_number():
    plate = bars({"28": 0.25, "224": 16.13}, "GB", limit=("a laptop", 8), form="{:.1f}")
    assert plate.alt == "GB: 28 0.2, 224 16.1; line at 8.0: a laptop."
    assert len(plate.axes[0].lines) == 1
    assert plate.png().startswith(b"\x89PNG")


def test_a_logarithmic_axis():
    assert bars(SPLITS, "images", log=True).axes[0].get_xscale() == "log"


@pytest.mark.parametrize(("amounts", "log"), [({}, False), ({"a": -1}, False), ({"a": 0, "b": 1}, True)])
def test_amounts_without_a_bar_are_refused(amounts, log):
    with pytest.raises(CourseError, match="Bars need amounts"):
        bars(amounts, "images", log=log)


def test_bars_stand_on_given_axes():
    left, right = Plate().subplots(1, 2)
    assert bars(SPLITS, "images", ax=left) is left and bars(SPLITS, "cases", ax=right) is right
    assert left.figure.alt == "images: train 546, val 78, test 156. cases: train 546, val 78, test 156."
