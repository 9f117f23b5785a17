"""`python -m benchmarks [part …]`: measure, and compare each figure with its target.

Starts gunicorn as in the Procfile, with a sandbox and a database of its own, and stops them. Takes about seven minutes,
and as many more for the trail and for the watcher.
The exit code says whether the measuring worked, not whether all targets were reached: machines differ.

`python -m benchmarks --against FOLDER [pages]` compares the pages of this checkout with those of another.
"""

import argparse
import os
import sys
from pathlib import Path
from types import ModuleType

from benchmarks import (
    against,
    beside_admin,
    brownout,
    memory,
    operations,
    overview,
    pages,
    sightings,
    stops,
    trail,
    watch,
    weight,
)
from benchmarks.figures import table

PARTS: dict[str, ModuleType] = {
    "pages": pages,
    "admin": beside_admin,
    "overview": overview,
    "weight": weight,
    "brownout": brownout,
    "operations": operations,
    "stops": stops,
    "memory": memory,
    "trail": trail,
    "sightings": sightings,
    "watch": watch,
}


def main() -> None:
    """Measure the given parts, or all of them."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=(__doc__ or "").split("\n\n")[1])
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], metavar="part", help=", ".join(PARTS))
    parser.add_argument("--against", type=Path, metavar="folder", help="another checkout, for the pages alone")
    options = parser.parse_args()
    if options.against and set(options.parts) - {"pages"}:
        parser.error("only the pages can be measured against another checkout")
    if options.against and not (options.against / "Procfile").exists():
        parser.error(f"{options.against} is no checkout of the product")
    say(machine())
    if options.against:
        report(against, options.against.resolve())
    else:
        for part in options.parts or PARTS:
            report(PARTS[part])
    say(f"\n{machine()}")


def report(part: ModuleType, *arguments: object) -> None:
    """Name a part, measure it, and print the figures."""
    say(f"\n{(part.__doc__ or '').splitlines()[0]}")
    say(table(part.measure(*arguments)))


def machine() -> str:
    """Describe the machine: its number of processors and its load."""
    return f"{os.cpu_count()} processors, load {' '.join(f'{load:.2f}' for load in os.getloadavg())}"


def say(words: str) -> None:
    """Print and flush."""
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
