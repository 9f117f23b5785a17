"""The edit form of a batch's page, as a browser has it."""

from django.urls import reverse


class EditPage:
    """Filled from the page, changed by typing, posted. What is typed as None is not posted."""

    def __init__(self, client, batch_id):
        self.client, self.batch_id = client, batch_id
        form = client.get(reverse("batches:batch", args=[batch_id])).context["form"]
        self.typed = {name: form[name].value() or "" for name in form.fields if name != "clear_expiry"}

    def post(self, **typed):
        return self.client.post(
            reverse("batches:batch_edit", args=[self.batch_id]),
            {name: value for name, value in (self.typed | typed).items() if value is not None},
        )

    def confirm(self, **typed):
        return self.post(confirm="1", **typed)
