"""Everything that can go wrong with the API, as one tree. Each class carries one sentence for a person.

For a write the tree answers the question that matters: can it have happened? `NotSent` says no, `Refused` says that the
API itself said no, and everything else under `SyllableUnavailable` says that only a read can answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


class SyllableError(Exception):
    """The root. `detail` is the technical reason or the API's own words: untrusted text, never the key."""

    user_message = "Syllable could not be used."

    def __init__(self, detail: str = "", *, status_code: int | None = None) -> None:
        super().__init__(detail or self.user_message)
        self.detail = detail
        self.status_code = status_code

    @property
    def sentence(self) -> str:
        """What went wrong in sentences for a person. A refusal includes the API's own words: untrusted text."""
        return self.user_message


class SyllableUnavailable(SyllableError):
    """No usable answer: a write may or may not have happened."""

    user_message = "Syllable is not answering."
    # The seconds that the API asked to wait, None where it did not ask.
    retry_after: float | None = None
    # Since when no call has had a usable answer, None unless this is known to have lasted more than a moment.
    since: datetime | None = None
    # Whether other calls were answered during this one: then the API is up, and the trouble is the call's own.
    answers_others = False


class NotSent(SyllableUnavailable):
    """Nothing reached the API: refused connection, unknown host, failed TLS handshake. A write has not happened."""

    user_message = "Syllable cannot be reached."


class NotAnswering(NotSent):
    """The API was not asked, because it has not answered anything since `since`."""

    user_message = "Syllable is not answering."

    def __init__(self, since: datetime) -> None:
        super().__init__()
        self.since = since


class TooBusy(NotSent):
    """The API was not asked, because this process already makes as many calls as it may."""

    user_message = "Too many pages are waiting for Syllable. Try again in a few seconds."


class TimedOut(SyllableUnavailable):
    """The deadline passed before the whole answer arrived."""

    user_message = "Syllable did not answer in time."


class RateLimited(SyllableUnavailable):
    """429: the API did not take the request.

    `retry_after` is the wait it asked for in seconds, None if it did not ask.
    """

    user_message = "Syllable is limiting how many requests it takes."

    def __init__(self, detail: str = "", *, status_code: int | None = 429, retry_after: float | None = None) -> None:
        super().__init__(detail, status_code=status_code)
        self.retry_after = retry_after

    @property
    def sentence(self) -> str:
        if not self.retry_after:
            return self.user_message
        return f"{self.user_message} Syllable asked to wait {round(self.retry_after)} seconds."


class UnreadableAnswer(SyllableUnavailable):
    """An answer that breaks the promises of the API's documents: no JSON, the wrong shape, a redirect, too large."""

    user_message = "This dashboard cannot read Syllable's answer."


class Refused(SyllableError):
    """A definite no (4xx except 408 and 429): the API understood the request and did nothing."""

    user_message = "Syllable refused the request."

    @property
    def sentence(self) -> str:
        return f"{self.user_message} Syllable said: {self.detail}" if self.detail else self.user_message


class KeyRefused(Refused):
    """401 or 403."""

    user_message = "Syllable refused the API key. An administrator must check SYLLABLE_API_KEY."


class NotFound(Refused):
    """404."""

    user_message = "Syllable does not know this batch or campaign."


@dataclass(frozen=True, slots=True)
class FieldError:
    """One entry of a 422: `loc` is the path to the field, e.g. ("body", "expires_on")."""

    loc: tuple[str | int, ...]
    msg: str
    type: str = ""

    @property
    def field(self) -> str:
        """The field's name, "" where the entry names no field."""
        names = [part for part in self.loc if isinstance(part, str)]
        return names[-1] if len(names) > 1 else ""


class Invalid(Refused):
    """422: the API considers the input wrong. `fields` are its entries, if it gave any."""

    user_message = "Syllable refused the values."

    def __init__(self, detail: str = "", *, status_code: int | None = 422, fields: tuple[FieldError, ...] = ()) -> None:
        super().__init__(detail, status_code=status_code)
        self.fields = fields

    @property
    def sentence(self) -> str:
        """As for any refusal.

        It may concern unedited fields: a contract that takes the whole batch sends all of them back.
        """
        if not self.fields:
            return super().sentence
        said = (f"{entry.field}: {entry.msg}" if entry.field else entry.msg for entry in self.fields)
        return f"{self.user_message} Syllable said: {'; '.join(said)}"


class Inexpressible(SyllableError):
    """The contract has no request for this edit of this batch, so nothing was sent. `detail` says why, in our words."""

    user_message = "Syllable cannot make this change. Nothing was sent."

    @property
    def sentence(self) -> str:
        return f"{self.user_message} {self.detail}"


class WrongContract(Inexpressible):
    """The answers speak a contract other than the configured one: a write could look saved without being saved."""

    user_message = "Syllable speaks a different API contract from the one set here. Nothing was sent."


class UnknownContract(Inexpressible):
    """No answer has shown yet which contract the API speaks, and none is set: how to write cannot be known."""

    user_message = "Syllable's answers do not show which API contract they speak. Nothing was sent."


# The `detail` of errors that are found on this side: it stands below the sentence of its class.

BROKE_OFF = "The answer broke off."
KEY_NOT_SENDABLE = "The API key has characters that a header cannot carry."
NO_ANSWER = "No answer before the deadline."
NOT_COMPLETE = "The answer was not complete before the deadline."
SET_CONTRACT = "An administrator can set SYLLABLE_API_CONTRACT."
STARTS_BY_ITSELF = "only Syllable can start a pending batch"
TOO_LARGE = "The answer is too large."


def no_connection(kind: str) -> str:
    """Say that there was no connection. `kind` is the kind of the error alone: its text is about addresses."""
    return f"No connection ({kind})."


def connection_broke(kind: str) -> str:
    """Say that the connection broke after the request was begun."""
    return f"The connection broke before an answer ({kind})."


def no_json(status: int, *, is_empty: bool) -> str:
    """Say that the answer has no JSON."""
    return f"The answer (HTTP {status}) {'is empty' if is_empty else 'is not JSON'}."


def redirected(status: int) -> str:
    """Say that the answer is a redirect, which is refused."""
    return f"The answer (HTTP {status}) redirects to another address."


def not_whole(missing: Sequence[str]) -> str:
    """Say which fields the API left out of a batch that has to be sent back whole."""
    return f"Syllable gave this batch without {' and '.join(missing)}, so it cannot be sent back whole."


def speaks(spoken: str, expected: str) -> str:
    """Say which contract the API speaks, and which one is set."""
    return f"The API speaks {spoken}. SYLLABLE_API_CONTRACT is {expected}."


def no_such_fields(contract: str, fields: Sequence[str]) -> str:
    """Say which fields the contract cannot edit."""
    return f"Contract {contract} cannot edit {' or '.join(fields)}."


def no_such_status(contract: str, status: str) -> str:
    """Say that the contract does not have the status."""
    return f"Contract {contract} has no status {status}."
