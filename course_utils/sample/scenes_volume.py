"""3D scenes of the sample data: nodules, rib fractures, synapses, and the two shapes made of 0 and 1."""

import numpy as np

from .brushes import Canvas, length, mix


def paint_nodule(canvas: Canvas, labels: np.ndarray) -> np.ndarray:
    """Paint lung CT with a nodule near the middle: benign ones are round and smooth, malignant ones larger,
    lobed and spiky. The two overlap in size and outline.

    Args:
        labels: `(n, 1)`, 1 = malignant.

    Returns:
        `(n, D, H, W)` in 0-1.
    """
    c, (z, y, x) = canvas, canvas.axes
    evil = np.clip(c.column(labels[:, 0]) * 0.8 + c.normal(0.1, 0.32), 0, 1.2)
    image = 0.14 + 0.03 * c.noise(4) + 0.02 * c.noise(20)
    for _ in range(4):
        v, u, _w = c.turn(z, y, x)
        bend = c.normal(0, 0.2)
        away = length(v - c.normal(0, 0.5) - bend * u * u, u - c.normal(0, 0.5))
        image = mix(image, 0.58, c.edge(c.uniform(0.04, 0.09) - away, 0.02))
    wall = c.uniform(0.75, 1.3) - c.turn(z, y, x)[0]
    image = mix(image, 0.62 + 0 * image, c.edge(-wall, 0.03))
    dz, dy, dx = (a - c.normal(0, 0.1) for a in (z, y, x))
    radius = c.uniform(0.18, 0.34) + 0.08 * evil
    away = np.sqrt(dz**2 + dy**2 + dx**2)
    bumps = (0.04 + 0.10 * evil) * c.noise(6)
    spikes = 0.16 * evil * np.clip(c.noise(14), 0, 3)
    depth = radius * (1 + bumps) + spikes * c.edge(away - 0.5 * radius, 0.1) - away
    grey = c.uniform(0.55, 0.75) + 0.2 * (1 - evil) * c.chance(0.25)
    return mix(image, grey + 0.03 * c.noise(10), c.edge(depth, 0.03)) * c.normal(1, 0.08)


def paint_fracture(canvas: Canvas, labels: np.ndarray) -> np.ndarray:
    """Paint CT of a broken rib: 0 = buckle (a kink, no gap), 1 = nondisplaced (a thin gap), 2 = displaced
    (a gap, and the two ends out of line). Kink, gap and shift vary, so neighbouring kinds overlap.
    """
    c = canvas
    kind = labels[:, 0]
    z, y, x = c.axes
    v, u = c.turn_by(y, x, c.uniform(-0.7, 0.7))
    w, u = c.turn_by(z, u, c.normal(0, 0.2))
    v, w = v - c.normal(0, 0.08), w - c.normal(0, 0.12)
    bend, thick = c.uniform(0.05, 0.3), c.uniform(0.22, 0.29)
    u = u - c.normal(0, 0.10)  # along the rib; the break is at 0
    shift = c.pick((0.0, 0.06, 0.34), kind) * c.uniform(0.3, 1.3)
    kink = c.pick((0.22, 0.04, 0.06), kind) * c.uniform(0.3, 1.3)
    gap = c.pick((0.02, 0.07, 0.08), kind) * c.uniform(0.5, 1.3)
    v = v - bend * u**2 + shift * (c.edge(u, 0.01) - 0.5)
    v = v - kink * np.exp(-((u / 0.16) ** 2))
    away = length(w / 1.25, v)
    rib = c.edge(thick - away, 0.03)
    shell = 0.95 - 0.35 * c.edge(0.6 * thick - away, 0.05)
    intact = 1 - c.edge(gap - np.abs(u + 0.3 * v + 0.05 * c.noise(5)), 0.02)
    side = v - c.uniform(0.35, 0.55)  # lung on one side, muscle on the other
    image = mix(0.40 + 0.04 * c.noise(5), 0.10 + 0.02 * c.noise(8), c.edge(side, 0.04))
    return mix(image, shell, rib * intact) * c.normal(1, 0.08) + 0.02 * c.noise(20)


def paint_synapse(canvas: Canvas, labels: np.ndarray) -> np.ndarray:
    """Paint electron microscopy of a synapse: two membranes and a cleft, round vesicles on one side.

    Label 1 (excitatory) has a thick dark band behind the cleft, label 0 (inhibitory) a thin one on both sides
    and flatter vesicles; thickness and darkness overlap.
    """
    c = canvas
    excitatory = c.column(labels[:, 0])
    z, y, x = c.axes
    v, u = c.turn_by(y, x, c.uniform(-1.2, 1.2))
    w, u = c.turn_by(z, u, c.normal(0, 0.3))
    u = u - c.normal(0, 0.12) + 0.06 * c.noise(3)  # across the cleft
    near = c.edge(c.uniform(0.45, 0.65) - length(w, v), 0.1)  # the contact zone
    image = 0.62 + 0.05 * c.noise(4) + 0.05 * c.noise(12)
    others = c.stroke(c.noise(3) + 0.4, 0.10) * (1 - near) * c.edge(np.abs(u) - 0.25, 0.1)
    image = image - 0.30 * others
    membranes = c.stroke(np.abs(u) - 0.07, 0.03)
    image = image - 0.30 * membranes
    thick = 0.04 + 0.08 * excitatory * c.uniform(0.2, 1.4)
    back = np.clip(c.normal(0.15, 0.12), 0, 0.3)
    band = c.edge(thick - np.abs(u - 0.09 - thick), 0.03) * (0.24 + back)
    twin = c.edge(0.04 - np.abs(u + 0.12), 0.03) * (1 - excitatory) * c.uniform(0.1, 0.35)
    image = image - near * (band + twin)
    k = 26
    at = [c.spread(k, -0.75, 0.75) for _ in range(3)]
    vesicles = c.dots(*at, radius=0.075, weight=1.0)
    holes = c.dots(*at, radius=0.042, weight=0.9)
    image = image + (0.30 * holes - 0.34 * np.clip(vesicles, 0, 1)) * c.edge(-u - 0.16, 0.05)
    return 0.5 + c.normal(1, 0.12) * (image - 0.5) + c.normal(0, 0.04) + 0.04 * c.noise(22)


def paint_adrenal(canvas: Canvas, labels: np.ndarray) -> np.ndarray:
    """Paint the adrenal gland's shape, 0 or 1: two or three limbs that meet, thicker in hyperplasia."""
    c = canvas
    w, v, u = c.turn(*c.axes)
    w, v, u = (a - c.normal(0, 0.06) + 0.05 * c.noise(3) for a in (w, v, u))
    thick = c.normal(0.105, 0.014) + c.column(labels[:, 0]) * c.normal(0.05, 0.02)
    reach, opening, deep = c.uniform(0.45, 0.75), c.uniform(0.3, 0.75), c.uniform(0.35, 0.6)
    taper = np.sqrt(np.clip(1 - (w / deep) ** 2, 0, 1))
    depth = np.full_like(u, -1)
    third = 0.6 * c.chance(0.7)
    for angle, share in (
        (opening, 1.0),
        (-opening * c.uniform(0.7, 1.1), c.uniform(0.6, 1.0)),
        (np.pi, third),
    ):
        along, across = u * np.cos(angle) + v * np.sin(angle), v * np.cos(angle) - u * np.sin(angle)
        end = np.clip(along, 0, reach * share * taper)
        limb = thick * (1.25 - 0.4 * end / reach) * np.sqrt(taper) - length(along - end, across)
        depth = np.maximum(depth, limb - (taper == 0))
    return (depth + 0.015 * c.noise(7) > 0).astype(np.float32)


def paint_vessel(canvas: Canvas, labels: np.ndarray) -> np.ndarray:
    """Paint a brain vessel's shape, 0 or 1: a bent tube, often with a branch; an aneurysm is a bulge on it.

    Some vessels without an aneurysm have a slight swelling, so the smallest aneurysms are doubtful.
    """
    c = canvas
    w, v, u = c.turn(*c.axes)
    w, v = w - c.normal(0, 0.08), v - c.normal(0, 0.08)
    bend, wave = c.normal(0, 0.35), c.uniform(0.05, 0.2)
    v0 = v - bend * (u**2 - 0.3)
    w0 = w - wave * np.sin(3 * u + c.uniform(0, 6.3))
    thick = c.uniform(0.11, 0.2)
    depth = thick * (1 + 0.12 * c.noise(3)) - length(v0, w0)
    slope, start, turn = c.uniform(0.5, 1.2), c.uniform(-0.5, 0.3), c.uniform(0, 2 * np.pi)
    q, p = c.turn_by(v0, w0, turn)
    away = length(q, u - start - slope * p)
    branch = np.where(p > 0, 0.75 * thick - 0.8 * away, -1)
    depth = np.maximum(depth, branch - 9 * (1 - c.chance(0.6)))
    sick = c.column(labels[:, 0])
    size = thick * 0.6 + sick * c.uniform(0.15, 0.30) + (1 - sick) * c.uniform(-0.05, 0.09)
    around, at = c.uniform(0, 2 * np.pi), c.uniform(-0.35, 0.35)
    out = thick + 0.45 * size
    bulge = np.sqrt((v0 - out * np.cos(around)) ** 2 + (w0 - out * np.sin(around)) ** 2 + (u - at) ** 2)
    depth = np.maximum(depth, size * (1 + 0.1 * c.noise(4)) - bulge)
    return (depth > 0).astype(np.float32)
