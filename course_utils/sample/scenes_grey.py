"""Grey 2D scenes of the sample data: chest X-rays, OCT, breast ultrasound, kidney cells."""

import numpy as np

from .brushes import Canvas, length, mix

FINDINGS = (
    "atelectasis", "cardiomegaly", "effusion", "infiltration", "mass", "nodule", "pneumonia", "pneumothorax",
    "consolidation", "edema", "emphysema", "fibrosis", "pleural", "hernia",
)  # fmt: skip


def paint_chest(canvas: Canvas, labels: np.ndarray) -> np.ndarray:
    """Paint chest X-rays with any of fourteen findings.

    Args:
        labels: `(n, 14)` of 0 and 1, in the order of `FINDINGS`.

    Returns:
        `(n, H, W)` in 0-1.
    """
    return _xray(canvas, {name: canvas.column(labels[:, i]) for i, name in enumerate(FINDINGS)})


def paint_pneumonia(canvas: Canvas, labels: np.ndarray) -> np.ndarray:
    """Paint children's chest X-rays: label 1 has a hazy opacity, mostly low in one lung or in both.

    A few normal X-rays show a faint haze too and a few opacities are faint, so the classes overlap.
    """
    sick = canvas.column(labels[:, 0])
    haze = np.clip(canvas.normal(0, 0.15) + sick * canvas.uniform(0.35, 1.2), 0, None)
    kind = canvas.uniform()
    findings = {
        "pneumonia": haze * (kind < 0.6),
        "infiltration": haze * (kind > 0.4),
        "consolidation": haze * (kind > 0.8) * 0.6,
    }
    return _xray(canvas, findings)


def _xray(canvas: Canvas, found: dict[str, np.ndarray]) -> np.ndarray:
    """Paint an X-ray; `found` maps findings to strengths, columns with 0 where there is none."""
    c, (y, x) = canvas, canvas.axes
    found = {name: value * c.uniform(0.7, 1.3) for name, value in found.items() if value.any()}
    emphysema, collapse, large = (
        found.get(name, c.column([0])) for name in ("emphysema", "atelectasis", "cardiomegaly")
    )
    v, u = c.turn_by(y - c.normal(0.02, 0.06), x - c.normal(0, 0.06), c.normal(0, 0.05))
    zoom = c.normal(1, 0.06)
    u, v = u / zoom, v / (zoom * c.normal(1, 0.04))
    wide = np.abs(u)
    side = c.sign()  # where one-sided findings sit
    on_side = c.edge(u * side, 0.05)

    # Lungs: two tall ellipses, cut below by the diaphragm's domes.
    across = (wide - 0.42 - 0.10 * v) / (0.29 + 0.03 * emphysema)
    base = c.normal(0.52, 0.06) + 0.12 * emphysema - 0.05 * c.edge(-u, 0.02) - 0.16 * collapse * on_side
    dome = base + (0.16 - 0.12 * emphysema) * across**2 - v
    depth = np.minimum(0.28 * (1 - length(across, (v - 0.05) / 0.86)), dome)
    lung = c.edge(depth, 0.03)
    size = 0.30 * (1 + 0.07 * c.normal() + 0.42 * large - 0.18 * emphysema)
    heart = c.edge(0.3 * (1 - length((u - 0.10 - 0.45 * (v - 0.3)) / size, (v - 0.30) / size)), 0.04)
    body = c.edge(0.62 + 0.5 * np.sqrt(np.clip(v + 0.95, 0, 1)) - wide, 0.06)

    image = 0.12 + body * (0.52 + 0.06 * c.noise(4))
    image = mix(image, 0.25 - 0.05 * emphysema + 0.03 * c.noise(5), lung)
    ribs = c.stroke(np.sin(8.5 * (v + 0.55 * (wide - 0.2) ** 2) + c.uniform(0, 6.3)) / 8.5, 0.035)
    image += 0.10 * ribs * c.edge(0.88 - wide, 0.05) * c.edge(0.75 - np.abs(v), 0.1)
    clavicles = c.stroke(v + 0.72 - 0.18 * wide, 0.04) * c.edge(wide - 0.12, 0.02)
    image += 0.15 * clavicles * body
    hilum = np.exp(-((wide - 0.22) ** 2) / 0.03 - (v - 0.02) ** 2 / 0.10)
    image += lung * (0.14 * hilum + 0.035 * c.noise(11))
    image += lung * _haze(c, found, v, u, side)
    image = mix(image, 0.66 + 0.03 * c.noise(4), np.maximum(heart, c.edge(0.15 - wide, 0.05) * body))
    image += 0.07 * c.stroke(u, 0.05) * (0.8 + 0.2 * np.sin(26 * v))  # spine
    image = _densities(c, found, image, lung * on_side, depth, across, v, u, side)
    exposure, contrast = c.normal(0.0, 0.05), c.normal(1, 0.1)
    return 0.45 + contrast * (image - 0.45) + exposure + 0.015 * c.noise(64)


def _place(c: Canvas, v: np.ndarray, u: np.ndarray, side: np.ndarray, low: float, high: float):
    """Return coordinates around a random point of one lung."""
    return v - c.uniform(low, high), u - side * c.uniform(0.3, 0.55)


def _haze(c: Canvas, found: dict, v: np.ndarray, u: np.ndarray, side: np.ndarray) -> np.ndarray:
    """Paint the findings that cloud the lungs."""
    haze = c.column([0])
    if "pneumonia" in found:
        dv, du = _place(c, v, u, side, 0.1, 0.42)
        cloud = np.exp(-(dv**2 + du**2) / 0.09) * (1 + 0.35 * c.noise(7))
        haze = haze + 0.34 * found["pneumonia"] * cloud
    if "infiltration" in found:
        haze = haze + 0.20 * found["infiltration"] * np.clip(c.noise(4) + 0.5, 0, 2)
    if "consolidation" in found:
        solid = c.star(*_place(c, v, u, side, -0.4, 0.3), c.uniform(0.2, 0.3), 0.3)
        haze = haze + 0.34 * found["consolidation"] * c.edge(solid, 0.08) * (1 + 0.25 * c.noise(12))
    if "edema" in found:
        wings = np.exp(-((np.abs(u) - 0.3) ** 2) / 0.06 - (v - 0.08) ** 2 / 0.16)
        haze = haze + 0.26 * found["edema"] * wings
    if "fibrosis" in found:
        net = c.stroke(c.noise(16), 0.3) * (0.4 + np.clip(v + 0.4, 0, 1))
        haze = haze + 0.22 * found["fibrosis"] * net
    if "atelectasis" in found:
        dv, du = _place(c, v, u, side, 0.05, 0.4)
        plate = c.stroke(dv + c.normal(0, 0.4) * du, 0.035) * np.exp(-(du**2) / 0.06)
        haze = haze + found["atelectasis"] * (
            0.40 * plate + 0.10 * c.edge(u * side, 0.05) * c.edge(v - 0.1, 0.2)
        )
    return haze


def _densities(c: Canvas, found: dict, image, lung, depth, across, v, u, side) -> np.ndarray:
    """Paint the findings with an outline; `lung` covers the lung of the finding's side."""
    cover = {name: np.clip(value, 0, 1) for name, value in found.items()}
    for name, radius in (("mass", (0.13, 0.2)), ("nodule", (0.055, 0.085))):
        if name in found:
            disc = c.star(*_place(c, v, u, side, -0.45, 0.35), c.uniform(*radius), 0.10)
            image = mix(image, 0.60, cover[name] * c.edge(disc, 0.035) * np.maximum(lung, 0.3))
    if "effusion" in found:  # fluid with a meniscus
        level = 0.5 - c.uniform(0.1, 0.4) - 0.5 * np.clip(np.abs(u) - 0.4, 0, 1)
        image = mix(image, 0.70, cover["effusion"] * lung * c.edge(v - level, 0.05))
    if "pleural" in found:  # a thick rim
        rim = c.edge(c.uniform(0.05, 0.13) - depth, 0.03) * c.edge(across, 0.3)
        image = mix(image, 0.62, cover["pleural"] * lung * rim)
    if "pneumothorax" in found:  # black air outside the shrunken lung's thin white edge
        gap = c.uniform(0.07, 0.16)
        air = cover["pneumothorax"] * lung * c.edge(across + 0.1, 0.3) * c.edge(0.25 - v, 0.1)
        image = mix(image, 0.10, air * c.edge(gap - depth, 0.01)) + 0.3 * air * c.stroke(depth - gap, 0.02)
    if "hernia" in found:  # a bubble of gas behind the heart
        bubble = c.star(v - c.uniform(0.2, 0.4), u - c.normal(0.05, 0.08), c.uniform(0.18, 0.26), 0.06)
        image = mix(image, 0.42, cover["hernia"] * c.edge(bubble, 0.03))
        image = image + 0.16 * cover["hernia"] * c.stroke(bubble, 0.03)
    return image


def paint_oct(canvas: Canvas, labels: np.ndarray) -> np.ndarray:
    """Paint retinal OCT: bright and dark bands over a grainy ground.

    0 = neovascularisation (a bright mound with fluid lifts the lowest band), 1 = macular edema (dark cysts in
    a swollen retina), 2 = drusen (small bumps of the lowest band), 3 = normal.
    """
    c, (y, x) = canvas, canvas.axes
    kind = labels[:, 0]
    mound, cysts, bumps = (c.column(kind == k) for k in range(3))
    y = y - c.normal(0.05, 0.09) - c.normal(0, 0.12) * x - c.normal(0.1, 0.08) * x**2 - 0.02 * c.noise(1, 3)
    thick = c.normal(0.52, 0.05) + cysts * c.uniform(0.04, 0.24)
    fovea = np.exp(-((x - c.normal(0, 0.25)) ** 2) / c.uniform(0.04, 0.09))
    cx = c.uniform(-0.5, 0.5)
    lift = mound * c.uniform(0.12, 0.32) * np.exp(-((x - cx) ** 2) / c.uniform(0.04, 0.12))
    where = c.spread(6, -0.9, 0.9)
    shown = (c.spread(6, 0, 1) < 0.75) * c.spread(6, 0.07, 0.14)
    row = np.exp(-np.square(x.reshape(1, 1, -1) - where[..., None]) / (2 * 0.055**2))
    lift = lift + bumps * (shown[..., None] * row).sum(1)[:, None]
    lift = lift + 0.012 * np.abs(c.noise(1, 14))
    top = -thick * (1 - 0.45 * fovea * (1 - 0.8 * cysts * c.uniform()))
    floor = 0.12 + 0 * x  # the lowest band's place where nothing lifts it
    depth = (y - top) / (floor - lift - top)  # 0 at the retina's surface, 1 at the lowest band

    layers = (
        0.42 + 0.22 * np.exp(-((depth - 0.07) ** 2) / 0.006) - 0.15 * np.exp(-((depth - 0.68) ** 2) / 0.012)
    )
    layers += 0.10 * np.exp(-((depth - 0.42) ** 2) / 0.008) - 0.08 * np.exp(-((depth - 0.26) ** 2) / 0.003)
    inside = c.edge(y - top, 0.015) * c.edge(floor - y, 0.02)
    image = mix(0.09 + 0 * y, layers, inside)
    choroid = c.edge(y - floor, 0.03) * np.exp(-np.clip(y - floor, 0, 2) / 0.28)
    image += choroid * (0.36 + 0.10 * c.noise(5, 9))
    image = mix(image, 0.55 + 0.12 * c.noise(10), c.edge(y - floor + lift, 0.015) * c.edge(floor - y, 0.02))
    image += 0.48 * c.stroke(y - floor + lift, 0.032)
    blob = c.dots(
        c.spread(7, -0.42, -0.05), np.clip(c.column(0) + cx, -2, 2)[:, 0] + c.spread(7, -0.45, 0.45),
        radius=c.spread(7, 0.05, 0.10), weight=(c.spread(7, 0, 1) < 0.65) * 1.3,
    )  # fmt: skip
    image = mix(
        image,
        0.12 + 0 * y,
        cysts * c.edge(blob - 0.5, 0.2) * c.edge(depth - 0.1, 0.1) * c.edge(0.95 - depth, 0.1),
    )
    pocket = c.edge(0.06 - length((x - cx) / 3.2, y - floor + lift + 0.075), 0.02)
    image = mix(image, 0.14 + 0 * y, mound * c.chance(0.7) * pocket)
    grain = 1 + 0.22 * c.noise(40) + 0.10 * c.noise(16)
    return image * grain * c.normal(1, 0.12) + 0.03 * np.abs(c.noise(48))


def paint_breast(canvas: Canvas, labels: np.ndarray) -> np.ndarray:
    """Paint breast ultrasound: speckled tissue layers, label 0 with a spiky dark mass and shadow, label 1
    with a smooth, wide one (benign) or with none (normal). Spikiness and shape overlap between the labels.
    """
    c, (y, x) = canvas, canvas.axes
    malignant = c.column(labels[:, 0] == 0)
    lesion = np.maximum(malignant, c.chance(0.75))
    evil = np.clip(0.1 + 0.8 * malignant + c.normal(0, 0.27), 0, 1)  # how malignant it looks
    depth = y + 0.05 * c.noise(2, 3) + c.normal(0, 0.05)
    tissue = 0.36 - 0.16 * (depth + 0.2) + 0.10 * np.sin(9 * depth + 1.2 * c.noise(3) + c.uniform(0, 6.3))
    tissue += 0.06 * c.noise(7, 3) + 0.04 * c.noise(12, 5)
    tissue += 0.22 * c.stroke(depth + 0.93, 0.07)  # skin
    tissue = mix(
        tissue, 0.16 + 0.05 * c.noise(8, 4), c.edge(depth - c.uniform(0.55, 1.0), 0.12)
    )  # chest wall
    cy, cx = c.normal(-0.05, 0.16), c.normal(0, 0.26)
    size = c.uniform(0.2, 0.38)
    wide = 1.5 - 0.55 * evil + c.normal(0, 0.12)
    dy, dx = c.turn_by((y - cy) * np.sqrt(wide), (x - cx) / np.sqrt(wide), c.normal(0, 0.2))
    outline = c.star(dy, dx, size, 0.05 + 0.14 * evil, first=2, count=4)
    spikes = c.star(dy, dx, size, 0.26 * evil, first=6, count=6)
    mass = c.edge(0.5 * (outline + spikes), 0.02 + 0.04 * evil)
    below = c.edge(y - cy, 0.1) * np.exp(-(np.square((x - cx) / (0.8 * size * np.sqrt(wide))) ** 2))
    image = tissue + lesion * below * (0.11 - 0.28 * evil)  # bright behind a cyst, shadow behind a cancer
    image = mix(image, 0.10 + 0.04 * c.noise(9) + 0.06 * evil, mass * lesion)
    image += 0.12 * lesion * (1 - evil) * c.stroke(outline, 0.03)
    rough = c.noise(60, 34)
    speckle = length(1 + 0.25 * c.noise(60, 34), 0.3 * rough) * (1 + 0.07 * rough)
    return np.clip(image, 0.02, None) * speckle * c.normal(1, 0.13)


def paint_tissue(canvas: Canvas, labels: np.ndarray) -> np.ndarray:
    """Paint fluorescent kidney cells: a nucleus in the middle, neighbours around it, on black.

    The eight classes differ, with overlap, in the nucleus' size, length and texture and in its neighbours.
    """
    c, (y, x) = canvas, canvas.axes
    kind = labels[:, 0]
    size = c.pick((0.42, 0.34, 0.26, 0.24, 0.24, 0.36, 0.46, 0.36), kind) * c.normal(1, 0.10)
    long = c.pick((1.1, 1.15, 1.9, 2.6, 1.05, 1.5, 1.15, 1.2), kind) * c.normal(1, 0.08)
    lumps = c.pick((0.15, 0.35, 0.15, 0.1, 0.05, 0.3, 0.2, 0.1), kind)
    grain = c.pick((0.1, 0.15, 0.1, 0.1, 0.5, 0.1, 0.45, 0.15), kind)
    hollow = c.pick((0.0, 0.1, 0.0, 0.0, 0.0, 0.6, 0.1, 0.65), kind)
    crowd = c.pick((0.5, 0.9, 0.7, 0.3, 0.3, 0.4, 0.5, 0.9), kind)
    cy, cx = c.normal(0, 0.08), c.normal(0, 0.08)
    v, u = c.turn(y - cy, x - cx)
    depth = c.star(v * np.sqrt(long), u / np.sqrt(long), size, lumps)
    nucleus = c.edge(depth, 0.07)
    texture = 1 + grain * c.noise(14) - hollow * c.edge(depth - 0.35 * size, 0.08)
    count = 9
    angle = 2 * np.pi * (np.arange(count) / count + c.spread(count, -0.05, 0.05))
    far = c.spread(count, 0.65, 1.1)
    shown = (c.spread(count, 0, 1) < crowd.reshape(-1, 1)) * c.spread(count, 0.4, 1)
    others = c.dots(
        far * np.sin(angle), far * np.cos(angle), radius=c.spread(count, 0.10, 0.17), weight=shown
    )
    light = c.uniform(0.45, 0.85)
    glow = 0.06 + 0.05 * np.clip(c.noise(4), -1, 2) + 0.06 * np.exp(-(v**2 + u**2) / 0.5)
    image = glow + np.maximum(
        light * np.clip(texture, 0, 2) * nucleus, 0.55 * others * (1 + 0.15 * c.noise(12))
    )
    return image * c.normal(1, 0.1) + 0.02 * c.noise(48)
