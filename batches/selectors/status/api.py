"""How the API fares, as the calls of all processes have shown. Nothing here makes one."""

from urllib.parse import urlsplit

from django.conf import settings

from batches.models import Sighting
from batches.selectors.status.processes import Processes
from batches.status import Check, Finding, Subject
from syllable.contracts import CONTRACTS

# Some batches show no contract.
SIGHTINGS = 5


def account_check(processes: Processes) -> Check:
    """Return whether the API accepts the key. The key itself is nowhere in it."""
    facts = {"host": urlsplit(settings.SYLLABLE_API_URL).netloc.rpartition("@")[2], "setting": "SYLLABLE_API_KEY"}
    accepted, refused = processes.latest("api_accepted_ago"), processes.latest("api_refused_ago")
    if refused and (accepted is None or refused > accepted):
        return Check(Subject.ACCOUNT, Finding.KEY_REFUSED, facts | {"at": refused[0]})
    if accepted is None:
        return Check(Subject.ACCOUNT, Finding.KEY_UNTRIED, facts)
    return Check(Subject.ACCOUNT, Finding.KEY_ACCEPTED, facts | {"at": accepted[0]})


def contract_check() -> Check:
    """Return whether the newest batches that the watcher saw speak the contract of the settings."""
    configured = settings.SYLLABLE_API_CONTRACT
    seen = Sighting.objects.order_by("-created_at", "-pk").only("raw")[:SIGHTINGS]
    spoken = next(filter(None, (sighting.batch.spoken_contract for sighting in seen)), "")
    facts = {"contract": configured, "spoken": spoken, "setting": "SYLLABLE_API_CONTRACT"}
    if not spoken:
        return Check(Subject.CONTRACT, Finding.CONTRACT_UNTRIED, facts)
    differs = configured in CONTRACTS and spoken != configured
    return Check(Subject.CONTRACT, Finding.CONTRACT_DIFFERS if differs else Finding.CONTRACT_SHOWN, facts)


def answer_check(processes: Processes) -> Check:
    """Return whether the API answers."""
    if silent := processes.silent():
        facts = {"since": min(silent.values()), "processes": ", ".join(sorted(silent))}
        return Check(Subject.ANSWERS, Finding.SILENT, facts)
    answered = processes.answered()
    if answered is None:
        return Check(Subject.ANSWERS, Finding.NOT_ASKED)
    at, process = answered
    return Check(Subject.ANSWERS, Finding.ANSWERED, {"at": at, "process": process})
