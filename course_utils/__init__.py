"""Helpers of the MedMNIST course. Import is light: torch, plotly and the rest load when first needed."""

from importlib import import_module
from pathlib import Path

from .cards import card, cards
from .data import batches, load
from .errors import ChoiceError, CourseError, DataError

__all__ = ["ChoiceError", "CourseError", "DataError", "batches", "card", "cards", "load"]
__version__ = "1.0.0"
LAYERS = ("storage", "measure", "look", "learn", "judge", "teach", "classroom")


def __getattr__(name: str):
    """Find `course_utils.plots` in `course_utils/look/plots.py` when it is first asked for."""
    for layer in LAYERS:
        if (Path(__file__).parent / layer / name).with_suffix(".py").exists():
            return import_module(f".{layer}.{name}", __name__)
    raise AttributeError(f"The course has no module {name!r}.")
