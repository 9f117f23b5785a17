"""The admin's pages for people. Administrators grant only what they have, and cannot touch people who can do more."""

from functools import partial
from typing import Any, ClassVar

from allauth.account import views as account
from allauth.account.decorators import secure_admin_login
from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.core.exceptions import ReauthenticationRequired
from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.auth.forms import SetPasswordMixin, UserChangeForm
from django.contrib.auth.models import Group
from django.contrib.auth.views import redirect_to_login
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters

from accounts.actor import actor_of, by, is_reauthenticated
from accounts.admin_links import LinkAdmin
from accounts.forms import TimeZoneForm
from accounts.models import User, normalized_email
from accounts.people import person_created, person_edit, person_entries
from accounts.role_admin import RoleAdmin

SHOWN_ENTRIES = 100

admin.site.site_title = "Outbound Dashboard"
admin.site.site_header = "Outbound Dashboard administration"
admin.site.index_title = "People and roles"
admin.site.site_url = "/batches/"


def _to_index(*_args: Any, **_kwargs: Any) -> Any:
    return redirect("admin:index")


def _to_own_password(*_args: Any, **_kwargs: Any) -> Any:
    return redirect("account_change_password")


# The admin's own versions of these pages do not limit attempts.
admin.site.login = secure_admin_login(_to_index)  # type: ignore[method-assign]
admin.site.logout = account.logout  # type: ignore[method-assign]
admin.site.password_change = _to_own_password  # type: ignore[method-assign]
admin.site.password_change_done = _to_own_password  # type: ignore[method-assign]

# User.save() maintains the one address of an account.
admin.site.unregister(EmailAddress)
if admin.site.is_registered(EmailConfirmation):
    admin.site.unregister(EmailConfirmation)
admin.site.unregister(Group)
admin.site.register(Group, RoleAdmin)


class NewUserForm(SetPasswordMixin, TimeZoneForm):
    """A new person. Without a password they get a link to set their own."""

    password1, password2 = SetPasswordMixin.create_password_fields()

    class Meta:
        model = User
        fields = ("email", "name", "time_zone", "groups")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].required = True
        for name in ("password1", "password2"):
            self.fields[name].required = False
        self.fields["password1"].help_text = "Leave empty to give the person a link to set their own password."

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        self.validate_passwords()
        if bool(self.cleaned_data.get("password1")) != bool(self.cleaned_data.get("password2")):
            self.add_error("password2", self.error_messages["password_mismatch"])
        return cleaned

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        self.validate_password_for_user(self.instance)

    def save(self, commit: bool = True) -> User:
        self.instance.set_password(self.cleaned_data["password1"] or None)
        return super().save(commit)


class EditedUserForm(TimeZoneForm, UserChangeForm):
    """A person as an administrator edits them. Administrators cannot edit their own email."""

    class Meta(UserChangeForm.Meta):
        model = User
        fields = "__all__"
        field_classes: ClassVar[dict[str, type[forms.Field]]] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "email" in self.fields:
            self.fields["email"].help_text += " Changing it needs your own password. Both addresses get an email."


@admin.register(User)
class UserAdmin(LinkAdmin):
    """People are created, given a role and deactivated, but never deleted: their history must keep its author."""

    record_created = staticmethod(person_created)
    record_edit = staticmethod(person_edit)
    form = EditedUserForm
    add_form = NewUserForm
    add_form_template = None
    list_display = ("email", "name", "roles", "is_active", "last_login")
    list_filter = ("is_active", "groups")
    search_fields = ("email", "name")
    ordering = ("email",)
    readonly_fields = ("last_login", "date_joined", "latest_mail")
    filter_horizontal = ("user_permissions",)
    actions = ("send_reset_mail", "show_link")
    add_fieldsets = (
        (None, {"fields": ("email", "name", "time_zone", "groups")}),
        ("Password", {"fields": ("password1", "password2")}),
    )

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        if obj is None:
            return self.add_fieldsets
        powers = ("is_superuser", "user_permissions") if _is_superuser(request) else ()
        return (
            (None, {"fields": ("email", "name", "time_zone", "password")}),
            ("Permissions", {"fields": ("is_active", "groups", *powers)}),
            ("Dates", {"fields": ("last_login", "date_joined")}),
            *self.mail_fieldsets(obj),
        )

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        fields = tuple(super().get_readonly_fields(request, obj))
        if obj is not None and obj == request.user:
            # Nobody can lock themselves out by mistake, or borrow somebody else's email for a while to act as that
            # person.
            return (*fields, "email", "is_active", "groups", "is_superuser", "user_permissions")
        return fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("groups")

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or actor_of(request).may_manage(obj))

    def formfield_for_manytomany(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        field: Any = super().formfield_for_manytomany(db_field, request, **kwargs)
        if db_field.name == "groups":
            field.widget = forms.CheckboxSelectMultiple()
            field.help_text = "The person's role."
            if not _is_superuser(request):
                beyond = Group.objects.exclude(permissions=None).filter(
                    pk__in=Group.permissions.through.objects.exclude(
                        permission_id__in=actor_of(request).granted_permissions()
                    ).values("group_id")
                )
                field.queryset = field.queryset.exclude(pk__in=beyond)
        return field

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        if person := kwargs.get("obj"):
            entries = person_entries(person.pk)[:SHOWN_ENTRIES]
            context |= {"entries": entries, "shown_entries": SHOWN_ENTRIES}
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        is_new_email = change and obj != request.user and normalized_email(obj.email) != form.initial["email"]
        if is_new_email and not is_reauthenticated(request):
            # allauth then repeats the POST by itself, but only to an address without a query.
            request.META["QUERY_STRING"] = ""
            raise ReauthenticationRequired
        super().save_model(request, obj, form, change)

    @method_decorator(sensitive_post_parameters())
    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        person = self.get_object(request, unquote(id))
        show = partial(super().user_change_password, request, id, form_url)
        if person is None or not self.has_change_permission(request, person):
            return show()
        if person == request.user:
            return _to_own_password()
        if not is_reauthenticated(request):
            if request.method == "POST":
                # Unlike the other POSTs this one is not repeated: the new password would sit in the session in plain
                # text.
                self.message_user(request, "The password was not set. Confirm it is you first.", messages.WARNING)
            return redirect_to_login(request.path, reverse("account_reauthenticate"))
        if request.method != "POST":
            return show()
        with person_edit(person.pk, **by(request)):
            return show()

    @admin.display(description="role")
    def roles(self, person: User) -> str:
        names = [group.name for group in person.groups.all()]
        return ", ".join(["Superuser", *names] if person.is_superuser else names)


def _is_superuser(request: HttpRequest) -> bool:
    return actor_of(request).is_superuser
