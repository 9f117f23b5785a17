"""Trail: a million entries of three years: SQL, pages beside Django's admin of the same rows, files, and seals.

BENCHMARK_ENTRIES says another number of entries. A database that has so many already is not filled again.
"""

import json
import os
import re
import subprocess
import sys
import time
import zlib
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from benchmarks.figures import Figure, p50, p95
from benchmarks.other_process import computed_by, memory_of
from benchmarks.own_time import TIMED, Times, in_turn, ratios
from benchmarks.stack import ROOT, Stack, process, procfile, running
from benchmarks.visitor import ADMINISTRATOR, Visitor, WrongAnswer

ENTRIES = int(os.environ.get("BENCHMARK_ENTRIES", "1000000"))
SQL_MS = 10
ROWS = 50
CHANGELIST = "/admin/trail/entry/"
WARM_UP = 2
TIMES = 20
EXPORT_SECONDS = 60
# A longer file is made by a worker.
MOST_STREAMED = 100_000
# Seconds on a processor, of one.
STILL_STARTING = 0.1
EXPORT_MB = 50
# An operation with 16 batches at a time makes fewer changes a second than this.
CHANGES_A_SECOND = 300


def measure() -> list[Figure]:
    """Fill the database of a running product, and measure it. See `benchmarks.peer`."""
    with running(application=TIMED, settings="benchmarks.peer.settings") as stack:
        began = time.monotonic()
        _output(stack, "benchmarks.peer.fill_trail", str(ENTRIES))
        figures = [Figure(f"filling with {ENTRIES} entries", time.monotonic() - began, "s")]
        asked = json.loads(_output(stack, "benchmarks.trail_sql"))
        for name, times in asked["milliseconds"].items():
            figures += [
                Figure(f"SQL of {name}, p50 of {len(times)}", p50(times), "ms"),
                Figure(f"SQL of {name}, p95", p95(times), "ms", SQL_MS),
            ]
        visitor = Visitor.logged_in(stack.port, email=ADMINISTRATOR)
        figures += _beside_admin(visitor, asked["middle"])
        for kind in ("csv", "jsonl"):
            figures += _export(stack, visitor, kind)
        if find_spec("trail.sealer"):
            figures.append(_sealing(json.loads(_output(stack, "benchmarks.trail_sealing"))))
    return figures


def _beside_admin(visitor: Visitor, middle: int) -> list[Figure]:
    """Visit the first pages, and those in the middle of all entries, in turn. The admin's are read-only."""
    pages = {
        "first": "/changes/",
        "deep": f"/changes/?before={middle}",
        "changelist": CHANGELIST,
        "deep changelist": f"{CHANGELIST}?p={ENTRIES // 2 // ROWS}",
    }
    for path in pages.values():
        rows = visitor.get(path).text
        found = rows.count('class="field-action"') or len(re.findall(r'<li class="entry"', rows))
        if found != ROWS:
            raise WrongAnswer(f"{path} has {found} rows instead of {ROWS}")
    times: dict[str, Times] = in_turn(
        {name: partial(visitor.get, path) for name, path in pages.items()}, times=TIMES, warm_up=WARM_UP
    )
    return [
        *ratios("first page / changelist", times["first"], times["changelist"], 1.0),
        *ratios(f"page at entry {ENTRIES // 2} / changelist there", times["deep"], times["deep changelist"], 0.33),
    ]


def _export(stack: Stack, visitor: Visitor, kind: str) -> list[Figure]:
    """Ask for all entries, wait for the file, download it compressed as a browser does, and count its lines."""
    children = Path(f"/proc/{stack.web.pid}/task/{stack.web.pid}/children").read_text(encoding="ascii")
    with process(procfile("worker"), stack.variables, subprocess.DEVNULL) as worker:
        _wait_until_idle(worker.pid)
        processes = {"worker": worker.pid, "web server": int(children)}
        idle = {name: memory_of(pid, "VmRSS") for name, pid in processes.items()}
        computed = sum(map(computed_by, processes.values()))
        for pid in processes.values():
            Path(f"/proc/{pid}/clear_refs").write_text("5", encoding="ascii")
        began = time.monotonic()
        file = _made(visitor, f"/changes/export/?format={kind}")
        making = time.monotonic() - began
        lines, length = _lines(visitor, file)
        seconds = time.monotonic() - began
        computed = sum(map(computed_by, processes.values())) - computed
        grown = {name: memory_of(pid, "VmHWM") - idle[name] for name, pid in processes.items()}
    if lines < ENTRIES:
        raise WrongAnswer(f"the file has {lines} lines for {ENTRIES} entries")
    return [
        # Shows whether the machine was busy.
        Figure(f"all entries as {kind}, of it on a processor", computed, "s"),
        Figure(f"all entries as {kind}, until the file is ready", making, "s"),
        Figure(f"all entries as {kind}, {length / 1e6:.0f} MB on the wire", seconds, "s", EXPORT_SECONDS),
        *(
            Figure(f"all entries as {kind}, peak of the {name} over idle", grown[name], "MB", EXPORT_MB)
            for name in grown
        ),
    ]


def _made(visitor: Visitor, path: str) -> str:
    """Return the address of the file: of a short one `path` itself, else that of the export once it is ready."""
    if ENTRIES <= MOST_STREAMED:
        return path
    page = visitor.get(path).headers["Location"]
    while 'data-state="ready"' not in (shown := visitor.get(page).text):
        if 'data-state="failed"' in shown:
            raise WrongAnswer(f"{page} has no file")
        time.sleep(1)
    return f"{page}file/"


def _lines(visitor: Visitor, path: str) -> tuple[int, int]:
    """Return how many lines the file at `path` has, and how many bytes it has on the wire."""
    unpacked, lines, length = zlib.decompressobj(wbits=31), 0, 0
    for block in visitor.download(path):
        length += len(block)
        lines += unpacked.decompress(block).count(b"\n")
    if not unpacked.eof:
        raise WrongAnswer(f"the file at {path} ends early")
    return lines, length


def _wait_until_idle(pid: int) -> None:
    """Wait until a process that was just started computes almost nothing any more."""
    before = -1.0
    while (now := computed_by(pid)) - before > STILL_STARTING:
        before = now
        time.sleep(1)


def _sealing(sealed: dict[str, float]) -> Figure:
    rate = sealed["entries"] / sealed["seconds"]
    name = f"sealing the changes of a second, {CHANGES_A_SECOND}, at {rate:.0f} entries a second"
    return Figure(name, CHANGES_A_SECOND / rate * 1000, "ms", 1000)


def _output(stack: Stack, module: str, *arguments: str) -> str:
    """Return what a module prints. A failure ends the benchmark."""
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, cwd=ROOT, env=stack.variables, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        sys.exit(f"{module} failed:\n{done.stderr}")
    return done.stdout
