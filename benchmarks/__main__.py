"""`python -m benchmarks [part …]`: measure, and set each figure beside what is to be reached.

Starts gunicorn as the Procfile has it, with a sandbox and a database of its own, and stops them. Takes about six
minutes. The exit code says whether it could be measured, not whether everything was reached: machines differ.
"""

import argparse
import os
import sys
from collections.abc import Callable

from benchmarks import brownout, memory, operations, pages, weight
from benchmarks.figures import Figure, table

PARTS: dict[str, Callable[[], list[Figure]]] = {
    "pages": pages.measure,
    "weight": weight.measure,
    "brownout": brownout.measure,
    "operations": operations.measure,
    "memory": memory.measure,
}


def main() -> None:
    """Measure the parts that are asked for, all of them where none is."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=(__doc__ or "").split("\n\n")[1])
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], metavar="part", help=", ".join(PARTS))
    parts = parser.parse_args().parts or list(PARTS)
    say(f"{os.cpu_count()} processors, load {' '.join(f'{load:.2f}' for load in os.getloadavg())}")
    for part in parts:
        say(f"\n{(sys.modules[PARTS[part].__module__].__doc__ or '').splitlines()[0]}")
        say(table(PARTS[part]()))
    say(f"\nload {' '.join(f'{load:.2f}' for load in os.getloadavg())}")


def say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
