"""Weights on disk: safetensors files, which hold numbers and nothing that could run."""

from collections.abc import Callable
from pathlib import Path

from torch import nn

from ..errors import CourseError


def save(model: nn.Module, path: str | Path, **notes) -> Path:
    """Write a model's weights to a `.safetensors` file.

    The file gets its name only when it is complete, so an interrupted run never leaves half a checkpoint.

    Args:
        model: any network.
        path: where to; missing folders are made.
        notes: facts to keep beside the weights, such as `epoch=3`; stored as text.
    """
    from safetensors.torch import save_file

    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    tensors = {name: value.detach().cpu().contiguous() for name, value in model.state_dict().items()}
    save_file(tensors, part, metadata={name: str(value) for name, value in notes.items()})
    part.replace(path)
    return path


def load(model: nn.Module, path: str | Path) -> nn.Module:
    """Read weights from a `.safetensors` file into a model of the same shape, and return it in eval mode.

    Raises:
        CourseError: when the file is missing, damaged or of another network.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    path = Path(path)
    if not path.is_file():
        raise CourseError(f"There is no checkpoint at {path}: train first, or correct the path.")
    try:
        tensors = load_file(path)
    except (SafetensorError, OSError) as error:
        raise CourseError(
            f"{path} is no complete safetensors file ({error}): delete it and train again."
        ) from error
    try:
        model.load_state_dict(tensors)
    except RuntimeError as error:
        first = str(error).splitlines()[1].strip() if "\n" in str(error) else str(error)
        raise CourseError(
            f"{path} holds the weights of another network ({first}): build the one it was made with."
        ) from error
    return model.eval()


def notes(path: str | Path) -> dict[str, str]:
    """Return the facts stored beside the weights."""
    from safetensors import safe_open

    with safe_open(path, "pt") as file:
        return file.metadata() or {}


def train_or_load(model: nn.Module, path: str | Path, train: Callable[[nn.Module], nn.Module]) -> nn.Module:
    """Load a model's weights if the file is there; otherwise train it and save them there.

    Args:
        model: the network to fill.
        path: a `.safetensors` file.
        train: a function that trains the model and returns it, such as `lambda m: fit(m, data).model`.
    """
    if Path(path).is_file():
        return load(model, path)
    model = train(model)
    save(model, path)
    return model.eval()
