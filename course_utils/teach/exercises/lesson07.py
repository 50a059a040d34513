"""Rules of lesson 07: weights and work of 3D kernels, ACS, and what a table of scores lets one say."""

from ..checks import Question, call, exercise, near, number, quiz_key, wrong_if


@exercise("07.weights")
def weights(answer) -> str:
    """Expect 16 * 8 * 27."""
    value = number(answer, "a whole number")
    if value != 16 * 8 * 27:
        wrong_if(value == 16 * 8 * 9, "That would be the flat kernel; a cube has 3 x 3 x 3 numbers.")
        wrong_if(value == 16 * 27, "Each of the 16 kernels looks at all 8 incoming maps.")
        wrong_if(value == 8 * 27, "This is one kernel; there are 16 of them.")
        wrong_if(value == 27, "This is one window of one kernel; count incoming and outgoing maps too.")
        wrong_if(
            value == 16 * 8 * 27 + 16, "That includes an offset a kernel, but this layer has bias=False."
        )
        wrong_if(True, "Multiply outgoing maps, incoming maps, depth, height and width of the kernel.")
    return "16 x 8 x 3 x 3 x 3 = 3,456, three times those of the 2D layer."


@exercise("07.split")
def split(answer) -> str:
    """Expect 10 of 32."""
    value = number(answer, "a whole number")
    if value != 10:
        wrong_if(value == 11, "32 is not 3 x 11: two planes get 11, and the last one gets what is left.")
        wrong_if(value == 32, "Only in 2.5D do all kernels lie in one plane, and there it is the axial one.")
        wrong_if(near(value, 32 / 3), "A kernel can't be cut into three: share out whole kernels.")
        wrong_if(True, "Share out 32 kernels in turn: axial, coronal, sagittal, axial, ...")
    return "11 axial, 11 coronal, 10 sagittal."


@exercise("07.inflate")
def inflate(as_3d, as_acs) -> str:
    """Expect 13,824 and 4,608."""
    as_3d, as_acs = number(as_3d, "a whole number"), number(as_acs, "a whole number")
    wrong_if((as_3d, as_acs) == (4608, 13824), "The other way round: the cube is the one that has more.")
    wrong_if(as_3d == 4608, "3 x 3 becomes 3 x 3 x 3, so the 3D form has more.")
    wrong_if(as_3d == 4608 * 9, "The kernel gains one direction of length 3, not two.")
    wrong_if(as_3d == 4608 * 28, "The kernel is 3 voxels deep, not as deep as the volume.")
    wrong_if(as_3d != 13824, "For 3D multiply by the kernel's depth.")
    wrong_if(as_acs == 13824, "ACS does not make three copies: a third of the kernels lies in each plane.")
    wrong_if(as_acs == 1536, "The three planes together have all the kernels, not only one third of them.")
    wrong_if(as_acs != 4608, "ACS turns flat kernels to other planes; what does that do to their number?")
    return "13,824 and 4,608: ACS sees three planes for the price of one."


@exercise("07.macs")
def macs(answer) -> str:
    """Expect the product of the four numbers."""
    value = number(call(answer, 1000, 16, 8, 27), "a function that returns a number")
    if value != 1000 * 16 * 8 * 27:
        wrong_if(value == 16 * 8 * 27, "These are the weights. The kernel is applied at every output voxel.")
        wrong_if(value == 1000 * 16 * 27, "Each output number sums over all incoming maps.")
        wrong_if(value == 1000 * 8 * 27, "This is the work for one outgoing map.")
        wrong_if(
            value == 1000 * 16 * 8,
            "Each pair of maps costs as many multiplications as the window has weights.",
        )
        wrong_if(value == 1000 + 16 + 8 + 27, "Multiply the four numbers, do not add them.")
        wrong_if(True, f"For 1000 voxels, 16, 8 and 27 expected {1000 * 16 * 8 * 27:,}, got {value:,.0f}.")
    wrong_if(call(answer, 2, 3, 5, 7) != 210, "Right for one example, but not for 2, 3, 5, 7.")
    return "work = voxels x weights; that is why the first layers, at full size, cost most."


@exercise("07.verdict")
def verdict(answer, aucs) -> str:
    """Expect the conv whose interval lies above all others, or "can't tell"."""
    best = max(aucs, key=lambda conv: aucs[conv].value)
    highest = max(interval.high for conv, interval in aucs.items() if conv != best)
    right = best if aucs[best].low > highest else "can't tell"
    said = str(answer).strip().lower().replace("cannot", "can't").replace("’", "'")
    wrong_if(said not in (*aucs, "can't tell"), f"Answer with one of: {', '.join(aucs)}, can't tell.")
    if said != right:
        wrong_if(
            said == best,
            f"It has the highest AUC, but its interval begins at {aucs[best].low:.3f} and another ends at "
            f"{highest:.3f}: they overlap.",
        )
        wrong_if(
            said == "can't tell",
            f"You can: the interval of {best} begins at {aucs[best].low:.3f}, above all others.",
        )
        wrong_if(True, f"{said} does not even have the highest AUC; {best} has.")
    if right == "can't tell":
        return (
            f"{best} scored highest, but the intervals overlap: this test split can't tell the three apart."
        )
    return f"the interval of {best} lies wholly above the others: on this test split it is better."


@exercise("07.below")
def below(answer, rows, guess) -> str:
    """Expect the number of published rows with an accuracy below the constant guess."""
    value = number(answer, "a whole number")
    right = sum(row["acc"] < guess for row in rows)
    if value != right:
        wrong_if(value == len(rows) - right, "These are the rows above the guess; count those below.")
        wrong_if(value == sum(row["auc"] < guess for row in rows), "Compare the accuracies, not the AUCs.")
        wrong_if(value == len(rows), "These are all rows.")
        wrong_if(True, "Count the rows whose 'acc' is smaller than real_guess.")
    return f"{right} of {len(rows)} published accuracies are below the accuracy of not looking at all."


quiz_key(
    "07",
    q1=Question(
        "b",
        "9 numbers in a window become 27.",
        {"a": "That is so for 2.5D and ACS.", "c": "The kernel is 3 voxels deep, not 28."},
    ),
    q2=Question(
        "a",
        "their kernels are 2D kernels, only laid into planes.",
        {
            "b": "3D kernels have a depth that 2D weights lack; they must first be repeated along it.",
            "c": "Flat kernels are just 2D kernels.",
        },
    ),
    q3=Question(
        "c",
        "flat kernels in one plane never leave their slice, however many there are.",
        {
            "a": "That would hold for 3D kernels, which reach one slice further with each layer.",
            "b": "No layer reaches a neighbouring slice, so neither do ten.",
        },
    ),
    q4=Question(
        "b",
        "AUC needs no threshold, accuracy does, and 0.5 is not always the right one.",
        {
            "a": "Then its AUC would be near 0.5.",
            "c": "Wrong labels would pull the AUC down as well.",
        },
    ),
)
