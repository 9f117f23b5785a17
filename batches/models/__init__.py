"""What the database keeps: changes, operations with their items, holds, exports, and what the watcher saw."""

from batches.models.change import NOT_WRITTEN, TAKEN, Change, ChangeQuerySet, Origin, Outcome
from batches.models.export import UNDER_WAY, ExportFormat, ExportProblem, ExportState, TrailExport, exports_storage
from batches.models.hold import (
    ALARM_ATTEMPTS,
    ALARM_WITHIN,
    HOLDABLE,
    HeldBatch,
    Hold,
    HoldAttempt,
    HoldQuerySet,
    active_covering,
)
from batches.models.operation import (
    MOST_SELECTED,
    OPEN,
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
from batches.models.sighting_filter import MOST_FIXED, Expiry, SightingFilter
from batches.models.stop_check import StopCheck
