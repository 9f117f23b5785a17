"""The memory and the processor time of another process, which only Linux tells."""

import os
from pathlib import Path


def memory_of(process: int, name: str) -> float:
    """Return a line of the process's memory in MB: VmRSS, or VmHWM, the most it has been."""
    lines = Path(f"/proc/{process}/status").read_text(encoding="ascii", errors="replace").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:")) / 1024


def computed_by(process: int) -> float:
    """Return the seconds that the process has spent on a processor."""
    ticks = (
        Path(f"/proc/{process}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()[11:13]
    )
    return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")
