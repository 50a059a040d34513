"""Rules of lesson 03: voxels, planes, projections, sizes, mirrors and the reading game."""

import numpy as np

from ..checks import Question, exercise, near, number, quiz_key, wrong_if

EDGE_MM = 64  # of an AdrenalMNIST3D volume, after MedMNIST's description
AXES = "DHW"


@exercise("03.voxels")
def voxels(answer, volume) -> str:
    """Expect the number of voxels inside the mask."""
    value = number(answer, "a whole number")
    inside = int((volume > 0).sum())
    if value != inside:
        wrong_if(value == volume.size, "These are all voxels of the volume; count those inside the gland.")
        wrong_if(value == volume.size - inside, "These are the voxels outside the gland.")
        wrong_if(
            value == int(volume.sum()), "The sum counts every voxel as 255; ask first which are above 0."
        )
        wrong_if(
            value == int(volume.sum(dtype=np.uint8)),
            "The sum ran over the end of uint8; count with > 0 first.",
        )
        wrong_if(
            value in [int((plane > 0).sum()) for plane in volume],
            "That is one slice; count in the whole volume.",
        )
        wrong_if(near(value, inside / volume.size), "That is a share; the question asks how many.")
        wrong_if(True, "Count the voxels for which volume > 0 is True.")
    return f"{inside:,} of {volume.size:,} voxels: the gland fills {inside / volume.size:.1%} of the cube."


@exercise("03.plane")
def plane(answer, volume, w) -> str:
    """Expect the plane at W = w."""
    picture = _picture(answer)
    if not _same(picture, volume[:, :, w]):
        wrong_if(
            _same(picture, volume[w]), f"volume[{w}] fixes the first axis, D; the question fixes W, the last."
        )
        wrong_if(_same(picture, volume[:, w]), f"volume[:, {w}] fixes the second axis, H; W is the last.")
        wrong_if(_same(picture, volume[:, :, w].T), "The right plane, but turned over: keep D before H.")
        wrong_if(True, f"Fix the last axis at {w} and take everything of the others.")
    return f"volume[:, :, {w}] keeps D and H, and looks along W."


@exercise("03.longest")
def longest(answer, volume) -> str:
    """Expect the axis along which the mask extends furthest."""
    wrong_if(not isinstance(answer, str), 'Answer with a letter in quotes: "D", "H" or "W".')
    letter = answer.strip().upper()
    wrong_if(letter not in tuple(AXES), 'The axes are called "D", "H" and "W".')
    extent = [int(np.ptp(where)) + 1 for where in np.nonzero(volume)]
    told = ", ".join(f"{axis} {n}" for axis, n in zip(AXES, extent, strict=True))
    wrong_if(
        extent[AXES.index(letter)] < max(extent),
        f"Along {letter} the gland extends over {extent[AXES.index(letter)]} voxels; another axis has more. "
        "Compare the two pictures in which each axis appears.",
    )
    return f"extents in voxels: {told}."


@exercise("03.shadow")
def shadow(answer, volume) -> str:
    """Expect the maximum projection along H."""
    picture = _picture(answer)
    if not _same(picture, volume.max(1)):
        wrong_if(_same(picture, volume.max(0)), "This looks along D, axis 0; H is axis 1.")
        wrong_if(_same(picture, volume.max(2)), "This looks along W, axis 2; H is axis 1.")
        wrong_if(_same(picture, volume.mean(1)), "This is the mean; the question asks for the maximum.")
        wrong_if(_same(picture, volume.sum(1)), "This is the sum; the question asks for the maximum.")
        wrong_if(
            any(_same(picture, volume[:, h]) for h in range(volume.shape[1])),
            "This is one slice across H; a projection keeps the largest value of every ray.",
        )
        wrong_if(True, "Take the maximum over axis 1.")
    return "the shadow of the gland, seen along H: D down, W to the right."


@exercise("03.millilitre")
def millilitre(answer, volume) -> str:
    """Expect the gland's volume in millilitres."""
    value = number(answer, "a number of millilitres")
    count = int((volume > 0).sum())
    edge = EDGE_MM / len(volume)
    right = count * edge**3 / 1000
    if not near(value, right, 0.01):
        wrong_if(
            near(value, right * 1000, 0.01), "Those are cubic millimetres; 1,000 of them are a millilitre."
        )
        wrong_if(
            near(value, count * edge / 1000, 0.01),
            "A voxel has three edges: take its length to the power of 3.",
        )
        wrong_if(near(value, count * edge**2 / 1000, 0.01), "That is an area; a volume needs the power of 3.")
        wrong_if(
            near(value, count / edge**3 / 1000, 0.01),
            f"A voxel's edge is {EDGE_MM} / {len(volume)} mm, not the inverse.",
        )
        wrong_if(
            near(value, count / 1000, 0.01), f"This takes a voxel as 1 mm wide; it is {edge:.2f} mm wide."
        )
        wrong_if(
            near(value, volume.size * edge**3 / 1000, 0.01),
            "That is the whole cube; take the gland's voxels only.",
        )
        wrong_if(True, f"Voxels inside, times ({EDGE_MM} / {len(volume)}) ** 3, divided by 1,000.")
    return f"{count:,} voxels of {edge:.2f} mm an edge are {right:.1f} ml."


@exercise("03.memory")
def memory(answer, small, big) -> str:
    """Expect the ratio of the two training splits' bytes."""
    value = number(answer, "a ratio")
    edges = big.size / small.size
    right = big.train.images.nbytes / small.train.images.nbytes
    if not near(value, right, 0.01):
        wrong_if(near(value, edges, 0.01), "That holds for one axis; there are three.")
        wrong_if(near(value, edges**2, 0.01), "That would be right for 2D images; a volume has three axes.")
        wrong_if(near(value, 1 / right, 0.01), "The other way round: the larger divided by the smaller.")
        wrong_if(
            near(value, big.train.images.nbytes, 0.01), "Those are the bytes of one; divide by the other's."
        )
        wrong_if(True, "Divide big.train.images.nbytes by small.train.images.nbytes.")
    return f"({big.size} / {small.size}) to the power of 3 is {edges**3:.1f}: {right:.1f} times the memory."


@exercise("03.mirror")
def mirror(answer, card) -> str:
    """Expect the classes that have a side in their name."""
    wrong_if(
        isinstance(answer, str) or not hasattr(answer, "__iter__"),
        "Answer with a list of numbers: [1, 2, ...].",
    )
    given = {int(number(item, "class numbers")) for item in answer}
    sided = {k for k, label in enumerate(card.labels) if "left" in label or "right" in label}
    missing, extra = sorted(sided - given), sorted(given - sided)
    if extra:
        name = card.labels[extra[0]] if 0 <= extra[0] < len(card.labels) else "no class"
        wrong_if(True, f"{extra[0]} is {name}: mirrored it looks unusual, but no other label fits it better.")
    wrong_if(missing, f"{len(missing)} missing: look at every label that names a side, left and right.")
    return f"{len(sided)} of {len(card.labels)} classes come in a left and a right one."


@exercise("03.game")
def game(answer, data, pairs) -> str:
    """Score a reading of pairs; every complete reading is accepted and told how it went."""
    wrong_if(not isinstance(answer, str), 'Answer with letters in quotes, such as "abbaba".')
    letters = answer.strip().lower().replace(" ", "")
    wrong_if(set(letters) - set("ab"), "Only the letters a and b are possible.")
    rounds = len(pairs)
    wrong_if(len(letters) != rounds, f"There are {rounds} rounds, but {len(letters)} letters.")
    truth = "".join("ab"[int(data.test.y[b] == 1)] for _, b in pairs)
    size = [(data.test.images[list(pair)] > 0).sum((1, 2, 3)) for pair in pairs]
    rule = "".join("ab"[int(b > a)] for a, b in size)
    mine, dull = (sum(x == y for x, y in zip(read, truth, strict=True)) for read in (letters, rule))
    missed = [str(i + 1) for i in range(rounds) if letters[i] != truth[i]]
    told = f" You missed round {', '.join(missed)}." if missed else ""
    return (
        f"your reading is right in {mine} of {rounds} rounds; 'always the larger one' is in {dull}; "
        f"a coin in {rounds / 2:g} on average.{told} The enlarged ones are {truth}."
    )


def _picture(answer) -> np.ndarray:
    picture = np.asarray(answer)
    wrong_if(picture.dtype == object or picture.ndim == 0, "Expected an array; this is a single value.")
    wrong_if(picture.ndim == 3, "This still has three axes; one of them must go.")
    wrong_if(picture.ndim != 2, f"Expected a picture with two axes; this has the shape {picture.shape}.")
    return picture


def _same(a, b) -> bool:
    return a.shape == b.shape and np.allclose(a, b)


quiz_key(
    "03",
    q1=Question(
        "b",
        "the colon keeps all of D, and 5 is the index along H.",
        {"a": "That is volume[5]; here the first axis is kept by a colon.", "c": "That is volume[:, :, 5]."},
    ),
    q2=Question(
        "c",
        "the spots may meet in another slice, and further pieces may lie elsewhere.",
        {
            "a": "They may meet in the next slice, as two arms of one body.",
            "b": "They may meet in another slice, and then it is one piece.",
        },
    ),
    q3=Question(
        "a",
        "the mean grows with the number of mask voxels along the ray.",
        {
            "b": "A maximum is the same for a ray through one voxel and through twenty.",
            "c": "The thickest place need not lie in the middle slice.",
        },
    ),
    q4=Question(
        "c",
        "twice along each of three axes: 2 x 2 x 2.",
        {"a": "Twice along one axis; there are three.", "b": "That is for 2D images."},
    ),
    q5=Question(
        "b",
        "its labels do not depend on the side.",
        {
            "a": "A mirrored right kidney looks like a left one, but keeps the label of a right one.",
            "c": "OrganMNIST3D has classes that differ in the side only.",
        },
    ),
)
