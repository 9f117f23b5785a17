"""What the database keeps: the changes, the operations with their items, and what the watcher saw."""

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
from batches.models.sighting import (
    CampaignSample,
    CampaignSighting,
    Forecast,
    PlatformEvent,
    PlatformEventKind,
    RequestCounts,
    Sample,
    Sighting,
    WatchProblem,
    WatchState,
)
