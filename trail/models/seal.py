"""Seals: the hash chain over the entries. docs/audit.md says what it proves."""

from django.db import models
from django.db.models.functions import Now

from trail.models.append_only import AppendOnlyModel

# What the first seal names as the hash of the seal before.
GENESIS = "0" * 64


class Pending(models.Model):
    """An entry that has no number yet. A trigger adds the row, so that nothing that adds an entry can forget to."""

    entry_id = models.BigIntegerField(primary_key=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"entry {self.entry_id}, not sealed yet"


class Leaf(AppendOnlyModel):
    """The place of an entry in the chain.

    Numbers count up from 1 without a gap. `digest` is the hash of `salt` and the entry's canonical form. The network
    address has a salt of its own, because a proof shows `salt`, and a computer tries all addresses in no time.
    """

    entry_id = models.BigIntegerField(primary_key=True)
    number = models.BigIntegerField(unique=True)
    salt = models.BinaryField()
    address_salt = models.BinaryField()
    digest = models.BinaryField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"entry {self.entry_id}, number {self.number}"


class Seal(AppendOnlyModel):
    """A link of the chain: the Merkle root over the leaves with the numbers `first` to `last`.

    `previous` is the `digest` of the seal before, and unique: of two sealers that continue the same seal, the database
    accepts one. `version` is that of the canonical form of its entries.
    """

    number = models.BigIntegerField(primary_key=True)
    first = models.BigIntegerField()
    last = models.BigIntegerField(unique=True)
    count = models.IntegerField()
    root = models.CharField(max_length=64)
    previous = models.CharField(max_length=64, unique=True)
    digest = models.CharField(max_length=64)
    at = models.DateTimeField(db_index=True, help_text="By the clock of the database.")
    version = models.SmallIntegerField()

    class Meta:
        ordering = ("number",)
        default_permissions = ()

    def __str__(self) -> str:
        return f"seal {self.number}"

    @property
    def head(self) -> str:
        """The seal in one line. Whoever has it can tell whether anything up to this seal was changed later."""
        return f"{self.number}:{self.digest}"


class Emptied(AppendOnlyModel):
    """The removal of all entries up to one seal. The row is added together with the entry that says so.

    The database allows the removal once that entry is sealed. The seals themselves stay.
    """

    entry_id = models.BigIntegerField(primary_key=True)
    last_seal = models.BigIntegerField(unique=True)
    last_number = models.BigIntegerField(db_index=True)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ("last_seal",)
        default_permissions = ()

    def __str__(self) -> str:
        return f"emptied up to seal {self.last_seal}"
