"""Rules of lesson 12: a question, a protocol, what test can decide, seeds, a verdict, a card, a grade."""

from ...cards import card
from ...judge import intervals, modelcard, protocol
from ..checks import Question, call, exercise, near, number, quiz_key, wrong_if


@exercise("12.question")
def question(answer) -> str:
    """Expect the only question that the data can answer."""
    letter = str(answer).strip().lower()
    wrong_if(letter == "a", "The files hold 28-pixel images and labels, no clinic, no doctor at work.")
    wrong_if(letter == "b", "Better than which doctors, on which images? None read these.")
    wrong_if(
        letter == "d", "'As high as possible' can't be answered with no, and invites looking at test often."
    )
    wrong_if(letter != "c", 'Give one letter in quotes, such as "a".')
    return "it names the data, the measure, the rival and the margin, and the answer may be no."


@exercise("12.width")
def width(answer, flag) -> str:
    """Expect the lower half of Wilson's interval for an accuracy of 0.85 on the real test split."""
    n = card(flag).n_samples["test"]
    interval = intervals.wilson(0.85 * n, n)
    value, right = number(answer, "a difference of accuracies"), interval.value - interval.low
    wrong_if(near(value, interval.low, 1e-3), "This is the lower end; subtract it from 0.85.")
    wrong_if(
        near(value, interval.high - interval.low, 1e-2),
        "This is the whole width; asked is from 0.85 down to the end.",
    )
    wrong_if(
        near(value, interval.high - 0.85, 5e-3), "This is the upper part; asked is how far down it reaches."
    )
    wrong_if(near(value, -right, 1e-2), "Count it as a positive number: 0.85 minus the lower end.")
    wrong_if(
        not near(value, right, 1e-2), "Take interval = intervals.wilson(0.85 * n, n), then .value - .low."
    )
    return f"{right:.3f}. Leads much smaller than that cannot be seen on {n} images: mind it in your margin."


@exercise("12.protocol")
def plan(answer) -> str:
    """Expect a Protocol without gaps."""
    kind = type(answer).__name__
    wrong_if(
        not isinstance(answer, protocol.Protocol), f"Expected a protocol.Protocol(...); this is a {kind}."
    )
    gaps = answer.gaps()
    wrong_if(bool(gaps), gaps[0] if gaps else "")
    return f"nothing is missing. Its fingerprint is {answer.fingerprint()}; any change would change it."


@exercise("12.seeds")
def seeds(answer, plan) -> str:
    """Expect all seeds of the protocol."""
    try:
        given = [int(seed) for seed in answer]
    except TypeError:
        given = []
        wrong_if(True, f"Give a list of seeds, such as {list(plan.seeds[:2])}.")
    wrong_if(len(given) == 1, "One seed is one lucky or unlucky run; the protocol names more.")
    wrong_if(
        0 < len(given) < len(plan.seeds),
        "Leaving out a seed after seeing its score makes the rest look better.",
    )
    wrong_if(
        sorted(given) != sorted(plan.seeds),
        f"The protocol says {list(plan.seeds)}: these, no others, and all.",
    )
    return "all of them, the bad one too. That is what 'frozen' means."


@exercise("12.verdict")
def verdict(answer) -> str:
    """Expect the three words for the three places of an interval."""
    cases = {
        (0.01, 0.08): "better",
        (-0.06, -0.01): "worse",
        (-0.02, 0.05): "undecided",
        (-0.09, 0.0): "undecided",
    }
    for (low, high), right in cases.items():
        said = str(call(answer, low, high)).strip().lower()
        wrong_if(
            said not in ("better", "worse", "undecided"), f"Return one of the three words; yours is {said!r}."
        )
        wrong_if(
            right == "undecided" and said != right,
            f"[{low:+.2f}, {high:+.2f}] holds 0: this test set can't decide; yours says {said}.",
        )
        wrong_if(said != right, f"[{low:+.2f}, {high:+.2f}] lies on one side of 0; yours says {said}.")
    return "whatever the middle of the interval is, its ends decide."


@exercise("12.card")
def model_card(answer) -> str:
    """Expect a card without gaps and with more than a word in each text."""
    kind = type(answer).__name__
    wrong_if(
        not isinstance(answer, modelcard.ModelCard), f"Expected modelcard.fill(study, ...); this is a {kind}."
    )
    gaps = answer.gaps()
    wrong_if(bool(gaps), f"One text is empty: {gaps[0] if gaps else ''}.")
    text = str(answer)
    use = text.split("## Intended use")[1].split("**Not for clinical use.**")[0]
    limits = text.split("## Limits")[1].split("The files hold nothing")[0]
    wrong_if(len(use.split()) < 14, "Say more about use: who, for which decision, and for whom not.")
    wrong_if(len(limits.split()) < 8, "Say more about limits: what did you see in the errors?")
    return "a stranger can now tell what this network is for, and what it is not for."


@exercise("12.grade")
def grade(answer, study, card) -> str:
    """Expect points for every criterion, none above what the program can see."""
    wrong_if(not isinstance(answer, dict), 'Give a dictionary: {"question": 2, "protocol": 1, ...}.')
    missing = [name for name in modelcard.RUBRIC if name not in answer]
    wrong_if(bool(missing), f"No points yet for: {', '.join(missing)}.")
    unknown = [name for name in answer if name not in modelcard.RUBRIC]
    wrong_if(bool(unknown), f"Not in the rubric: {', '.join(map(str, unknown))}.")
    points = {name: number(value, f"0, 1 or 2 for {name}") for name, value in answer.items()}
    wrong_if(
        any(value not in (0, 1, modelcard.MOST) for value in points.values()),
        "Each criterion gets 0, 1 or 2.",
    )
    for name, (most, why) in modelcard.ceiling(study, card).items():
        wrong_if(points[name] > most, f"{name}: at most {most}, for {why}.")
    total = int(sum(points.values()))
    return f"{total} of {modelcard.MOST * len(points)}. Now let somebody else grade it, blind to your points."


quiz_key(
    "12",
    q1=Question(
        "b",
        "what was fixed before the result was known cannot have been chosen because of it.",
        {
            "a": "training takes as long as before.",
            "c": "a frozen protocol can lead to a disappointing verdict; that is its use.",
        },
    ),
    q2=Question(
        "c",
        "report what was planned, and name the new idea as an idea for the next study.",
        {
            "a": "then the measure was chosen by the result.",
            "b": "silence hides that you looked at both.",
        },
    ),
    q3=Question(
        "a",
        "zero lies inside, and so do leads that would matter: more images are needed.",
        {
            "b": "the interval also holds leads above the margin.",
            "c": "a positive middle is not evidence while zero lies inside.",
        },
    ),
    q4=Question(
        "c",
        "only a person knows what it is for, and what the errors looked like.",
        {
            "a": "scores with intervals come from the run.",
            "b": "the data card is part of the course's package.",
        },
    ),
)
