"""Colour 2D scenes of the sample data: tissue stains, skin, the retina, blood cells."""

import numpy as np

from .brushes import Canvas, colour, length, mix


def paint_path(canvas: Canvas, labels: np.ndarray) -> np.ndarray:
    """Paint nine tissue types in haematoxylin and eosin (purple and pink).

    Each case has its own stain strength and hue, so mean colour tells only a part of the class.

    Args:
        labels: `(n, 1)` class numbers in MedMNIST's order.

    Returns:
        `(n, H, W, 3)` in 0-1.
    """
    c, (y, x) = canvas, canvas.axes
    kind = labels[:, 0]
    fat, blank, debris, lymph, mucus, muscle, gland, stroma, tumour = (c.column(kind == k) for k in range(9))
    v, u = c.turn(y, x)
    v = v + 0.12 * c.noise(2) + 0.05 * c.noise(4)
    clouds, mottle, fine = c.noise(4), c.noise(9), c.noise(22)

    # How much eosin (pink) and haematoxylin (purple) each tissue takes up, point by point.
    fibre = np.sin(c.uniform(9, 15) * v + 1.5 * c.noise(3)) * 0.5 + 0.5
    wall = c.only(kind == 0, lambda part: part.stroke(_cell_walls(part, 4), 0.035))
    swirl = c.stroke(c.noise(6), 0.35)
    pink = fat * (0.05 + 0.75 * wall) + blank * 0.03 + debris * (0.42 + 0.2 * mottle) + lymph * 0.28
    pink = pink + mucus * (0.16 + 0.22 * swirl) + muscle * (0.62 + 0.22 * fibre) + gland * 0.42
    pink = pink + stroma * (0.34 + 0.34 * fibre**2) + tumour * (0.45 + 0.1 * clouds)
    purple = debris * (0.16 + 0.18 * np.clip(fine, -1, 2)) + mucus * (0.06 + 0.06 * clouds) + tumour * 0.18

    small = c.only(kind == 3, lambda part: _nuclei(part, 110))
    purple = purple + lymph * (0.15 + 0.85 * small)
    fibrous = (kind == 5) | (kind == 7)
    few = c.only(fibrous, lambda part: _spindles(part, v[fibrous], u[fibrous], 16))
    purple = purple + (0.7 * muscle + 0.85 * stroma) * few
    ring, lumen = c.only(kind == 6, lambda part: _glands(part, 4, regular=1.0)).swapaxes(0, 1)
    purple = purple + gland * (0.10 + 0.75 * ring * (0.7 + 0.3 * fine))
    pink = pink * (1 - 0.85 * gland * lumen)
    ring, lumen = c.only(kind == 8, lambda part: _glands(part, 6, regular=0.35)).swapaxes(0, 1)
    purple = purple + tumour * 0.62 * np.clip(0.35 + ring + 0.45 * c.noise(14), 0, 1.2) * (1 - lumen)
    pink = pink * (1 - 0.7 * tumour * lumen)

    pink = np.clip(pink + 0.03 * fine, 0, 1.2) * np.exp(c.normal(0, 0.35))
    purple = np.clip(purple + 0.02 * fine, 0, 1.3) * np.exp(c.normal(0, 0.35))
    hue = c.normal(0, 0.05)[..., None] * np.array([0.4, 1, -0.6], np.float32)
    absorb = pink[..., None] * (np.array([0.14, 0.75, 0.32], np.float32) + hue)
    absorb = absorb + purple[..., None] * (np.array([0.95, 1.15, 0.42], np.float32) + hue)
    light = colour(243, 240, 244) * (1 + 0.05 * c.normal()[..., None])
    return light * np.exp(-absorb) + 0.012 * c.noise(56)[..., None]


def _cell_walls(c: Canvas, cells: int) -> np.ndarray:
    """Return the distance to the nearest wall of a jittered honeycomb (a Voronoi diagram)."""
    y, x = c.axes
    step = 2 / cells
    places = (np.arange(cells + 2) - 0.5) * step - 1
    rows, columns = (p.ravel() for p in np.meshgrid(places, places, indexing="ij"))
    count = rows.size
    cy, cx = rows + c.spread(count, -0.4, 0.4) * step, columns + c.spread(count, -0.4, 0.4) * step
    first = np.full((c.n, c.size, c.size), 9, np.float32)
    second = first.copy()
    for k in range(count):
        distance = length(y - c.column(cy[:, k]), x - c.column(cx[:, k]))
        second = np.minimum(second, np.maximum(first, distance))
        first = np.minimum(first, distance)
    return (second - first) / 2


def _nuclei(c: Canvas, count: int) -> np.ndarray:
    """Paint scattered round nuclei."""
    return np.clip(
        c.dots(c.spread(count), c.spread(count), radius=c.spread(count, 0.045, 0.06), weight=1.2), 0, 1
    )


def _spindles(c: Canvas, v: np.ndarray, u: np.ndarray, count: int) -> np.ndarray:
    """Paint scattered long nuclei that lie along u."""
    field = np.zeros_like(v)
    for _ in range(count):
        dv, du = v - c.uniform(-1.3, 1.3), u - c.uniform(-1.3, 1.3)
        field += c.stroke(length(dv, du / 3), c.uniform(0.035, 0.055))
    return np.clip(field, 0, 1)


def _glands(c: Canvas, count: int, regular: float) -> np.ndarray:
    """Paint glands, rings of nuclei around a pale hole; `regular` 1 gives round, 0.35 ragged ones.

    Returns:
        ring and hole, `(n, 2, H, W)` in 0-1.
    """
    y, x = c.axes
    glands = np.zeros((2, c.n, c.size, c.size), np.float32)
    for _ in range(count):
        size = c.uniform(0.28, 0.42) * (0.6 + 0.4 * regular)
        depth = c.star(y - c.uniform(-1, 1), x - c.uniform(-1, 1), size, 0.5 - 0.42 * regular)
        glands = np.maximum(glands, [c.stroke(depth - 0.05, 0.07), c.edge(depth - 0.13, 0.03)])
    return glands.swapaxes(0, 1)


def paint_derma(canvas: Canvas, labels: np.ndarray) -> np.ndarray:
    """Paint pigmented skin lesions: the seven classes differ, with overlap, in hue, outline and pattern."""
    c, (y, x) = canvas, canvas.axes
    kind = labels[:, 0]
    # classes: keratosis, basal cell, benign keratosis, dermatofibroma, melanoma, nevus, vascular
    brown = c.pick((0.34, 0.28, 0.62, 0.48, 0.92, 0.66, 0.18), kind) * c.normal(1, 0.25)
    red = c.pick((0.46, 0.42, 0.18, 0.30, 0.22, 0.18, 0.95), kind) * c.normal(1, 0.25)
    size = c.pick((0.50, 0.46, 0.52, 0.40, 0.60, 0.46, 0.38), kind) * c.normal(1, 0.18)
    ragged = c.pick((0.22, 0.16, 0.12, 0.06, 0.30, 0.08, 0.12), kind)
    soft = c.pick((0.20, 0.14, 0.03, 0.16, 0.08, 0.08, 0.04), kind)
    patchy = c.pick((0.35, 0.25, 0.25, 0.10, 0.75, 0.12, 0.25), kind)
    specks = c.pick((0.5, 0.2, 0.8, 0.0, 0.4, 0.1, 0.0), kind)
    pale = c.pick((0.1, 0.45, 0.0, 0.9, 0.0, 0.0, 0.0), kind) * c.chance(0.8)
    long = c.normal(1.2, 0.15)
    v, u = c.turn(y - c.normal(0, 0.15), x - c.normal(0, 0.15))
    depth = c.star(v * np.sqrt(long), u / np.sqrt(long), size, ragged, count=7)
    lesion = c.edge(depth, soft)
    centre = np.exp(-(v**2 + u**2) / (0.35 * size) ** 2)
    pattern = np.clip(1 + patchy * c.noise(5) + 0.35 * specks * c.noise(16), 0, 2.5)
    nevus_net = 0.12 * np.sin(30 * v) * np.sin(30 * u) * (1 - patchy)
    pigment = lesion * brown * (pattern + nevus_net) * (1 - pale * centre)
    lacunae = c.edge(c.noise(6) + 0.3, 0.3) * c.pick((0, 0, 0, 0, 0, 0, 1), kind)
    blood = lesion * red * (1 + 0.3 * c.noise(6) + 0.4 * lacunae) * (1 - 0.5 * pale * centre)
    threads = c.stroke(c.noise(5), 0.12) * lesion * c.pick((0.2, 0.6, 0, 0, 0, 0, 0), kind)
    blood = blood + threads * 0.6
    tone = c.uniform()[..., None]
    skin = mix(colour(236, 196, 180), colour(205, 150, 130), tone) * (1 + 0.035 * c.noise(3)[..., None])
    skin = skin + 0.015 * c.noise(20)[..., None] - 0.05 * np.clip(x**2 + y**2 - 0.8, 0, 1)[..., None] * tone
    absorb = np.clip(pigment, 0, 2.2)[..., None] * np.array([0.62, 0.95, 1.15], np.float32)
    absorb = absorb + np.clip(blood, 0, 2)[..., None] * np.array([0.10, 0.62, 0.50], np.float32)
    hairs = np.float32(0)
    for _ in range(4):
        dv, du = c.turn(y, x)
        hairs = hairs + c.chance(0.22) * c.stroke(
            dv - c.uniform(-0.8, 0.8) - c.normal(0, 0.25) * du**2, 0.014
        )
    image = skin * np.exp(-absorb) * np.exp(-1.5 * hairs[..., None] * np.array([0.8, 0.9, 1], np.float32))
    return image * c.normal(1, 0.05)[..., None] + 0.01 * c.noise(56)[..., None]


def paint_retina(canvas: Canvas, labels: np.ndarray) -> np.ndarray:
    """Paint fundus photographs: with the grade (0-4) grow, on average, the red dots, blots and yellow spots.

    The number of lesions is drawn at random around a mean for the grade, so neighbouring grades overlap.
    """
    c, (y, x) = canvas, canvas.axes
    grade = labels[:, 0]
    severity = np.clip(c.column(grade) + c.normal(0, 0.35), 0, 4.5)
    side = c.sign()
    v, u = c.turn_by(y, x * side, c.normal(0, 0.12))
    radius = length(y, x)
    field = c.edge(c.normal(0.93, 0.02) - radius, 0.02)
    disc_y, disc_x = c.normal(0, 0.06), c.normal(0.52, 0.05)
    dv, du = v - disc_y, u - disc_x

    vessels = np.float32(0)
    for up in (-1, 1):  # two arcades and their branches, each a parabola from the optic disc
        for bend, width, weight in ((1.0, 0.030, 1), (0.45, 0.018, 0.7), (1.9, 0.020, 0.8)):
            curve = bend * c.uniform(0.75, 1.25)
            along = np.clip(up * dv, 0, None)
            path = np.sqrt(along * 1.1 / curve) * 0.95 * (-1 if bend > 1.5 else 1)
            gap = (du + path * (1.3 if bend < 1.5 else 0.7) + 0.03 * c.noise(3)) * np.clip(
                along * 2 + 0.35, 0, 0.8
            )
            vessels = np.maximum(vessels, weight * c.stroke(gap, width) * c.edge(up * dv, 0.03))
    macula = np.exp(-(v**2 + (u + 0.08) ** 2) / 0.03)
    tone = c.uniform()[..., None]
    ground = mix(colour(214, 98, 48), colour(158, 74, 30), tone)
    shade = (
        1
        + 0.07 * c.noise(2)
        + 0.14 * c.normal() * x
        + 0.10 * c.normal() * y
        - 0.30 * radius**2
        + 0.03 * c.noise(12)
    )
    image = ground * np.clip(shade, 0.25, 1.6)[..., None]
    image = image * (1 - 0.35 * macula[..., None] * colour(150, 255, 255))
    image = image * (1 - vessels[..., None] * colour(90, 165, 150))
    disc = c.edge(0.15 - length(dv, du * 1.1), 0.03)[..., None]
    image = mix(image, colour(255, 214, 140) * np.clip(shade, 0.5, 1.3)[..., None], 0.85 * disc)
    image = image * (1 - 0.5 * disc * vessels[..., None])

    red = _lesions(c, 24, 0.020, 0.034, 2.2 * severity**1.25)
    blots = _lesions(c, 10, 0.045, 0.075, 0.55 * np.clip(severity - 1.2, 0, None) ** 1.6)
    yellow = _lesions(c, 18, 0.024, 0.05, 1.5 * np.clip(severity - 1.0, 0, None) ** 1.5)
    new = (
        np.clip(severity - 3.1, 0, 1)
        * c.stroke(c.noise(9), 0.22)
        * np.exp(-(dv**2 + (du + 0.25) ** 2) / 0.10)
    )
    dark = np.clip(red + 1.1 * blots + 0.8 * new, 0, 1.2)[..., None]
    image = image * np.exp(-dark * np.array([0.45, 1.3, 1.0], np.float32))
    image = mix(image, colour(250, 226, 120), np.clip(1.1 * yellow, 0, 0.9)[..., None])
    image = mix(image, colour(150, 110, 70), 0.05 * severity[..., None])  # a cloudier view in ill eyes
    image = image * c.normal(1, 0.07)[..., None] + 0.012 * c.noise(56)[..., None]
    return np.clip(image, 0, 1) * field[..., None]


def _lesions(c: Canvas, most: int, low: float, high: float, mean: np.ndarray) -> np.ndarray:
    """Paint a random number of dots (Poisson, around the column `mean`, at most `most`) on the retina."""
    number = np.minimum(c.rng.poisson(mean.reshape(-1, 1)), most)
    far, angle = 0.82 * np.sqrt(c.spread(most, 0, 1)), c.spread(most, 0, 2 * np.pi)
    weight = (np.arange(most) < number) * c.spread(most, 0.9, 1.5)
    return c.dots(far * np.sin(angle), far * np.cos(angle), radius=c.spread(most, low, high), weight=weight)


def paint_blood(canvas: Canvas, labels: np.ndarray) -> np.ndarray:
    """Paint red blood cells around a white one (or a platelet) whose nucleus and grains tell the kind."""
    c, (y, x) = canvas, canvas.axes
    kind = labels[:, 0]
    # classes: basophil, eosinophil, erythroblast, immature granulocyte, lymphocyte, monocyte, neutrophil,
    # platelet
    size = c.pick((0.52, 0.54, 0.46, 0.60, 0.48, 0.60, 0.55, 0.22), kind) * c.normal(1, 0.12)
    spread = c.pick((0.13, 0.22, 0.0, 0.12, 0.03, 0.25, 0.28, 0.0), kind) * c.normal(1, 0.12)
    lobe = c.pick((0.22, 0.17, 0.20, 0.28, 0.25, 0.20, 0.12, 0.07), kind) * c.normal(1, 0.10)
    lobes = np.array((3, 2, 1, 2, 1, 3, 4, 1))[kind]
    cy, cx = c.normal(0, 0.16), c.normal(0, 0.16)
    image = colour(240, 214, 206) * (1 + 0.02 * c.noise(3)[..., None])
    for _ in range(7):
        far, angle, r = c.uniform(0.85, 1.3), c.uniform(0, 2 * np.pi), c.uniform(0.26, 0.34)
        distance = length(y - far * np.sin(angle), x - far * np.cos(angle))
        dip = 0.55 + 0.45 * np.clip(distance / r, 0, 1) ** 2
        image = mix(image, colour(222, 158, 150), (0.8 * c.edge(r - distance, 0.03) * dip)[..., None])

    depth = c.star(y - cy, x - cx, size, c.pick((0.06, 0.05, 0.05, 0.06, 0.05, 0.10, 0.05, 0.22), kind))
    body = c.edge(depth, 0.03)
    tints = np.stack([
        colour(*rgb) for rgb in (
            (206, 168, 204), (236, 180, 168), (206, 176, 196), (206, 182, 214),
            (184, 186, 222), (194, 188, 212), (236, 206, 212), (190, 150, 200),
        )
    ])  # fmt: skip
    tint = tints[kind][:, None, None] * (1 + 0.03 * c.noise(6)[..., None])
    image = mix(image, tint, 0.92 * body[..., None])
    image = image * (1 - 0.12 * c.stroke(depth, 0.03)[..., None])

    turn = c.uniform(0, 2 * np.pi).reshape(-1, 1)
    arc = c.pick((2.1, 3.0, 1, 1.4, 1, 0.95, 1.1, 1), kind).reshape(-1, 1)  # radians between lobes
    angle = turn + arc * np.arange(4) + c.spread(4, -0.15, 0.15)
    far = spread.reshape(-1, 1) * np.ones((1, 4), np.float32)
    weight = (np.arange(4) < lobes[:, None]) * 1.0
    at_y, at_x = cy.reshape(-1, 1) + far * np.sin(angle), cx.reshape(-1, 1) + far * np.cos(angle)
    nucleus = c.edge(
        c.dots(at_y, at_x, radius=lobe.reshape(-1, 1) * c.spread(4, 0.9, 1.1), weight=weight) - 0.5, 0.16
    )
    chromatin = c.pick((0.10, 0.08, 0.04, 0.16, 0.06, 0.14, 0.08, 0.2), kind) * c.noise(13)
    deep = mix(
        colour(128, 88, 166),
        colour(74, 34, 112),
        c.pick((0.6, 0.65, 0.95, 0.35, 0.7, 0.4, 0.7, 0.4), kind)[..., None],
    )
    image = mix(
        image, deep * (1 + chromatin[..., None]), (0.95 * nucleus * np.clip(body * 1.2, 0, 1))[..., None]
    )

    grains = np.clip(c.noise(22) - 0.1, 0, 1.5) * body
    dark = grains * c.pick((0.95, 0, 0, 0.25, 0, 0.05, 0.10, 0.7), kind)
    orange = grains * (1 - nucleus) * c.pick((0, 0.75, 0, 0, 0, 0, 0.08, 0), kind)
    image = mix(image, colour(74, 30, 110), np.clip(dark, 0, 0.9)[..., None])
    image = mix(image, colour(226, 110, 88), np.clip(orange, 0, 0.9)[..., None])
    stain = 1 + c.normal(0, 0.02)[..., None] * np.array([0.3, 1, -0.5], np.float32)
    return image * stain * c.normal(1, 0.06)[..., None] + 0.01 * c.noise(56)[..., None]
