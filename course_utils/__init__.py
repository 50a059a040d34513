"""Helpers of the MedMNIST course. Import is light: torch, plotly and the rest load when first needed."""

from .cards import card, cards
from .data import batches, load
from .errors import ChoiceError, CourseError, DataError

__all__ = ["ChoiceError", "CourseError", "DataError", "batches", "card", "cards", "load"]
__version__ = "1.0.0"
