"""How the status page says what works, what does not, and what to do."""

from datetime import datetime
from typing import Any

from batches.status import Check, Finding, Health, Subject
from batches.words.stream import stream_problem
from batches.words.tones import Tone
from common.models import Process
from common.moments import NOTHING, clock

HEALTHS = {Health.WORKS: "Works", Health.FAILS: "Does not work", Health.UNKNOWN: "Not known", Health.OFF: "Off"}
HEALTH_TONES = {
    Health.WORKS: Tone.GREEN,
    Health.FAILS: Tone.RED,
    Health.UNKNOWN: Tone.YELLOW,
    Health.OFF: Tone.GRAY,
}
SUBJECTS = {
    Subject.ACCOUNT: "Account",
    Subject.CONTRACT: "Contract",
    Subject.ANSWERS: "Answers",
    Subject.LOOKS: "Looks at the batches",
    Subject.MAIL: "Emails",
    Subject.SEALS: "Seals of the trail",
    Subject.DELIVERIES: "Deliveries of the trail",
    Subject.DATABASE: "Database",
}
QUEUES = {"default": "Queue of resumes, expiries, exports and emails", "stop": "Queue of pauses and cancellations"}

SAID = {
    Finding.KEY_ACCEPTED: "{host} accepted the API key at {at}.",
    Finding.KEY_REFUSED: "{host} refused the API key at {at}.",
    Finding.KEY_UNTRIED: "{host}. An API key is set. No process has used the key yet.",
    Finding.CONTRACT_SHOWN: "{spoken}, as the newest batches show. The setting is {contract}.",
    Finding.CONTRACT_DIFFERS: "The setting is {contract}, but the newest batches show {spoken}. Nothing is written.",
    Finding.CONTRACT_UNTRIED: "The setting is {contract}. No batch that was seen shows a contract.",
    Finding.ANSWERED: "Last answer at {at}, to {process}.",
    Finding.SILENT: "No answer since {since} to {processes}.",
    Finding.NOT_ASKED: "No process that runs now has had an answer yet.",
    Finding.BREAKER_OPEN: "The circuit breaker is open since {since}.",
    Finding.HELD: "Syllable asked for fewer calls. The next call is in {seconds} s.",
    Finding.TURNED_AWAY: "{count} calls found no free place since {since}.",
    Finding.RUNS: "Runs since {since}.",
    Finding.SEVERAL_RUN: "{count} run, the oldest since {since}.",
    Finding.RUN_FAILS: "Runs, but its work fails since {since}.",
    Finding.VERSIONS_DIFFER: "{count} run, with versions {versions}.",
    Finding.MISSING: "Missing. Last heartbeat at {at}.",
    Finding.NEVER_SEEN: "Missing. No heartbeat in the last 24 hours.",
    Finding.PROCESS_OFF: "Does not run. The settings leave nothing to do.",
    Finding.LOOKED: "Everything that is not over was seen at {at}.",
    Finding.CANNOT_LOOK: "The watcher cannot look since {since}. {problem}.",
    Finding.LOOK_LATE: "The last look is from {at}.",
    Finding.NEVER_LOOKED: "The watcher has not looked yet.",
    Finding.LOOKS_OFF: "The watcher is switched off.",
    Finding.QUEUE_EMPTY: "Nothing waits.",
    Finding.QUEUE_MOVES: "{count} waiting, the oldest since {since}.",
    Finding.QUEUE_STUCK: "{count} waiting, the oldest since {since}.",
    Finding.QUEUE_UNREACHABLE: "Redis does not answer.",
    Finding.MAIL_READY: "A mail server is set up. No email was sent yet.",
    Finding.MAIL_SENT: "The mail server took the last email at {at}.",
    Finding.MAIL_DELAYED: "Another try waits for {count} of the emails.",
    Finding.MAIL_FAILED: "The last email failed at {at}. {problem}",
    Finding.MAIL_OFF: "No mail server is set up. Nobody can reset their password.",
    Finding.SEALED: "Every entry is sealed.",
    Finding.SEALS_WAIT: "{count} waiting for a seal since {since}.",
    Finding.SEALS_LATE: "{count} waiting for a seal since {since}.",
    Finding.DELIVERIES_READY: "A log system is set up. Nothing was delivered yet.",
    Finding.DELIVERED: "The log system has every sealed entry. Last delivery at {at}.",
    Finding.DELIVERIES_WAIT: "{count} waiting for delivery since {since}.",
    Finding.DELIVERIES_LATE: "{count} waiting for delivery since {since}.",
    Finding.DELIVERIES_FAIL: "The log system has accepted nothing since {since}: {problem}.",
    Finding.DELIVERIES_OFF: "No log system is set up.",
    Finding.MIGRATED: "{kind}, with every migration.",
    Finding.NOT_MIGRATED: "{kind}. Migrations of this version are missing.",
}

ADVICE = {
    Finding.KEY_REFUSED: "Set {setting} to a valid key, and restart every process.",
    Finding.KEY_UNTRIED: "Open the list of batches, or run “python manage.py check_api”.",
    Finding.CONTRACT_DIFFERS: "Set {setting} to {spoken}, and restart every process.",
    Finding.CONTRACT_UNTRIED: "Run “python manage.py check_api”.",
    Finding.SILENT: "Check the network and the status page of Syllable. Calls start again by themselves.",
    Finding.NOT_ASKED: "Open the list of batches.",
    Finding.RUN_FAILS: "Read its log for “run_failed” or “database_failed”.",
    Finding.VERSIONS_DIFFER: "Restart those of the older version.",
    Finding.CANNOT_LOOK: "Check the account and the answers above. The watcher tries again by itself.",
    Finding.LOOK_LATE: "Read the log of the watcher. Pages show older numbers until it looks again.",
    Finding.NEVER_LOOKED: "Wait for one interval. The first look of a large account takes minutes.",
    Finding.LOOKS_OFF: "Set WATCH_INTERVAL to have pages show what happens elsewhere.",
    Finding.QUEUE_STUCK: "Check the worker above. Start another if it is busy.",
    Finding.QUEUE_UNREACHABLE: "Start Redis, or check REDIS_URL. Operations wait and are not lost.",
    Finding.MAIL_DELAYED: "Check EMAIL_URL and the mail server. The workers try again by themselves.",
    Finding.MAIL_FAILED: "Read the log of the worker for “mail_failed”. Check EMAIL_URL.",
    Finding.MAIL_OFF: "Set EMAIL_URL. Administrators can hand over links until then.",
    Finding.SEALS_LATE: "Check the sealer above.",
    Finding.DELIVERIES_LATE: "Check the stream above.",
    Finding.DELIVERIES_FAIL: "Check AUDIT_STREAM_URL and its receiver. Nothing is lost.",
    Finding.NOT_MIGRATED: "Run “python manage.py migrate”, and restart every process.",
}

# What stands still without a process, and the command of the Procfile that starts one.
WITHOUT = {
    Process.WEB: "This page came from a server without heartbeats.",
    Process.WORKER: "Resumes, changes of expiry, exports and emails wait.",
    Process.STOPPER: "Pauses and cancellations of many batches wait, “Stop everything” too.",
    Process.SWEEP: "Operations and emails of a killed worker wait.",
    Process.SETTLE: "Changes that are not confirmed stay so.",
    Process.WATCH: "Pages that draw from the watcher grow old.",
    Process.SEAL: "Nothing shows whether a new entry of the trail was altered.",
    Process.STREAM: "The trail does not leave this machine.",
}
COMMANDS = {
    Process.WEB: "gunicorn dashboard.wsgi",
    Process.WORKER: "python manage.py work_queue default",
    Process.STOPPER: "python manage.py work_queue stop",
    Process.SWEEP: "python manage.py sweep_operations --every 2",
    Process.SETTLE: "python manage.py settle_changes --every 30",
    Process.WATCH: "python manage.py watch",
    Process.SEAL: "python manage.py seal_trail --every 1",
    Process.STREAM: "python manage.py stream_trail --every 2",
}


def check_name(check: Check) -> str:
    """Return what a line of the status page is about."""
    if check.subject == Subject.QUEUE:
        return QUEUES.get(check.of, check.of)
    if check.subject in SUBJECTS:
        return SUBJECTS[Subject(check.subject)]
    return f"{Process(check.subject).label} ({check.subject})"


def check_said(check: Check) -> str:
    """Return what was found, in a sentence or two."""
    return SAID[check.finding].format(**_shown(check.facts))


def check_advice(check: Check) -> str:
    """Return what to do about the finding, "" where nothing is to be done."""
    if check.finding in (Finding.MISSING, Finding.NEVER_SEEN):
        process = Process(check.subject)
        return f"{WITHOUT[process]} Start “{COMMANDS[process]}”."
    return ADVICE.get(check.finding, "").format(**_shown(check.facts))


def health_word(health: Health) -> str:
    """Return the word of a badge."""
    return HEALTHS[health]


def health_tone(health: Health) -> Tone:
    """Return the tone of a badge."""
    return HEALTH_TONES[health]


def status_title(failing: int) -> str:
    """Return the first sentence of the page, for so many lines that do not work."""
    if failing == 1:
        return "One thing does not work."
    return f"{failing} things do not work." if failing else "Nothing is known to fail."


def _shown(facts: dict[str, Any]) -> dict[str, str]:
    """Return the facts as text, moments in the reader's zone."""
    shown = {name: _text(value) for name, value in facts.items()}
    if "status" in facts:
        shown["problem"] = stream_problem(facts["problem"], facts["status"])
    return shown


def _text(value: Any) -> str:
    if value is None:
        return NOTHING
    if isinstance(value, datetime):
        return clock(value)
    return f"{value:,}" if isinstance(value, int) else str(value)
