"""Load the small tables of inputs and expected results in tests/data/composer/."""

import json
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parents[2] / "data" / "composer"


def load(name: str) -> list[Any]:
    """Return the rows of one table."""
    rows: list[Any] = json.loads((_FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return rows
