"""What is kept: the audit trail, and the operations with their items."""

from batches.models.change import ApiJSONField, Change, ChangeQuerySet, Origin, Outcome
from batches.models.operation import (
    STOPPING,
    ItemState,
    Kind,
    Operation,
    OperationItem,
    OperationQuerySet,
    Scope,
    State,
)

__all__ = (
    "STOPPING",
    "ApiJSONField",
    "Change",
    "ChangeQuerySet",
    "ItemState",
    "Kind",
    "Operation",
    "OperationItem",
    "OperationQuerySet",
    "Origin",
    "Outcome",
    "Scope",
    "State",
)
