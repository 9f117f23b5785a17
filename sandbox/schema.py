"""The bodies that every contract takes alike, and what all answers have in common."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, Field, RootModel

from sandbox.store import Row

# What the store can hold.
Integer = Annotated[int, Field(ge=-(2**63), lt=2**63)]


class NewBatch(BaseModel, ABC):
    """The least that a new batch is made of."""

    batch_id: str = Field(min_length=1)
    campaign_id: Integer

    @abstractmethod
    def columns(self) -> Row:
        """The batch's columns in the store. Raises Refusal where the body is not acceptable after all."""


class CampaignInput(BaseModel, ABC):
    """What a campaign is created from and replaced by."""

    @abstractmethod
    def columns(self) -> Row:
        """The campaign's columns in the store, `more` among them."""


class DeleteForm(BaseModel):
    delete_reason: str


class CommunicationRequest(BaseModel):
    reference_id: str
    target: str
    request_variables: dict[str, Any]


class ReferenceIds(RootModel[list[str]]):
    pass


def status_column(shown: Mapping[str, str]) -> str:
    """The SQL of a batch's status in a contract's own words: `shown` maps the store's to them where they differ."""
    cases = " ".join(f"WHEN '{status}' THEN '{word}'" for status, word in shown.items())
    return f"CASE status {cases} ELSE status END"


def with_odd_fields(shown: Row, row: Row) -> Row:
    """An answer with the row's `extra` on top and without what it is to `omit`."""
    shown |= row["extra"]
    return {name: value for name, value in shown.items() if name not in row["omit"]}
