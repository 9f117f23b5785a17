"""How the dashboard speaks of what verification found."""

from trail.findings import Finding, Problem

SENTENCES = {
    Problem.ALTERED: "{} was altered since it was sealed.",
    Problem.REMOVED: "{} was removed.",
    Problem.INSERTED: "{} was inserted past the dashboard. It has no seal.",
    Problem.BACKDATED: "{} was added later than it says.",
    Problem.OUT_OF_ORDER: "{} is not in its place. Entries were moved.",
    Problem.LEAF_ALTERED: "{} is as it was sealed, but the hash that is kept of it was altered.",
    Problem.SEAL_ALTERED: "{} was altered.",
    Problem.SEAL_REMOVED: "{} is without a seal. Seals were removed.",
    Problem.EMPTIED_UNSAID: "{} declares entries as removed, but no sealed entry says so.",
    Problem.TRUNCATED: "{} is missing. The end of the trail was cut off.",
    Problem.REWRITTEN: "{} has another hash than the expected one. The trail was rewritten.",
    Problem.CHANGE_DIFFERS: "{} has another outcome than its last entry says.",
    Problem.CHANGE_UNSAID: "{} has ended, but no entry says so.",
}


def finding_sentence(finding: Finding) -> str:
    """Return what was found in one sentence or two."""
    where = _where(finding)
    if finding.problem == Problem.ALTERED and finding.entry is None:
        return f"An entry of {where[0].lower()}{where[1:]} was altered, together with the hash that is kept of it."
    if finding.problem == Problem.SEAL_REMOVED and finding.entry is None:
        return f"{where} was removed."
    return SENTENCES[finding.problem].format(where)


def _where(finding: Finding) -> str:
    """Return what the finding is about: an entry by its id in the trail and its number in the chain."""
    if finding.change is not None:
        return f"Change {finding.change}"
    if finding.entry is not None:
        return f"Entry {finding.entry}" + (f" (number {finding.number})" if finding.number is not None else "")
    return f"The entry with number {finding.number}" if finding.number is not None else f"Seal {finding.seal}"
