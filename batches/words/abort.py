"""How a page asks whether to abort an operation: what continues comes first."""

from typing import Any

from batches.models import Kind, Operation, State
from batches.words.operation import batches
from batches.words.progress import DID


def may_be_stopped(progress: Any) -> bool:
    """Return whether the operation is a resume that may have started something, or may be about to."""
    is_asking = progress.operation.state == State.ASKING
    return progress.operation.kind == Kind.RESUME and bool(not is_asking or progress.done or progress.unconfirmed)


def keep_on(operation: Operation) -> str:
    """Return the label of the button that does not abort the operation."""
    if operation.state == State.ASKING:
        return "Go back"
    return {Kind.PAUSE: "Keep pausing", Kind.RESUME: "Keep resuming", Kind.CANCEL: "Keep canceling"}.get(
        Kind(operation.kind), "Keep setting the expiry"
    )


def if_aborted(progress: Any) -> list[str]:
    """Return what continues if the operation is aborted now, in sentences."""
    kind, left = Kind(progress.operation.kind), progress.left
    if kind == Kind.EXPIRY:
        return [f"{batches(left)} {_keep(left)} the current expiry."]
    if kind == Kind.RESUME:
        return _if_resume_aborted(progress)
    did = DID[kind]
    if not progress.total:
        return [f"Nothing has been {did} yet. Every running batch keeps running."]
    if not left:
        return [f"All batches found so far are {did}. Any other batch keeps running."]
    found = [f"{batches(left)} {_keep(left)} running."]
    if kind == Kind.CANCEL:
        found = [f"{batches(left)} {'is' if left == 1 else 'are'} not canceled. Running batches keep running."]
    if progress.operation.listed_at is None:
        found.append("Batches not found yet keep running too.")
    return found + ([f"{batches(progress.done)} {_stay(progress.done)} {did}."] if progress.done else [])


def _if_resume_aborted(progress: Any) -> list[str]:
    done, doubtful = progress.done, progress.unconfirmed
    found = [f"{batches(done)} already resumed {_keep(done)} running."] if done else []
    found += [f"{batches(doubtful)} may be running (not confirmed)."] if doubtful else []
    paused = progress.left - doubtful
    return found + ([f"{batches(paused)} {_stay(paused)} paused."] if paused else [])


def _keep(count: int) -> str:
    return "keeps" if count == 1 else "keep"


def _stay(count: int) -> str:
    return "stays" if count == 1 else "stay"
