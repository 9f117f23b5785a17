"""How administrators give people a link to set their password."""

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.views import redirect_to_login
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from accounts.account_forms import base_of
from accounts.actor import actor_of, by, is_reauthenticated
from accounts.admin_trail import TrailAdmin
from accounts.invitations import link_send, link_show
from accounts.links import purpose_for
from accounts.models import Mail, MailPurpose, User
from common.moments import exact

ON_ITS_WAY = {
    MailPurpose.INVITATION: "An invitation to {email} is on its way.",
    MailPurpose.RESET: "A link to set a new password is on its way to {email}.",
}


class LinkAdmin(TrailAdmin, UserAdmin):
    """The links and mails on the admin's pages for people."""

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions = super().get_actions(request)
        actions.pop("show_link" if settings.MAIL_DELIVERS else "send_reset_mail", None)
        return actions

    def response_add(self, request: HttpRequest, obj: User, post_url_continue: str | None = None) -> HttpResponse:
        if not obj.has_usable_password():
            if not settings.MAIL_DELIVERS:
                return self._links_page(request, [obj])
            self._send_link(request, obj)
        return super().response_add(request, obj, post_url_continue)

    @admin.action(description="Send a link to set a new password", permissions=["change"])
    def send_reset_mail(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for person in self._to_be_given_one(request, queryset):
            self._send_link(request, person)

    @admin.action(description="Show a link to set a new password", permissions=["change"])
    def show_link(self, request: HttpRequest, queryset: QuerySet[User]) -> HttpResponse | None:
        if not is_reauthenticated(request):
            self.message_user(request, "No link was shown. Confirm it is you first.", messages.WARNING)
            return redirect_to_login(request.path, reverse("account_reauthenticate"))
        people = self._to_be_given_one(request, queryset.exclude(pk=actor_of(request).pk))
        return self._links_page(request, people) if people else None

    def _send_link(self, request: HttpRequest, person: User) -> None:
        """Queue a mail with a link to `person`, and show a message about it."""
        purpose = link_send(person=person, base=base_of(request), **by(request))
        self.message_user(request, ON_ITS_WAY[purpose].format(email=person.email), messages.INFO)

    def _links_page(self, request: HttpRequest, people: list[User]) -> HttpResponse:
        """Return a page that shows the links to hand over. The links are stored nowhere."""
        given = [
            (person, purpose_for(person), link_show(person=person, base=base_of(request), **by(request)))
            for person in people
        ]
        context = {**self.admin_site.each_context(request), "title": "Links to hand over", "given": given}
        response = render(request, "admin/accounts/user/links.html", context)
        response.headers["Cache-Control"] = "private, no-store"
        return response

    @admin.display(description="latest mail")
    def latest_mail(self, person: User) -> str:
        """Return what became of the person's last mail, and why."""
        mail = self._latest_mail(person)
        if mail is None:
            return ""
        at = exact(mail.ended_at or mail.queued_at)
        words = [f"{mail.get_purpose_display()}: {mail.get_state_display()}.", mail.get_problem_display(), at]
        return " ".join(filter(None, words))

    def mail_fieldsets(self, person: User) -> tuple[Any, ...]:
        """Return the fieldset about the person's latest mail; none where there is no mail."""
        return (("Mail", {"fields": ("latest_mail",)}),) if self._latest_mail(person) else ()

    def _latest_mail(self, person: User) -> Mail | None:
        return person.mails.order_by("-pk").first()

    def _to_be_given_one(self, request: HttpRequest, people: QuerySet[User]) -> list[User]:
        """Return those of `people` who may get a link from this administrator; tell why the others may not."""
        active = [person for person in people.filter(is_active=True) if person.email]
        if not active:
            self.message_user(request, "Nobody you selected is active and has an email.", messages.WARNING)
        allowed = [person for person in active if self.has_change_permission(request, person)]
        for person in active:
            if person not in allowed:
                no_link = f"No link for {person.email}. This person has more permissions than you."
                self.message_user(request, no_link, messages.WARNING)
        return allowed
