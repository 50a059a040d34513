"""Releases: what students receive, made from a master by nbgrader's preprocessors, without a gradebook."""

from pathlib import Path

from ..errors import CourseError, choose

REPO = Path(__file__).parents[2]
SOLUTIONS, ASSIGNMENTS = REPO / "solutions", REPO / "assignments"
# What stands where a solution stood. It is valid Python, so that an open question stops no run.
CODE_STUB = "return ...  # replace the dots by your code; more lines are welcome"
TEXT_STUB = "*Replace this line by your answer.*"


def names(folder: Path = SOLUTIONS) -> list[str]:
    """Return the names of all assignments that have a master, in teaching order.

    Example:
        >>> names()[0]
        'a1_explore'
    """
    return sorted(path.parent.name for path in folder.glob("*/*.ipynb") if path.stem == path.parent.name)


def configure(config) -> None:
    """Set what nbgrader puts in the place of solutions; `nbgrader_config.py` calls this too."""
    config.ClearSolutions.code_stub = {"python": CODE_STUB}
    config.ClearSolutions.text_stub = TEXT_STUB


def generate(name: str, folder: Path = SOLUTIONS) -> str:
    """Make the students' notebook of an assignment.

    The same steps as `nbgrader generate_assignment`, less those that fill the gradebook, and in the same
    bytes. Nothing is read but the master, nothing is written.

    Args:
        name: such as "a1_explore".
        folder: where the masters are.

    Returns:
        The text of a notebook file, in which solutions, hidden tests, mark scheme and outputs are gone.

    Raises:
        ChoiceError: for an unknown name.
        CourseError: when the master breaks a rule of nbgrader, such as an id used twice.
    """
    import nbformat
    from nbgrader import preprocessors
    from traitlets.config import Config

    choose(name, names(folder), "assignment")
    path = folder / name / f"{name}.ipynb"
    steps = (
        preprocessors.LockCells,
        preprocessors.ClearSolutions,
        preprocessors.ClearOutput,
        preprocessors.CheckCellMetadata,
        preprocessors.ClearHiddenTests,
        preprocessors.ClearMarkScheme,
        preprocessors.ComputeChecksums,
        preprocessors.CheckCellMetadata,
    )
    config = Config()
    configure(config)
    book, resources = nbformat.read(path, as_version=4), {}
    for step in steps:
        try:
            book, resources = step(config=config).preprocess(book, resources)
        except Exception as error:
            raise CourseError(f"{path} can't be released: {step.__name__} says {error}") from error
    return nbformat.writes(book) + "\n"


def release(name: str, folder: Path = SOLUTIONS, to: Path = ASSIGNMENTS) -> Path:
    """Write the students' notebook of an assignment and return its path; an error leaves the old one."""
    text, path = generate(name, folder), to / name / f"{name}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path
