"""Rules of lesson 01: what is in a file, splits, labels, licences, memory, the constant guess."""

import numpy as np

from ...cards import card, cards
from ...errors import CourseError
from ..checks import Question, exercise, near, number, quiz_key, wrong_if


@exercise("01.images")
def images(answer, data) -> str:
    """Expect the number of images of all three splits."""
    value = number(answer, "a whole number")
    train, val, test = len(data.train), len(data.val), len(data.test)
    if value != train + val + test:
        wrong_if(value == train, "This is the training split alone; add the other two.")
        wrong_if(
            value == train + val, "The test split is missing; it is not to be learnt from, but it counts."
        )
        wrong_if(value == train + test, "The validation split is missing.")
        wrong_if(value == data.train.images.size, "This counts the pixels; the question is about images.")
        wrong_if(
            value == sum(data.card.n_samples.values()),
            "This is what the card says of the real dataset; count what was loaded here.",
        )
        wrong_if(True, "Add len(data.train), len(data.val) and len(data.test).")
    return f"{train:,} + {val:,} + {test:,} = {train + val + test:,} images in three splits."


@exercise("01.brightness")
def brightness(answer, data) -> str:
    """Expect the mean of the training images, divided by 255."""
    value = number(answer, "a number between 0 and 1")
    pixels = data.train.images
    right = pixels.mean() / 255
    if not near(value, right, 6e-4):  # three decimals are enough, and still tell 255 from 256
        wrong_if(near(value, 255 * right), "That is the mean from 0 to 255; divide by 255, which is white.")
        wrong_if(near(value, 100 * right), "That is a percentage; the scale asked for goes from 0 to 1.")
        wrong_if(near(value, pixels.mean() / 256, 1e-5), "Almost: white is 255, the largest uint8, not 256.")
        wrong_if(
            near(value, pixels[0].mean() / 255, 1e-5),
            "That is the first image alone; take all training images.",
        )
        wrong_if(
            near(value, pixels.sum(dtype=np.uint8) / pixels.size / 255, 1e-9),
            "The sum ran over the end of uint8 and started again at 0; let .mean() do it.",
        )
        wrong_if(
            any(near(value, data[name].images.mean() / 255, 1e-5) for name in ("val", "test")),
            "That is another split; take the training images.",
        )
        wrong_if(not 0 <= value <= 1, "Black is 0 and white is 1, so the mean lies between them.")
        wrong_if(True, "Take the mean of data.train.images and divide it by 255.")
    return f"{right:.3f}: on average the images are {right:.0%} of the way from black to white."


@exercise("01.choose")
def choose_on(answer) -> str:
    """Expect the validation split."""
    wrong_if(not isinstance(answer, str), 'Answer with the name of a split in quotes, such as "train".')
    name = answer.strip().lower()
    wrong_if(
        name == "train",
        "They have learnt these images; the one that knows them by heart would win, not the best.",
    )
    wrong_if(
        name == "test",
        "Then the winner's test score is partly luck that you picked; keep test for the one look at the end.",
    )
    wrong_if(name not in ("val", "validation"), 'The splits are called "train", "val" and "test".')
    return "validation chooses, so that the test split still knows nothing of the choice."


@exercise("01.findings")
def findings(answer, chest, image_number) -> str:
    """Expect the names of the findings of one image."""
    if isinstance(answer, str):
        answer = [answer]
    wrong_if(not isinstance(answer, list | tuple | set), "Answer with a list of names in square brackets.")
    row = chest.train.labels[image_number]
    right = {name for name, there in zip(chest.card.labels, row, strict=True) if there}
    wrong_if(
        all(isinstance(item, int | np.integer) for item in answer) and len(answer) > 0,
        "These are numbers; look up the names in chest.card.labels.",
    )
    given = {str(item).strip().lower() for item in answer}
    unknown = sorted(given - set(chest.card.labels))
    wrong_if(unknown, f"{', '.join(unknown)}: not the name of a finding; see chest.card.labels.")
    wrong_if(given == set(chest.card.labels), "These are all names; keep those where the row has a 1.")
    wrong_if(
        given == set(chest.card.labels) - right,
        "These are the findings that it does not have: 1 means there.",
    )
    shifted = {chest.card.labels[(k + step) % len(row)] for step in (1, -1) for k in np.flatnonzero(row)}
    wrong_if(given and given <= shifted - right, "One place off: positions are counted from 0.")
    wrong_if(given - right, f"Not {', '.join(sorted(given - right))}: the row has a 0 there.")
    wrong_if(
        right - given, f"So far right, but this image has {len(right)} findings and you name {len(given)}."
    )
    return f"{' and '.join(sorted(right))}, both at once: that is what multi-label means."


@exercise("01.licence")
def licence(answer) -> str:
    """Expect the list of flags with a non-commercial licence."""
    if isinstance(answer, str):
        answer = [answer]
    wrong_if(not isinstance(answer, list | tuple | set), "Answer with a list of flags in square brackets.")
    given = [str(getattr(item, "flag", item)) for item in answer]
    for flag in given:
        try:
            card(flag)
        except CourseError as error:
            wrong_if(True, str(error))
    right = {one.flag for one in cards() if "NC" in one.licence}
    wrong_if(not given, "There is one: look for NC in the last column of the table.")
    wrong_if(
        set(given) == {one.flag for one in cards()} - right,
        "These are the ones you may use; the question asks for the others.",
    )
    for flag in sorted(set(given) - right):
        wrong_if(True, f"{flag} has CC BY 4.0: commercial use is allowed with credit.")
    return "only DermaMNIST; the licence of its source, HAM10000, is non-commercial."


@exercise("01.memory")
def memory(answer) -> str:
    """Expect PathMNIST-224's uint8 size in GB (10^9 bytes): 16.1."""
    value = number(answer, "a number of GB")
    path = card("pathmnist")
    right = path.raw_bytes(224) / 1e9
    if not near(value, right, 0.01):
        train = path.n_samples["train"] / sum(path.n_samples.values())
        wrong_if(near(value, right / 3, 0.01), "These are colour images: three numbers a pixel.")
        wrong_if(near(value, right * 4, 0.01), "That is float32; uint8 takes one byte a number, not four.")
        wrong_if(near(value, right * train, 0.01), "That is the training split; add validation and test.")
        wrong_if(near(value, right / 224, 0.01), "An image has 224 rows and 224 columns: 224 x 224 pixels.")
        wrong_if(near(value, path.raw_bytes(28) / 1e9, 0.01), "That is the size with 28 pixels.")
        wrong_if(near(value, right * 1e9, 0.01), "That is in bytes; divide by 10^9.")
        wrong_if(near(value, right * 1e3, 0.01), "That is in MB; divide by another 1000.")
        wrong_if(
            near(value, right * 1e9 / 2**30, 0.01),
            "You divided by 2^30 (that is GiB); here 1 GB is 10^9 bytes.",
        )
        wrong_if(near(value, 12.6, 0.01), "That is the compressed file on disk; in memory it is unpacked.")
        wrong_if(True, "Multiply images, height, width and channels, then divide by 10^9.")
    return (
        f"{right:.1f} GB, more than most laptops have. With 28 pixels it is {path.raw_bytes() / 1e9:.2f} GB."
    )


@exercise("01.below")
def below(answer) -> str:
    """Expect 229 - 0.721 * 298, rounded: 14."""
    value = number(answer, "a whole number")
    if not 13.5 <= value <= 14.5:
        wrong_if(near(value, -14, 0.04), "Fewer means: take its right answers away from those of the guess.")
        wrong_if(near(value, 229 / 298 - 0.721, 0.02), "That is the difference of shares; times 298 volumes.")
        wrong_if(near(value, 215, 0.01), "These are its right answers; how many are missing to 229?")
        wrong_if(near(value, 298 - 215, 0.01), "These are its errors; compare right answers with 229.")
        wrong_if(near(value, 69, 0.01), "These are the errors of the constant guess.")
        wrong_if(True, "229 volumes right for the guess, 0.721 x 298 for the network: subtract.")
    return "14 volumes fewer, although it looked at every one of them and the guess at none."


@exercise("01.sensitivity")
def sensitivity(answer) -> str:
    """Expect 100 / 114, the recall of class 1."""
    value = number(answer, "a share between 0 and 1")
    if not near(value, 100 / 114, 2e-3):
        wrong_if(
            near(value, 40 / 42, 2e-3),
            "That is the share of cancers found. But class 1, which software counts, is the other one.",
        )
        wrong_if(near(value, 140 / 156, 2e-3), "That is the accuracy: all right answers among all images.")
        wrong_if(near(value, 100 / 156, 2e-3), "Divide by the images of class 1, not by all images.")
        wrong_if(
            near(value, 100 / 102, 2e-3),
            "That is the share of right ones among all that were called class 1.",
        )
        wrong_if(
            near(value, 14 / 114, 2e-3), "These are the missed ones of class 1; sensitivity counts the found."
        )
        wrong_if(near(value, 100 * 100 / 114, 2e-3), "That is a percentage; write a share from 0 to 1.")
        wrong_if(True, "Class 1 has 114 images; how many of them were recognised?")
    return "100 / 114 = 0.877. The share of cancers found, 40 / 42 = 0.952, is the specificity here."


quiz_key(
    "01",
    q1=Question(
        "b",
        "two arrays, images and labels, for each of train, val and test.",
        {
            "a": "All images of a split are stacked into one array; that is why loading is quick.",
            "c": "It holds data only. Networks come in lesson 04.",
        },
    ),
    q2=Question(
        "c",
        "who looks at test to choose, fits to test.",
        {
            "a": "Not trained on, but chosen by: the luck of the choice is in the score.",
            "b": "You stopped when it looked good, so luck went the other way.",
        },
    ),
    q3=Question(
        "a",
        "each finding is a yes-or-no question of its own.",
        {
            "b": "Multi-class means exactly one of several.",
            "c": "Ordinal means one grade on a ladder; findings have no order.",
        },
    ),
    q4=Question(
        "b",
        "always answering the frequent class would score 0.92.",
        {
            "a": "Compare it with the constant guess, 0.92.",
            "c": "It is quite possible: some published accuracies lie below the constant guess.",
        },
    ),
    q5=Question(
        "c",
        "its licence is CC BY-NC 4.0.",
        {
            "a": "CC BY 4.0 allows commercial use with credit.",
            "b": "CC BY 4.0 allows commercial use with credit.",
        },
    ),
)
