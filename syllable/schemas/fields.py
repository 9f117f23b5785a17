"""What all answers of the API have in common: a base, and types that no value breaks.

The API is a stranger: expect unknown statuses, extra fields, nulls and wrong types. Reading never fails on them. A
value that does not fit its type stays as the text it came as, so that a page can show it.
"""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, StrictBool, ValidationError, WrapValidator
from pydantic.functional_validators import ModelWrapValidatorHandler, SkipValidation

from syllable.errors import UnreadableAnswer
from syllable.schemas.status import BatchStatus
from syllable.schemas.text import encodable, encodable_json, full_text, is_too_deep, plain_text, short_text
from syllable.schemas.timestamp import Timestamp


def _typed_or_text(value: object, handler: ModelWrapValidatorHandler[Any]) -> Any:
    try:
        typed = handler(value)
    except ValidationError:
        return short_text(value)
    return encodable(typed) if isinstance(typed, str) else typed


def _timestamp(value: object) -> Timestamp | None:
    if value is None or isinstance(value, Timestamp):
        return value
    return Timestamp.read(full_text(value))


def _counts(value: object) -> dict[str, int] | None:
    """Return the countable part of a mapping of counts, without the rest."""
    if not isinstance(value, Mapping):
        return None
    return {
        encodable(str(key)): count
        for key, count in value.items()
        if isinstance(count, int) and not isinstance(count, bool)
    }


def _mapping(value: object) -> dict[str, Any] | None:
    return encodable_json(value) if isinstance(value, Mapping) else None


def _optional_text(value: object) -> str | None:
    return None if value is None else full_text(value)


def _texts(value: object) -> tuple[str, ...] | str | None:
    if value is None:
        return None
    return tuple(full_text(item) for item in value) if isinstance(value, list | tuple) else short_text(value)


def _status(value: object) -> BatchStatus | str:
    text = plain_text(value)
    return BatchStatus(text) if text in BatchStatus.__members__ else text


Text = Annotated[str, PlainValidator(plain_text)]
OptionalText = Annotated[str | None, PlainValidator(_optional_text)]
Integer = Annotated[int | str | None, WrapValidator(_typed_or_text)]
Number = Annotated[float | str | None, WrapValidator(_typed_or_text)]
Flag = Annotated[StrictBool | str | None, WrapValidator(_typed_or_text)]
Texts = Annotated[tuple[str, ...] | str | None, PlainValidator(_texts)]
Moment = Annotated[Timestamp | None, PlainValidator(_timestamp)]
Counts = Annotated[dict[str, int] | None, PlainValidator(_counts)]
Anything = Annotated[dict[str, Any] | None, PlainValidator(_mapping)]
Status = Annotated[BatchStatus | str, PlainValidator(_status)]


class Answer(BaseModel):
    """One object of an answer. `raw` is that object untouched, and not nested deeper than 50 levels."""

    model_config = ConfigDict(frozen=True, extra="ignore", arbitrary_types_allowed=True)
    # What the API documents and nothing here needs.
    unused: ClassVar[frozenset[str]] = frozenset()
    raw: SkipValidation[dict[str, Any]] = Field(default_factory=dict, exclude=True, repr=False)

    @classmethod
    def read(cls, payload: object) -> Self:
        """Read one object of an answer. Raises UnreadableAnswer where it is no object or nested too deeply."""
        if not isinstance(payload, dict):
            raise UnreadableAnswer(f"expected an object, got {type(payload).__name__}")
        if is_too_deep(payload):
            raise UnreadableAnswer("the object is nested too deeply")
        return cls.model_validate({**payload, "raw": payload})

    @property
    def unknown_fields(self) -> list[str]:
        """The names of fields that no contract documents, as far as we know: untrusted text."""
        known = {*type(self).model_fields, *self.unused} - {"raw"}
        return [encodable(name) for name in self.raw if name not in known]
