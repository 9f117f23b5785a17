"""The bodies that every contract accepts, and what all answers have in common."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, Field, RootModel

from sandbox.tables import Row

# What the store can hold.
Integer = Annotated[int, Field(ge=-(2**63), lt=2**63)]
# Calls an hour.
Rate = Annotated[int, Field(ge=1, le=3600)]


class NewBatch(BaseModel, ABC):
    """The minimum of a new batch."""

    batch_id: str = Field(min_length=1)
    campaign_id: Integer

    @abstractmethod
    def columns(self) -> Row:
        """Return the batch's columns in the store. Raises Refusal where the body is not acceptable after all."""


class CampaignInput(BaseModel, ABC):
    """The body that creates or replaces a campaign."""

    @abstractmethod
    def columns(self) -> Row:
        """Return the campaign's columns in the store, `more` among them."""


class DeleteForm(BaseModel):
    """The form that cancels a batch."""

    delete_reason: str


class CommunicationRequest(BaseModel):
    """The body that adds a request."""

    reference_id: str
    target: str
    request_variables: dict[str, Any]


class ReferenceIds(RootModel[list[str]]):
    """The body that removes requests."""


def status_column(shown: Mapping[str, str]) -> str:
    """Return the SQL of a batch's status in a contract's words: `shown` maps the store's to these where they differ."""
    cases = " ".join(f"WHEN '{status}' THEN '{word}'" for status, word in shown.items())
    return f"CASE status {cases} ELSE status END"


def with_odd_fields(shown: Row, row: Row) -> Row:
    """Return an answer with the row's `extra` on top and without the fields in its `omit`."""
    shown |= row["extra"]
    return {name: value for name, value in shown.items() if name not in row["omit"]}
