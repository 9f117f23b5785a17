"""The whole status page."""

from batches.selectors.status import api, work
from batches.selectors.status.processes import process_checks, processes_read
from batches.status import Check


def status_read() -> dict[str, list[Check]]:
    """Return the lines of the page, by section. Takes at most 15 queries, and makes no call to the API."""
    processes = processes_read()
    now = processes.now
    return {
        "Syllable": [api.account_check(processes), api.contract_check(), api.answer_check(processes)],
        "Processes": process_checks(processes),
        "Work": [
            work.look_check(now),
            *work.queue_checks(now),
            work.mail_check(),
            work.seal_check(now),
            work.stream_check(now),
            work.database_check(),
        ],
    }
