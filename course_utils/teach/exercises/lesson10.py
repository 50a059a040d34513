"""Rules of lesson 10: what resolution costs and buys, maps on disk, weights that travel, half the bits."""

from ..checks import Question, call, exercise, near, number, quiz_key, wrong_if


@exercise("10.voxels")
def voxels(answer) -> str:
    """Expect (64 / 28) ** 3."""
    value, right = number(answer), (64 / 28) ** 3
    if not near(value, right, 0.01):
        wrong_if(near(value, 64 / 28, 0.01), "That is one edge; a volume grows along three.")
        wrong_if(near(value, (64 / 28) ** 2, 0.01), "That is an image; a volume has a third edge.")
        wrong_if(near(value, 64**3 - 28**3), "That is the difference; how many times as many are there?")
        wrong_if(near(value, 1 / right, 0.01), "The other way round: the large one divided by the small one.")
        wrong_if(True, "Divide 64 x 64 x 64 by 28 x 28 x 28.")
    return "about 11.9 times as many voxels, and as many bytes."


@exercise("10.bytes")
def batch_bytes(answer) -> str:
    """Expect a function of (images, size, channels): images * size**2 * channels * 4."""
    value = number(call(answer, 128, 224, 3), "a function that returns a number")
    right = 128 * 224 * 224 * 3 * 4
    if value != right:
        wrong_if(value == right / 4, "That is the file's uint8; a float32 takes four bytes.")
        wrong_if(value == right / 3, "A colour image has three numbers a pixel.")
        wrong_if(value == right / 224, "An image has two edges.")
        wrong_if(value == right / 128, "That is one image of the batch.")
        wrong_if(value == right * 8, "Count bytes, not bits.")
        wrong_if(True, f"For 128 images of 224 x 224 x 3 expected {right:,} bytes, got {value:,.0f}.")
    wrong_if(call(answer, 2, 3, 5) != 360, "Right for one example, but not for 2, 3, 5.")
    return "77 million bytes for one batch: the network's own maps come on top."


@exercise("10.order")
def order(answer, n) -> str:
    """Expect a permutation of range(n) that mixes more than blocks in sequence."""
    import numpy as np

    rows = np.asarray(call(answer, n))
    wrong_if(rows.shape != (n,), f"Expected {n} row numbers in one line, got shape {rows.shape}.")
    wrong_if(sorted(rows.tolist()) != list(range(n)), "Each row must come exactly once.")
    blocks = rows // 8
    steps = np.diff(rows)
    wrong_if((steps == 1).all(), "That is the file's own order: nothing is shuffled.")
    wrong_if(
        np.mean(steps == 1) > 0.7,
        "Rows of a block still come one after the other: shuffle within the window too.",
    )
    jumps = len(np.unique(blocks[: n // 2]))
    wrong_if(
        jumps > n // 16 + 1,
        "The first half of the epoch touches more blocks than it needs: the disk jumps at every row.",
    )
    wrong_if(
        set(blocks[: n // 2].tolist()) == set(range(n // 16)),
        "The blocks themselves come in the file's order: shuffle them before you fill the window.",
    )
    return "blocks at random, rows at random within a window: random enough for training, easy for a disk."


@exercise("10.gain")
def gain(answer, table) -> str:
    """Expect the mean gain from 28 to 128, and from 128 to 224, over the networks of the table."""
    wrong_if(not isinstance(answer, tuple | list) or len(answer) != 2, "Expected two numbers.")
    early, late = (number(part) for part in answer)
    right = [sum(row[b] - row[a] for row in table.values()) / len(table) for a, b in ((0, 2), (2, 3))]
    wrong_if(near(early, right[1], 0.01) and near(late, right[0], 0.01), "Right numbers, other order.")
    first = [sum(row[1] - row[0] for row in table.values()) / len(table)]
    wrong_if(near(early, first[0], 0.01), "That is the gain from 28 to 64; go on to 128.")
    wrong_if(near(early, right[0] * len(table), 0.01), "That is the sum; divide by the number of networks.")
    wrong_if(not near(early, right[0], 0.01), "For each network take the third number minus the first.")
    wrong_if(not near(late, right[1], 0.02), "For each network take the fourth number minus the third.")
    return f"{early:.1f} points from 28 to 128, {late:.2f} from 128 to 224: most is won early."


@exercise("10.misfit")
def misfit(answer, old, new) -> str:
    """Expect the names of the tensors whose shapes differ."""
    right = [name for name in new if old[name].shape != new[name].shape]
    wrong_if(isinstance(answer, int), "Answer with their names, not their number.")
    said = [answer] if isinstance(answer, str) else list(answer)
    wrong_if(len(said) == len(new), "These are all tensors; most of them do fit.")
    wrong_if(not said, "One of them does not fit: the first convolution steps over several voxels.")
    wrong_if(sorted(said) != right, "Compare `old[name].shape` with `new[name].shape` for each name.")
    return f"only {right[0]}: every other layer sees maps, and a kernel does not care how large those are."


@exercise("10.probe")
def probe(answer, features, classes) -> str:
    """Expect features + 1, or (features + 1) for each class."""
    value = number(answer, "a whole number")
    wrong_if(value == features, "There is also one offset.")
    wrong_if(value > 1000, "These are the backbone's weights; they are frozen.")
    allowed = (features + 1, classes * (features + 1))
    wrong_if(value not in allowed, f"One number for each of the {features} features, and an offset.")
    return f"{features + 1} numbers for a yes or no: a probe can hardly overfit, and takes no GPU."


@exercise("10.half")
def half(answer) -> str:
    """Expect 256."""
    value = number(answer, "a whole number")
    wrong_if(value == 257, "bfloat16 keeps 8 bits of a number; 257 needs 9.")
    wrong_if(value in (258, 260), "Of two equally near neighbours the even one is taken, which is below.")
    wrong_if(value != 256, "Ask torch: torch.tensor(257.0).bfloat16().item()")
    return "256: eight bits are enough for a gradient, not for counting images."


quiz_key(
    "10",
    q1=Question(
        "b",
        "the members of an .npz are packed in a zip: there is nothing to map.",
        {"a": "numpy ignores the argument there, silently.", "c": "It does open, whole."},
    ),
    q2=Question(
        "c",
        "enlarging adds pixels and no information.",
        {
            "a": "Nothing that the small scan has lost comes back.",
            "b": "A larger picture of the same measurement is not less noisy.",
        },
    ),
    q3=Question(
        "a",
        "most of the gain comes early, most of the cost late.",
        {
            "b": "From 128 to 224 the published averages hardly move.",
            "c": "From 28 to 128 they rise by 4 to 7 points.",
        },
    ),
    q4=Question(
        "b",
        "the mean over all positions takes a map of any size.",
        {
            "a": "Batch norm keeps one number a map, but that alone would not help a layer after flattening.",
            "c": "It knows nothing of sizes; it is the mean that removes them.",
        },
    ),
)
