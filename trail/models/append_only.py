"""What is common to the rows that are written once: seals, leaves, and what retention removed."""

from typing import Any, NoReturn, Self

from django.db import models

from trail.models.entry import AppendOnly


class AppendOnlyQuerySet(models.QuerySet["AppendOnlyModel"]):
    """Rows that can be added and read. Editing or deleting raises AppendOnly."""

    def update(self, *_args: Any, **_fields: Any) -> NoReturn:
        raise AppendOnly

    bulk_update = delete = update


class AppendOnlyModel(models.Model):
    """A row that is added once and neither edited nor deleted. The triggers of the database refuse the same."""

    objects = models.Manager.from_queryset(AppendOnlyQuerySet)()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Add the row. Raises AppendOnly for one that exists already."""
        if not self._state.adding:
            raise AppendOnly
        super().save(*args, **kwargs | {"force_insert": True})

    def delete(self: Self, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise AppendOnly
