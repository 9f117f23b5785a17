"""The people who use the dashboard. Their email is their login and what Syllable records as `last_updated_by`."""

from typing import Any, ClassVar, Self

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.utils import timezone


class UserManager(BaseUserManager["User"]):
    """Makes users by email."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Make a user who may log in with `email`; the password stays unusable where none is given."""
        user = self.model(email=email, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Make an administrator with every permission, as `manage.py createsuperuser` does."""
        return self.create_user(email, password, is_superuser=True, **fields)

    def get_by_natural_key(self, email: str | None) -> "User":
        return self.get(email=(email or "").lower())


class User(AbstractBaseUser, PermissionsMixin):
    """A person. Someone without an email can look, but cannot edit: Syllable could not be told who it was."""

    email = models.EmailField(unique=True, null=True, blank=True)
    name = models.CharField(max_length=150, blank=True)
    time_zone = models.CharField(
        max_length=64, blank=True, help_text="For example America/New_York. Empty: the installation's own zone."
    )
    is_active = models.BooleanField(
        "active", default=True, help_text="Untick instead of deleting: what the person did stays theirs."
    )
    date_joined = models.DateTimeField(default=timezone.now)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    def save(self: Self, *args: Any, **kwargs: Any) -> None:
        self.email = self.email.strip().lower() if self.email else None
        super().save(*args, **kwargs)

    def __str__(self) -> str:
        return self.name or self.email or f"user {self.pk}"

    @property
    def is_staff(self) -> bool:
        """Whether Django's admin opens: for those who manage users."""
        return self.is_active and self.has_perm("dashboard.change_user")
