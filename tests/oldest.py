"""Print the oldest versions that pyproject.toml allows, as a requirement file: `python tests/oldest.py`."""

import tomllib
from pathlib import Path

PYPROJECT = Path(__file__).parents[1] / "pyproject.toml"


def oldest() -> list[str]:
    """Return one `name==version` line a dependency, its lower bound turned into a pin."""
    bounds = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]["dependencies"]
    return [bound.replace(">=", "==") for bound in bounds]


if __name__ == "__main__":
    print(*oldest(), sep="\n")
