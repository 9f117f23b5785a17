"""Measured figures, and the table that compares them with their targets."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import quantiles


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number. `target` is its maximum, None where the figure is only for information."""

    name: str
    value: float
    unit: str
    target: float | None = None

    @property
    def verdict(self) -> str:
        if self.target is None:
            return ""
        return "PASS" if self.value <= self.target else "MISS"


def p50(values: Sequence[float]) -> float:
    """Return the median."""
    return quantiles(values, n=100, method="inclusive")[49]


def p95(values: Sequence[float]) -> float:
    """Return the 95th percentile."""
    return quantiles(values, n=100, method="inclusive")[94]


def table(figures: Sequence[Figure]) -> str:
    """Return a line per figure: its name, its value, its target, and whether it reached that."""
    width = max(len(figure.name) for figure in figures)
    lines = []
    for figure in figures:
        target = "" if figure.target is None else f"at most {figure.target:g} {figure.unit}"
        value = f"{figure.value:8.2f}" if figure.unit == "x" else f"{figure.value:8.1f}"
        line = f"  {figure.name:<{width}}  {value} {figure.unit:<4}{target:<16}{figure.verdict}"
        lines.append(line.rstrip())
    return "\n".join(lines)
