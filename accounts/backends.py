"""How people log in, and how their permissions are read."""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth.models import AnonymousUser

from accounts.models import User


class EmailBackend(AuthenticationBackend):
    """Login by email, as allauth does it. All permissions of a person come with one query."""

    def get_all_permissions(self, user_obj: User | AnonymousUser, obj: Any = None) -> set[str]:
        """Return the permissions as `app.codename`, read once for each `user_obj`, as Django does."""
        if obj is not None or not user_obj.is_active or user_obj.is_superuser or isinstance(user_obj, AnonymousUser):
            return super().get_all_permissions(user_obj, obj)
        return user_obj.permissions_by_name
