"""The people who use the dashboard. Their email is their login, and Syllable records it as `last_updated_by`."""

from collections.abc import Iterator
from typing import Any, ClassVar, TypedDict

from allauth.account.models import EmailAddress
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, Group, Permission, PermissionsMixin
from django.db import models, transaction
from django.db.models.functions import Now
from django.db.models.signals import pre_delete
from django.dispatch import receiver
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.functional import cached_property

from common.time_zones import validate_time_zone
from trail.models import Action
from trail.services import entry_add

SALT_LENGTH = 32


class Powers(TypedDict):
    """What a person may do, as the trail stores it: roles by name, their own permissions as `app.codename`."""

    roles: list[str]
    permissions: list[str]
    superuser: bool


def normalized_email(email: str | None) -> str | None:
    """Return the email as the database stores it: in lower case, None if empty."""
    return (email or "").strip().lower() or None


def permission_names(permissions: "models.Manager[Permission]") -> list[str]:
    """Return the permissions as `app.codename`, sorted."""
    names = permissions.values_list("content_type__app_label", "codename")
    return sorted(f"{app}.{codename}" for app, codename in names)


class UserQuerySet(models.QuerySet["User"]):
    """Users. Updating `is_active` ends the sessions of everybody it touches."""

    def update(self, **fields: Any) -> int:
        if "is_active" in fields:
            fields = {"session_salt": get_random_string(SALT_LENGTH), **fields}
        return super().update(**fields)


class UserManager(BaseUserManager["User"]):
    """A manager that creates users by email."""

    def get_queryset(self) -> UserQuerySet:
        return UserQuerySet(self.model, using=self._db)

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create a user who logs in with `email`; without a password nobody can log in.

        For the command line: in the trail nobody did it. Pages use `people.person_created`.
        """
        user = self.model(email=email, **fields)
        user.set_password(password)
        with transaction.atomic(using=self._db):
            user.save(using=self._db)
            entry_add(Action.PERSON_CREATED, actor=None, person=user, body=user.as_created())
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create an administrator with every permission, as `manage.py createsuperuser` does."""
        return self.create_user(email, password, is_superuser=True, **fields)

    def get_by_natural_key(self, email: str | None) -> "User":
        return self.get(email=(email or "").strip().lower())


class User(AbstractBaseUser, PermissionsMixin):
    """A person. Without an email they can view but not edit, because Syllable must be told who made a change."""

    email = models.EmailField(
        unique=True,
        null=True,
        blank=True,
        help_text="The login. Syllable records it with every change. A person without an email can only view batches.",
        error_messages={"unique": "Another person already has this email."},
    )
    name = models.CharField(max_length=150, blank=True)
    time_zone = models.CharField(
        max_length=64,
        blank=True,
        validators=[validate_time_zone],
        help_text="For example America/New_York. Empty means the default zone.",
    )
    has_shortcuts = models.BooleanField(
        "keyboard shortcuts",
        default=True,
        db_default=True,
        help_text="Single keys, such as j and p. Press ? to see all. Turn this off if another program uses such keys.",
    )
    is_active = models.BooleanField(
        "active", default=True, help_text="Deactivate people instead of deleting them. Their history stays."
    )
    date_joined = models.DateTimeField(default=timezone.now, editable=False)
    # Part of what a session is checked against. A new value ends all of the person's sessions.
    session_salt = models.CharField(max_length=SALT_LENGTH, default="", db_default="", editable=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    def clean(self) -> None:
        super().clean()
        self.email = normalized_email(self.email)

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save, with the email in lower case and as the one verified address of the account.

        Saving somebody who is not active ends their sessions for good: reactivation does not bring the sessions back.
        """
        update_fields = kwargs.get("update_fields")
        if not self.is_active and (update_fields is None or "is_active" in update_fields):
            self.session_salt = get_random_string(SALT_LENGTH)
            if update_fields is not None:
                kwargs["update_fields"] = {*update_fields, "session_salt"}
        if update_fields is not None and "email" not in update_fields:
            super().save(*args, **kwargs)
            return
        self.email = normalized_email(self.email)
        with transaction.atomic(using=kwargs.get("using")):
            super().save(*args, **kwargs)
            self._keep_email_address()

    def _keep_email_address(self) -> None:
        """Keep the email as a verified address. Otherwise a first single sign-on could wipe the password."""
        EmailAddress.objects.filter(user=self).exclude(email=self.email or "").delete()
        if self.email:
            EmailAddress.objects.update_or_create(
                user=self, email=self.email, defaults={"verified": True, "primary": True}
            )

    def __str__(self) -> str:
        return self.name or self.email or f"user {self.pk}"

    @property
    def is_staff(self) -> bool:
        """Whether the person can open Django's admin: those who manage users can."""
        return self.is_active and self.has_perm("accounts.change_user")

    def get_session_auth_hash(self) -> str:
        return super().get_session_auth_hash() + self.session_salt

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        return (session_hash + self.session_salt for session_hash in super().get_session_auth_fallback_hash())

    def powers(self) -> Powers:
        """Return what the person may do according to the database, whether they are active or not."""
        return {
            "roles": sorted(self.groups.values_list("name", flat=True)),
            "permissions": permission_names(self.user_permissions),
            "superuser": self.is_superuser,
        }

    def as_created(self) -> dict[str, Any]:
        """Return what the trail stores about a new account: its powers, and whether it was created with a password."""
        return {"new": self.powers(), "password_set": self.has_usable_password()}

    def granted_permissions(self) -> set[int]:
        """Return the ids of the permissions granted to the person, active or not. A superuser needs none."""
        granted = Permission.objects.filter(models.Q(user=self) | models.Q(group__user=self))
        return set(granted.values_list("pk", flat=True))

    @cached_property
    def permissions_by_name(self) -> set[str]:
        """Permissions granted to the person as `app.codename`, read once for this object: every page checks some."""
        own = User.user_permissions.through.objects.filter(user_id=self.pk)
        by_role = Group.permissions.through.objects.filter(group__user=self.pk)
        names = ("permission__content_type__app_label", "permission__codename")
        # One query, without the rows that a join of both would multiply.
        granted = own.values_list(*names).union(by_role.values_list(*names))
        return {f"{app}.{codename}" for app, codename in granted}

    def may_manage(self, other: "User") -> bool:
        """Return whether this person may change `other`, which requires having every power that `other` has.

        Whoever can set someone's email or password can log in as them.
        """
        if self.is_superuser:
            return True
        return not other.is_superuser and other.granted_permissions() <= self.granted_permissions()


@receiver(pre_delete, sender=User)
def record_deletion(instance: User, **_kwargs: Any) -> None:
    """Record that a person was deleted.

    No page deletes people, so no actor is known; deletes by queryset arrive here too.
    """
    entry_add(Action.PERSON_DELETED, actor=None, person=instance, body={"old": instance.powers()})


class Throttle(models.Model):
    """How often something was tried until `until`. `key` says what and by whom, but cannot be decoded."""

    key = models.CharField(max_length=64, primary_key=True)
    count = models.PositiveSmallIntegerField(default=0)
    until = models.DateTimeField(db_index=True, help_text="By the clock of the database; then it starts from nothing.")

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.count} until {self.until}"


class KnownAddress(models.Model):
    """A network address from which somebody logged in. As in Throttle, `key` cannot be decoded."""

    key = models.CharField(max_length=64, primary_key=True)
    until = models.DateTimeField(db_index=True, help_text="By the clock of the database; then it is unknown again.")

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"known until {self.until}"


class MailPurpose(models.TextChoices):
    """What a mail is about."""

    INVITATION = "invitation", "Invitation"
    RESET = "reset", "Link to set a new password"
    NOTICE = "notice", "Notice of a change"


class MailState(models.TextChoices):
    """How far delivery of a mail has come."""

    QUEUED = "queued", "on its way"
    SENT = "sent", "accepted by the mail server"
    FAILED = "failed", "not sent"


class MailProblem(models.TextChoices):
    """Why a mail was not sent."""

    UNREACHABLE = "unreachable", "The mail server did not accept the mail after several attempts."
    REFUSED = "refused", "The mail server refused the mail."
    BROKEN = "broken", "The dashboard failed to send the mail. Its log says why."
    LOST = "lost", "The workers stopped before they could send the mail."
    OFF = "off", "No mail server is set up."


class Mail(models.Model):
    """One mail: what it is about, and what became of it.

    The link of an invitation or a reset is made when the mail is sent. `person` is None where a reset was requested for
    an address that nobody has: a worker deletes that row when it sees it. Only a notice has `to`, `subject` and `text`,
    which are cleared when it is sent or has failed. After `due_at` a queued mail may go to another worker.
    """

    person = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="mails")
    purpose = models.CharField(max_length=20, choices=MailPurpose.choices)
    base = models.CharField(max_length=300, blank=True, help_text="The dashboard's own address, for a link.")
    to = models.EmailField(blank=True)
    subject = models.TextField(blank=True)
    text = models.TextField(blank=True)
    state = models.CharField(max_length=10, choices=MailState.choices, default=MailState.QUEUED)
    problem = models.CharField(max_length=20, choices=MailProblem.choices, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()
    queued_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        indexes = (
            models.Index(fields=("person", "id"), name="mail_person"),
            models.Index(fields=("due_at",), name="mail_queued", condition=models.Q(state=MailState.QUEUED)),
        )

    def __str__(self) -> str:
        return f"mail {self.pk}: {self.purpose}, {self.state}"
