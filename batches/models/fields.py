"""Columns for the API's data, and for edits of it."""

from typing import Any

from django.db import models

from syllable.schemas import BatchEdit, encodable


class ApiJSONField(models.JSONField):
    """JSON of the API. PostgreSQL can hold neither NUL nor a lone surrogate: both become U+FFFD."""

    def get_prep_value(self, value: Any) -> Any:
        return super().get_prep_value(storable(value))


class BatchEditField(ApiJSONField):
    """A `BatchEdit`, stored as its `fields()`. Lookups see that JSON."""

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        stored = super().from_db_value(value, expression, connection)
        return BatchEdit.from_fields(stored) if isinstance(stored, dict) else stored

    def get_prep_value(self, value: Any) -> Any:
        return super().get_prep_value(value.fields() if isinstance(value, BatchEdit) else value)

    def to_python(self, value: Any) -> Any:
        return BatchEdit.from_fields(value) if isinstance(value, dict) else value

    def value_to_string(self, obj: models.Model) -> Any:
        edit: BatchEdit = self.value_from_object(obj)
        return edit.fields()


def storable(value: Any) -> Any:
    """Return JSON, or a text, as PostgreSQL can hold it: NUL and lone surrogates become U+FFFD."""
    if isinstance(value, str):
        return encodable(value).replace("\0", "\ufffd")
    if isinstance(value, list):
        return [storable(item) for item in value]
    if isinstance(value, dict):
        return {storable(name): storable(item) for name, item in value.items()}
    return value
