"""Montages of every split of every dataset; charts whose words and marks agree with the data."""

import io
import re

import numpy as np
import pytest
from PIL import Image

from course_utils import cards, load, plots
from course_utils.errors import ChoiceError, CourseError
from course_utils.look.figures import Plate
from course_utils.look.pictures import compose, count_words
from course_utils.measure.metrics import constant_guess

FLAGS = [card.flag for card in cards()]
PAD = 10  # pixels the style leaves around a figure


@pytest.fixture(scope="module")
def breast():
    return load("breastmnist", source="sample")


@pytest.fixture(scope="module")
def chest():
    return load("chestmnist", source="sample")


def pixels(plate):
    """Return a plate's picture as grey or colour values, `(H, W, 3)`."""
    return np.asarray(Image.open(io.BytesIO(plate.png())).convert("RGB"))


@pytest.mark.parametrize("flag", FLAGS)
def test_every_split_of_every_dataset_has_a_montage_even_of_too_many(flag):
    data = load(flag, source="sample")
    for split in ("train", "val", "test"):
        part = data[split]
        n = min(400, len(part))
        plate = plots.montage(data, split, 400)
        assert plate.alt.startswith(f"Montage of {n} {split} ") and plate.alt.endswith(data.banner)
        assert plate.caption.endswith(data.banner)
        told = sum(int(x.replace(",", "")) for x in re.findall(r"(?:: |, |; )([\d,]+) ", plate.alt))
        assert told == n or data.card.task == "multi-label"


@pytest.mark.real
@pytest.mark.parametrize("flag", ["breastmnist", "pneumoniamnist", "retinamnist", "adrenalmnist3d"])
def test_real_splits_have_a_montage_where_medmnists_own_raises(flag, real_root):
    data = load(flag, source="real")
    assert data.banner == ""
    for split in ("train", "val", "test"):
        for by in ("random", "class", "balanced"):
            assert (
                f"Montage of {min(400, len(data[split]))} {split} "
                in plots.montage(data, split, 400, by=by).alt
            )


@pytest.mark.parametrize("flag", ["breastmnist", "retinamnist"])
def test_a_montage_shows_the_pixels_unchanged(flag):
    data = load(flag, source="sample")
    index = [3, 1, 4]
    picture = compose(data.test.images[index], 3)
    shown = pixels(plots.montage(data, "test", index=index, columns=3))
    zoom = min(plots.MAX_ZOOM, 860 // (3 * 29))
    h, w = picture.shape[:2]
    centres = shown[PAD + zoom // 2 :: zoom, PAD + zoom // 2 :: zoom][:h, :w]
    expected = picture if picture.ndim == 3 else np.repeat(picture[..., None], 3, 2)
    assert np.abs(centres.astype(int) - expected).max() <= 1  # the colour map rounds


def test_montages_draw_the_same_again_and_others_with_another_seed(breast):
    first, again, other = (pixels(plots.montage(breast, "test", 12, seed=seed)) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert first.shape != other.shape or not np.array_equal(first, other)


def test_montage_says_how_it_was_drawn(breast):
    score = np.arange(len(breast.test))
    assert "highest score first" in plots.montage(breast, "test", 4, by="score", score=score).caption
    assert "chosen by number" in plots.montage(breast, "test", index=[5]).caption
    assert plots.montage(breast, "test", index=[5]).alt.startswith("One of the test images")
    titles = plots.montage(breast, "test", index=[5, 6], titles=["#5", "#6"])
    assert "Under them: #5, #6." in titles.alt
    drawn = [text.get_text() for text in titles.axes[0].texts]
    assert drawn == ["#5", "#6"]


def test_a_montage_by_class_names_its_rows(breast):
    plate = plots.montage(breast, "test", 40, by="class")
    assert [text.get_text() for text in plate.axes[0].texts if text.get_text()] == list(breast.card.labels)


def test_an_empty_montage_is_refused(breast):
    with pytest.raises(CourseError, match="got 0 images"):
        plots.montage(breast, "test", index=[])
    with pytest.raises(ChoiceError, match="train, val, test"):
        plots.montage(breast, "trian")


def test_class_balance_marks_the_constant_guess(breast):
    plate = plots.class_balance(breast)
    ax = plate.axes[0]
    guess = constant_guess(breast.train.y, breast.test.y, "binary")["acc"]
    assert [line.get_xdata()[0] for line in ax.lines] == [pytest.approx(100 * guess)]
    assert f"{100 * guess:.1f} % of test" in plate.alt
    assert count_words(breast.val) in plate.alt
    widths = [bar.get_width() for bar in ax.patches]
    assert sum(widths) == pytest.approx(300)  # three splits of 100 %


def test_class_balance_of_findings_counts_each(chest):
    plate = plots.class_balance(chest)
    widths = np.array([bar.get_width() for bar in plate.axes[0].patches]).reshape(3, 14)
    assert widths[0] == pytest.approx(100 * chest.train.y.mean(0))
    guess = constant_guess(chest.train.y, chest.test.y, "multi-label")["acc"]
    assert f"{100 * guess:.1f} % of test entries" in plate.alt and not plate.axes[0].lines


def history(aucs, name="x"):
    return [
        {
            "epoch": i,
            "lr": 0.1,
            "train_loss": 1 / i,
            "val_loss": 1.5 / i,
            "val_auc": auc,
            "val_acc": 0.5,
            "seconds": 1,
        }
        for i, auc in enumerate(aucs, 1)
    ]


def test_learning_curves_mark_the_best_epoch():
    plate = plots.learning_curves(history([0.6, 0.9, 0.8]), banner="SAMPLE DATA")
    left, right = plate.axes
    assert [line.get_label() for line in left.lines] == ["train", "validation"]
    assert right.lines[-1].get_xdata()[0] == 2
    assert "Best validation AUC 0.900 in epoch 2" in plate.alt and "SAMPLE DATA" in plate.caption
    assert "training loss goes from 1.000 to 0.333" in plate.alt


def test_learning_curves_compare_runs():
    plate = plots.learning_curves({"plain": history([0.6]), "flips": history([0.7, 0.8])})
    assert [line.get_label() for line in plate.axes[1].lines] == ["plain", "flips"]
    assert "flips: best validation AUC 0.800 in epoch 2" in plate.alt


def test_learning_curves_pass_over_an_undefined_auc():
    plate = plots.learning_curves(history([float("nan"), 0.6, 0.5]))
    assert "Best validation AUC 0.600 in epoch 2" in plate.alt


@pytest.mark.parametrize("empty", [[], {}, {"a": []}])
def test_learning_curves_need_an_epoch(empty):
    with pytest.raises(CourseError, match="at least one epoch"):
        plots.learning_curves(empty)


def test_confusion_matrix_shows_counts_and_row_shares():
    plate = plots.confusion_matrix([0, 0, 0, 0, 1, 1], [0, 0, 0, 1, 1, 1], ["sick", "well"])
    assert [text.get_text() for text in plate.axes[0].texts] == ["3\n75 %", "1\n25 %", "0\n0 %", "2\n100 %"]
    assert "5 of 6 right" in plate.alt and "Of 4 sick: 3 called sick, 1 called well." in plate.alt


@pytest.mark.parametrize("k", [2, 5, 9, 11])
def test_confusion_matrix_survives_absent_classes_and_fits_its_figure(k):
    names = [f"class number {i} with a long name" for i in range(k)]
    plate = plots.confusion_matrix(np.zeros(5, int), np.zeros(5, int), names)
    assert pixels(plate).shape[1] < 1400


@pytest.mark.parametrize("draw", [
    lambda data, ax: plots.class_balance(data, ax=ax),
    lambda data, ax: plots.montage(data, "test", 6, titles=list("abcdef"), ax=ax),
    lambda data, ax: plots.confusion_matrix(data.test.y, data.test.y, data.card.labels, ax=ax),
])  # fmt: skip
def test_plots_draw_on_given_axes(breast, draw):
    plate = Plate()
    left, right = plate.subplots(1, 2)
    assert draw(breast, right) is right
    assert right.patches or right.images
    assert not left.patches and not left.images
    assert plate.alt  # the words went to the whole plate


def test_nothing_is_shown_by_pyplot(breast, monkeypatch):
    from matplotlib import pyplot

    monkeypatch.setattr(pyplot, "show", lambda *args, **kwargs: pytest.fail("plt.show() was called"))
    plots.class_balance(breast)
    plots.montage(breast)
    assert pyplot.get_fignums() == []


def test_captions_break_between_words_also_where_class_names_hold_commas():
    plate = plots.montage(load("tissuemnist", source="sample"), n=16, by="balanced")
    drawn = plate.texts[0].get_text().replace("\n", " ").replace("\N{NO-BREAK SPACE}", " ")
    assert drawn == plate.caption.split("\n")[0].replace("\N{NO-BREAK SPACE}", " ")
