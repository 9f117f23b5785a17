"""Who somebody is, and what they may do."""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.db import connection

GRANTED = """
    SELECT type.app_label, permission.codename
    FROM auth_permission permission JOIN django_content_type type ON type.id = permission.content_type_id
    WHERE permission.id IN (
        SELECT permission_id FROM accounts_user_user_permissions WHERE user_id = %(user)s
        UNION
        SELECT granted.permission_id
        FROM auth_group_permissions granted JOIN accounts_user_groups joined ON joined.group_id = granted.group_id
        WHERE joined.user_id = %(user)s
    )
"""


class Backend(AuthenticationBackend):
    """Login by email, and permissions in one query that is written already.

    Every request asks for them, and the ORM takes twenty times longer to write its two than the database to answer.
    """

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """The permissions as they are granted now, to the person or to a group of theirs; kept with `user_obj`."""
        if obj is not None or not user_obj.is_active or user_obj.is_superuser:
            return set(super().get_all_permissions(user_obj, obj))
        if not hasattr(user_obj, "_perm_cache"):
            with connection.cursor() as cursor:
                cursor.execute(GRANTED, {"user": user_obj.pk})
                user_obj._perm_cache = {f"{app}.{codename}" for app, codename in cursor.fetchall()}
        return user_obj._perm_cache
