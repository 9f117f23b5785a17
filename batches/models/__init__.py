"""What the database keeps: the changes, and the operations with their items."""

from batches.models.change import NOT_WRITTEN, Change, ChangeQuerySet, Origin, Outcome
from batches.models.operation import (
    MOST_SELECTED,
    STOPPING,
    Cause,
    ItemState,
    Kind,
    Operation,
    OperationItem,
    OperationQuerySet,
    Standing,
    State,
    Target,
    TargetScope,
)
