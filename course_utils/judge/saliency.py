"""Where a network looks: occlusion and Grad-CAM, the test that a map must pass, and their picture."""

import copy

import numpy as np

from ..data import Split, to_input
from ..errors import CourseError
from ..look import figures


def occlusion(
    model, split: Split, i: int, column: int, *, edge: int = 7, step: int = 2, grey: int | None = None
):
    """Cover a square, place after place, and note what probability the class loses (Zeiler & Fergus 2014).

    Args:
        model: gives logits.
        split: of 2D images.
        i: which image.
        column: the class, or finding, whose probability is watched.
        edge: of the square, in pixels of a 28-pixel image.
        step: pixels between two places.
        grey: what covers; by default the image's mean.

    Returns:
        float64 `(H, W)`: each pixel's mean loss over the squares that covered it; negative where covering
        makes the class likelier.

    Raises:
        CourseError: for volumes.
    """
    image = _flat(split, i)
    h, w = image.shape[:2]
    edge, step = (max(1, k * h // 28) for k in (edge, step))
    starts = [(r, c) for r in range(1 - edge, h, step) for c in range(1 - edge, w, step)]
    covered = np.repeat(image[None], len(starts), axis=0)
    fill = image.mean((0, 1)) if grey is None else grey
    for one, (r, c) in zip(covered, starts, strict=True):
        one[max(0, r) : r + edge, max(0, c) : c + edge] = fill
    probs = _probs(model, np.concatenate([image[None], covered]), split.card)[:, column]
    total, times = np.zeros((h, w)), np.zeros((h, w))
    for (r, c), loss in zip(starts, probs[0] - probs[1:], strict=True):
        place = slice(max(0, r), r + edge), slice(max(0, c), c + edge)
        total[place] += loss
        times[place] += 1
    return total / times


def grad_cam(model, split: Split, i: int, column: int, *, layer=None):
    """Weigh the last feature maps by how much the class's logit rises with them (Selvaraju et al. 2017).

    Args:
        model: the course's `small_cnn` or a ResNet: its stages are `stage1`, `stage2` ...
        split: of 2D images.
        i: which image.
        column: the class.
        layer: the layer whose maps are used; default the last stage.

    Returns:
        float64 `(H, W)`, 0 or above, enlarged smoothly to the image's size; all 0 where no map speaks for the
        class.

    Raises:
        CourseError: for volumes, or a network without stages.
    """
    import torch

    image = _flat(split, i)
    stages = [part for name, part in model.named_children() if name.startswith("stage")]
    if layer is None and not stages:
        raise CourseError("Grad-CAM needs a network with parts stage1, stage2 ..., or layer=.")
    device = next(model.parameters()).device
    kept = []
    hook = (layer or stages[-1]).register_forward_hook(lambda part, given, out: kept.append(out))
    try:
        with torch.enable_grad():
            x = to_input(torch.from_numpy(image[None]).to(device), split.card.channels).requires_grad_()
            logit = model.eval()(x)[0, column]
            (slope,) = torch.autograd.grad(logit, kept[0])
    finally:
        hook.remove()
    weights = slope.mean((2, 3), keepdim=True)
    found = torch.relu((weights * kept[0]).sum(1, keepdim=True)).detach().float()
    found = torch.nn.functional.interpolate(found, image.shape[:2], mode="bilinear", align_corners=False)
    return found[0, 0].cpu().double().numpy()


def randomised(model, *parts: str, seed: int = 0):
    """Return a copy whose layers have random first weights again; all, or the named parts only.

    A map that looks the same afterwards does not show what the network has learnt (Adebayo et al. 2018).
    """
    import torch

    twin = copy.deepcopy(model)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for name, part in twin.named_children():
            if not parts or name in parts:
                for layer in part.modules():
                    if hasattr(layer, "reset_parameters"):
                        layer.reset_parameters()
    return twin.eval()


def agreement(a, b) -> float:
    """Return the rank correlation of two maps (Spearman): 1 for the same order; 0 for a flat map."""
    from scipy.stats import spearmanr

    a, b = np.ravel(a), np.ravel(b)
    return 0.0 if np.ptp(a) == 0 or np.ptp(b) == 0 else float(spearmanr(a, b).statistic)


def share_inside(found, where) -> float:
    """Return which share of a map's positive weight lies inside a bool mask `(H, W)`; 0 for an empty map."""
    positive = np.maximum(found, 0)
    return float(positive[where].sum() / positive.sum()) if positive.sum() else 0.0


def draw(pictures, maps, titles, *, caption: str = "", banner: str = "") -> figures.Plate:
    """Draw images above their maps; the line on an image surrounds the tenth of it with the highest values.

    Args:
        pictures: uint8 `(H, W)` or `(H, W, 3)` each.
        maps: `(H, W)` each; shown from white (0 or below) to black (its highest value).
        titles: one a picture.
        caption: text below.
        banner: the dataset's banner.

    Returns:
        The plate; its alt text says where each map's weight lies.

    Raises:
        CourseError: unless there are as many maps and titles as pictures, at least one.
    """
    if not len(pictures) == len(maps) == len(titles) or not len(maps):
        raise CourseError(
            f"Expected a map and a title a picture; got {len(pictures)}, {len(maps)}, {len(titles)}."
        )
    edge = min(2.6, figures.WIDTH / len(maps))
    plate = figures.Plate(figsize=(edge * len(maps), 2 * edge + 0.5))
    axes = plate.subplots(2, len(maps), squeeze=False)
    told = []
    for above, below, picture, found, title in zip(*axes, pictures, maps, titles, strict=True):
        above.imshow(picture, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
        below.imshow(np.maximum(found, 0), cmap="gray_r", vmin=0, vmax=max(found.max(), 1e-9))
        level = np.quantile(found, 0.9)
        if found.max() > max(level, 0):
            above.contour(found, [level], colors=["white"], linewidths=4)
            above.contour(found, [level], colors=[figures.COLOURS[1]], linewidths=2)
        above.set_title(title, size=12)
        told.append(f"{title}: {_where(found)}".replace("\n", " "))
    for ax in axes.ravel():
        ax.set(xticks=[], yticks=[])
        ax.grid(visible=False)
        ax.spines[:].set_color("#999999")
    return plate.describe(f"{caption} Maps. {'; '.join(told)}.".strip(), caption, banner)


def _where(found) -> str:
    if found.max() <= 0:
        return "empty"
    row, column = np.unravel_index(found.argmax(), found.shape)
    places = []
    for at, n, words in (
        (row, found.shape[0], ("top", "middle", "bottom")),
        (column, found.shape[1], ("left", "centre", "right")),
    ):
        places.append(words[min(2, 3 * int(at) // n)])
    return f"highest in the {' '.join(places)}"


def _flat(split: Split, i: int) -> np.ndarray:
    if split.card.ndim == 3:
        raise CourseError(f"Saliency maps here are for 2D images; {split.card.flag} has volumes.")
    return split.images[i]


def _probs(model, images, card) -> np.ndarray:
    from ..learn.inference import predict

    return predict(model, Split("test", images, np.zeros((len(images), 1), np.uint8), card), device="auto")
