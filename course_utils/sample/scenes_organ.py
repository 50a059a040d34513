"""Organ scenes of the sample data: one body in 3D, seen whole or as an axial, coronal or sagittal slice."""

import numpy as np

from .brushes import Canvas, length, mix

# Per organ: half-axes across (x), front-back (y), head-foot (z); grey level; bumpiness of the surface.
ORGANS = {
    "bladder": ((0.56, 0.50, 0.48), 0.42, 0.05),
    "femur": ((0.40, 0.40, 0.42), 0.62, 0.03),
    "heart": ((0.66, 0.60, 0.60), 0.66, 0.10),
    "kidney": ((0.42, 0.46, 0.62), 0.68, 0.06),
    "liver": ((0.78, 0.66, 0.62), 0.60, 0.14),
    "lung": ((0.66, 0.80, 0.84), 0.09, 0.06),
    "pancreas": ((0.72, 0.24, 0.28), 0.54, 0.20),
    "spleen": ((0.42, 0.62, 0.56), 0.58, 0.10),
}
SIDES = {"left": -1, "spleen": -1}  # a right organ (and any unpaired one) has the spine at larger x


def paint_organ(canvas: Canvas, labels: np.ndarray, names: tuple[str, ...], plane: str = "") -> np.ndarray:
    """Paint abdominal CT with one organ in the middle.

    A left organ is the mirror image (along the last axis) of its right twin: only the side tells them apart.
    A sagittal slice, cut nearly along the mirror plane, hardly shows it.

    Args:
        labels: `(n, 1)`.
        names: the classes' names in the labels' order, such as "kidney-left".
        plane: "axial", "coronal" or "sagittal" for a 2D canvas, "" for a 3D one.

    Returns:
        `(n, H, W)` or `(n, D, H, W)` in 0-1.
    """
    c = canvas
    kinds = [names[label].split("-")[0] for label in labels[:, 0]]
    side = c.column(
        [next((s for key, s in SIDES.items() if key in names[label]), 1) for label in labels[:, 0]]
    )
    z, y, x = _cut(c, side, plane)
    is_kind = {kind: c.column([k == kind for k in kinds]) for kind in ORGANS}
    half = [c.column([ORGANS[k][0][axis] for k in kinds]) for axis in range(3)]
    grey = c.column([ORGANS[k][1] for k in kinds]) + c.normal(0, 0.03)
    bumps = c.column([ORGANS[k][2] for k in kinds])
    size = c.normal(1, 0.13)

    x, y, z = x - c.normal(0, 0.15), y - c.normal(0, 0.15), z - c.normal(0, 0.12)
    tilt = c.normal(0, 0.22)
    x, y = x + tilt * y, y - tilt * x
    rx, ry, rz = (h * size * c.normal(1, 0.08) for h in half)
    radius = np.sqrt((x / rx) ** 2 + (y / ry) ** 2 + (z / rz) ** 2)
    depth = np.minimum(np.minimum(rx, ry), rz) * (1 - radius + bumps * c.noise(4))
    notch = np.sqrt(
        (x - 0.9 * rx) ** 2 + y**2 + z**2
    )  # kidneys and the spleen are hollowed on the inner side
    hollow = is_kind["kidney"] * 0.50 + is_kind["spleen"] * 0.95
    depth = np.minimum(depth, notch - hollow * rx + c.column(hollow == 0) * 9)

    # The surroundings: muscle and fat, the spine on the inner side, ribs and air on the outer one.
    around = 0.42 + 0.04 * c.noise(3) + 0.03 * c.noise(6)
    image = mix(around, 0.27 + 0 * around, c.edge(c.noise(3) - 0.2, 0.5))
    chest = is_kind["heart"]
    image = mix(image, 0.10 + 0.03 * c.noise(8), chest * c.edge(np.abs(x) - 0.75 * rx, 0.08))
    paired = c.column([k in ("kidney", "lung", "liver", "spleen", "femur") for k in kinds])
    inner = c.uniform(0.85, 1.25)
    spine = length(x - inner, y - c.normal(0.35, 0.12))
    bone = paired * c.edge(c.uniform(0.24, 0.32) - spine, 0.03) * (1 - is_kind["femur"])
    image = mix(image, 0.80 + 0.05 * np.sin(9 * z), bone)
    outer = -x - c.uniform(0.75, 1.35) - 0.05 * c.noise(2) + 0.12 * y**2
    image = mix(image, 0.24 + 0.01 * around, paired * c.edge(outer + 0.16, 0.03))
    rib = c.stroke(length(outer + 0.14, 0.12 * np.sin(6 * z + 3 * y + c.uniform(0, 6.3))), 0.06)
    image = mix(image, 0.82 + 0 * around, np.clip(1.2 * paired * rib * (1 - is_kind["femur"]), 0, 1))
    image = mix(image, 0.03 + 0 * around, paired * c.edge(outer - 0.06, 0.02))
    socket = c.edge(0.10 - np.abs(np.sqrt((x - 0.05) ** 2 + y**2 + (z + 0.05) ** 2) - 0.62 * size), 0.03)
    image = mix(image, 0.85 + 0 * around, is_kind["femur"] * socket * c.edge(x - 0.22, 0.1))
    pelvis = c.edge(0.2 - length(np.abs(x) - 0.95, y - 0.15), 0.04)
    image = mix(image, 0.82 + 0 * around, is_kind["bladder"] * pelvis)

    organ = c.edge(depth, 0.025)
    texture = grey + 0.025 * c.noise(9)
    texture = texture + 0.10 * is_kind["kidney"] * c.edge(0.12 - depth, 0.04)  # bright cortex
    vessels = c.stroke(c.noise(5), 0.22) * np.clip(0.3 + c.noise(3), 0, 1)
    texture = texture + vessels * (0.16 * is_kind["liver"] + 0.30 * is_kind["lung"])
    texture = texture - 0.22 * is_kind["femur"] * c.edge(depth - 0.13, 0.03)  # marrow
    wall = np.abs(x - 0.15 * y + 0.05 * c.noise(2))
    texture = texture - 0.20 * is_kind["heart"] * c.edge(0.10 - wall, 0.03)
    image = mix(image, texture, organ)
    shaft = c.edge(0.2 - length(x + 0.12 + 0.3 * (z - 0.5), y), 0.03) * c.edge(z - 0.1, 0.05)
    image = mix(image, 0.74 + 0 * around, is_kind["femur"] * shaft)
    aorta = c.edge(c.uniform(0.10, 0.14) - length(x - c.normal(0.2, 0.1), y - c.uniform(0.38, 0.55)), 0.02)
    image = mix(image, 0.78 + 0 * around, is_kind["pancreas"] * aorta)
    return (
        0.45
        + np.exp(c.normal(-0.1, 0.22)) * (image - 0.45)
        + c.normal(0, 0.09)
        + 0.018 * c.noise(24 if c.ndim == 3 else 56)
    )


def _cut(c: Canvas, side: np.ndarray, plane: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return body coordinates z, y, x of every pixel; x points to the body's middle plane on either side."""
    off = c.normal(0, 0.10)
    if not plane:
        z, y, x = c.axes
        return z, y, x * side
    down, across = c.axes
    if plane == "axial":
        return off, down, across * side
    if plane == "coronal":
        return down, off, across * side
    return down, across, off + c.normal(0.22, 0.2) * side * across
