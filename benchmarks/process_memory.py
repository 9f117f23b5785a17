"""The memory of another process, which only Linux tells."""

from pathlib import Path


def memory_of(process: int, name: str) -> float:
    """Return a line of the process's memory in MB: VmRSS, or VmHWM, the most it has been."""
    lines = Path(f"/proc/{process}/status").read_text(encoding="ascii", errors="replace").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:")) / 1024
