"""The order of the tests: those that wait for processes, time-outs and leases begin, so that they do not end last."""

# Each of these takes seconds, and a core for little of that; the longest come first.
WAITING = (
    "tests/workers/test_kills.py",
    "tests/workers/test_hanging.py",
    "tests/test_shipping.py",
    "tests/dashboard/test_backup.py",
    "tests/workers/",
    "tests/batches/services/operations/test_hanging.py",
)


def dealt(items, processes):
    """Return the tests in their order, but those that wait at the head of every other process's share.

    `--dist worksteal` gives each of the processes as many tests as the others, one after the other as they come.
    """
    waiting = sorted((item for item in items if rank(item) < len(WAITING)), key=rank)
    others = [item for item in items if rank(item) == len(WAITING)]
    files = list(dict.fromkeys(item.path for item in waiting))
    heads = [[] for _ in range(processes)]
    for item in waiting:
        heads[files.index(item.path) * 2 % (processes + processes % 2)].append(item)
    shares = []
    for number, head in enumerate(heads, 1):
        end = len(items) * number // processes
        room = max(0, end - len(shares) - len(head))
        shares += head + others[:room]
        del others[:room]
    return shares + others


def rank(item):
    """Return which of WAITING a test belongs to, and their number where to none."""
    return next((number for number, start in enumerate(WAITING) if item.nodeid.startswith(start)), len(WAITING))
