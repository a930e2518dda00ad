"""Text, controls and states can be told apart in both themes (WCAG 2.2 AA)."""

import re
from pathlib import Path

import pytest

THEME = Path(__file__).resolve().parents[3] / "static" / "theme.css"
TEXT, CONTROL = 4.5, 3.0
PAIRS = [
    (ink, ground, TEXT)
    for ink in ("text", "muted", "accent", "ok", "warning", "error")
    for ground in ("page", "surface", "raised", "sunken")
]
PAIRS += [
    ("button-text", "button", TEXT),
    ("button-text", "button-hover", TEXT),
    ("danger-text", "danger-button", TEXT),
    ("accent-strong", "accent-soft", TEXT),
    ("ok", "ok-soft", TEXT),
    ("warning", "warning-soft", TEXT),
    ("error", "error-soft", TEXT),
    ("text", "warning-soft", TEXT),
    ("text", "error-soft", TEXT),
    ("line-strong", "surface", CONTROL),
    ("line-strong", "page", CONTROL),
    ("accent", "page", CONTROL),
]


def tokens(theme: int) -> dict[str, str]:
    found = re.findall(r"--([a-z-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);", THEME.read_text(encoding="utf-8"))
    return {name: (light, dark)[theme] for name, light, dark in found}


def luminance(colour: str) -> float:
    parts = [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "ground", "least"), PAIRS)
def test_ink_stands_out_from_its_ground(theme: int, ink: str, ground: str, least: float) -> None:
    colours = tokens(theme)

    assert contrast(colours[ink], colours[ground]) >= least
