"""Everything that can go wrong with the API, as one tree. Each class carries one sentence for a person.

For a write the tree answers the question that matters: can it have happened? `NotSent` says no, `Refused` says that the
API itself said no, and everything else under `SyllableUnavailable` says that only a read can answer.
"""

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

    user_message = "Too many pages are waiting for Syllable at the moment. Try again in a few seconds."


class TimedOut(SyllableUnavailable):
    """The deadline passed before the whole answer arrived."""

    user_message = "Syllable did not answer in time."


class RateLimited(SyllableUnavailable):
    """429: the API did not take the request.

    `retry_after` is the wait it asked for in seconds, None if it did not ask.
    """

    user_message = "Syllable is refusing more calls for the moment."

    def __init__(self, detail: str = "", *, status_code: int | None = 429, retry_after: float | None = None) -> None:
        super().__init__(detail, status_code=status_code)
        self.retry_after = retry_after

    @property
    def sentence(self) -> str:
        if not self.retry_after:
            return self.user_message
        return f"{self.user_message} It asks to wait {round(self.retry_after)} seconds."


class UnreadableAnswer(SyllableUnavailable):
    """An answer that breaks the promises of the API's documents: no JSON, the wrong shape, a redirect, too large."""

    user_message = "Syllable answered with something this dashboard cannot read."


class Refused(SyllableError):
    """A definite no (4xx except 408 and 429): the API understood the request and did nothing."""

    user_message = "Syllable refused the request."

    @property
    def sentence(self) -> str:
        return f"{self.user_message} Syllable said: {self.detail}" if self.detail else self.user_message


class KeyRefused(Refused):
    """401 or 403."""

    user_message = "Syllable refused the API key. An administrator has to check SYLLABLE_API_KEY."


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

    user_message = "Syllable did not accept the input."

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

    user_message = "Syllable offers no way to make this change. Nothing was sent."

    @property
    def sentence(self) -> str:
        return f"{self.user_message} {self.detail}"


class WrongContract(Inexpressible):
    """The answers speak a contract other than the configured one: a write could look saved without being saved."""

    user_message = "Syllable speaks another contract of its API than this dashboard is set to. Nothing was sent."
