"""What is still going on in a batch that a stop has stopped."""

from django.db import models

from batches.models.operation import OperationItem


class StopCheck(models.Model):
    """The newest look at a batch that a stop paused or canceled, or left as it was.

    `checked_at` is when the request left whose answer this is, by the clock of the database. `under_way` counts
    requests that may be reaching somebody, None where that is not known. `begun` is how many requests had begun when
    the stop was confirmed, or else at the first look. `last_began_at` is when the newest request began and
    `began_since` how many have begun since the stop, both by the API's clock. `runs_again` says that somebody has
    resumed the batch: then nobody looks any more.
    """

    item = models.OneToOneField(OperationItem, on_delete=models.CASCADE, primary_key=True, related_name="stop_check")
    checked_at = models.DateTimeField()
    under_way = models.PositiveIntegerField(null=True)
    begun = models.PositiveIntegerField(null=True)
    last_began_at = models.DateTimeField(null=True)
    began_since = models.PositiveIntegerField(default=0)
    runs_again = models.BooleanField(default=False)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"check of item {self.item_id}"
