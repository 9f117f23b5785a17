"""Addresses of the app."""

from django.urls import path, register_converter

from batches.converters import BatchIdConverter, CampaignIdConverter
from batches.views import (
    batch_actions,
    batch_requests,
    campaigns,
    changes,
    exports,
    holds,
    operation_actions,
    operations,
    status,
    trail,
)
from batches.views.batch import batch
from batches.views.batches import batch_list
from batches.views.overview import overview
from batches.views.trail_proof import entry_proof

register_converter(BatchIdConverter, "batch_id")
register_converter(CampaignIdConverter, "campaign_id")

app_name = "batches"
urlpatterns = [
    path("", overview, name="overview"),
    path("batches/", batch_list, name="batch_list"),
    path("batches/<batch_id:batch_id>/", batch, name="batch"),
    path("batches/<batch_id:batch_id>/edit/", batch_actions.edit, name="batch_edit"),
    path("batches/<batch_id:batch_id>/pause/", batch_actions.pause, name="batch_pause"),
    path("batches/<batch_id:batch_id>/resume/", batch_actions.resume, name="batch_resume"),
    path("batches/<batch_id:batch_id>/requests/", batch_requests.request_list, name="request_list"),
    path("batches/<batch_id:batch_id>/requests/export/", batch_requests.request_export, name="request_export"),
    path("campaigns/", campaigns.campaign_list, name="campaign_list"),
    path("campaigns/<campaign_id:campaign_id>/", campaigns.campaign, name="campaign"),
    path("operations/", operations.operation_list, name="operation_list"),
    path("operations/<int:operation_id>/", operations.operation, name="operation"),
    path("operations/<int:operation_id>/abort/", operation_actions.abort, name="operation_abort"),
    path("operations/<int:operation_id>/stop-calling/", operation_actions.stop_calling, name="operation_stop_calling"),
    path("operations/<int:operation_id>/retry/", operation_actions.retry, name="operation_retry"),
    path("operations/<int:operation_id>/confirm/", operation_actions.confirm, name="operation_confirm"),
    path("operations/<int:operation_id>/take-over/", operation_actions.take_over, name="operation_take_over"),
    path("operations/<int:operation_id>/undo/", operation_actions.undo, name="operation_undo"),
    path("holds/", holds.hold_list, name="hold_list"),
    path("holds/<int:hold_id>/", holds.hold, name="hold"),
    path("holds/<int:hold_id>/lift/", holds.lift, name="hold_lift"),
    path("status/", status.status, name="status"),
    path("metrics", status.metrics, name="metrics"),
    path("changes/", trail.change_list, name="change_list"),
    path("changes/export/", trail.export, name="change_export"),
    path("changes/exports/", exports.export_list, name="export_list"),
    path("changes/exports/<int:export_id>/", exports.export, name="export"),
    path("changes/exports/<int:export_id>/file/", exports.export_file, name="export_file"),
    path("changes/entries/<int:entry_id>/proof/", entry_proof, name="entry_proof"),
    path("changes/<int:change_id>/", changes.change, name="change"),
    path("changes/<int:change_id>/undo/", changes.undo, name="change_undo"),
    path("changes/<int:change_id>/reason/", changes.reason, name="change_reason"),
    path("changes/<int:change_id>/settle/", changes.settle, name="change_settle"),
]
