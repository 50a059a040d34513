"""The README's picture: every dataset has its row, in words too, and says that it is sample data."""

from course_utils import cards
from course_utils.look import poster


def test_every_dataset_has_a_row_and_a_name():
    plate = poster.draw(4)
    assert len(plate.axes) == 18
    assert all(ax.images[0].get_array().shape[1] == 4 * 28 for ax in plate.axes)
    assert all(card.name in plate.alt for card in cards())
    assert "SAMPLE DATA" in plate.alt and "SAMPLE DATA" in plate.caption
