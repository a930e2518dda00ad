"""Figures beside what they should be. A figure that is too high is said, and fails nothing: machines differ."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Figure:
    """One line: what was measured, how much it is, how much it may be."""

    name: str
    value: float
    unit: str = ""
    target: float | None = None
    remark: str = ""

    def __str__(self) -> str:
        line = f"{self.name:<54}{_number(self.value):>10} {self.unit:<9}"
        if self.target is not None:
            verdict = "met" if self.value <= self.target else "MISSED"
            line += f"{'≤ ' + _number(self.target):>9}  {verdict:<7}"
        elif self.remark:
            line += " " * 18
        return f"{line}{self.remark}".rstrip()


@dataclass(slots=True)
class Table:
    """Figures that belong together. Each is printed when it is known: somebody waits."""

    title: str
    figures: list[Figure] = field(default_factory=list)

    def __post_init__(self) -> None:
        print(f"\n{self.title}\n{'':<54}{'measured':>10} {'':<9}{'target':>9}", flush=True)

    def add(self, name: str, value: float, unit: str = "", *, target: float | None = None, remark: str = "") -> None:
        """Print one line."""
        self.figures.append(Figure(name, value, unit, target, remark))
        print(self.figures[-1], flush=True)


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) or value >= 1000 else f"{value:,.3g}"
