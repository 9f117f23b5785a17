"""Health checks for whoever watches the process: alive, and able to serve."""

from django.contrib.auth.decorators import login_not_required
from django.db import Error as DatabaseTrouble
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from common.migrated import NotMigrated, require_migrations


@login_not_required
@never_cache
@require_safe
def healthz(_request: HttpRequest) -> HttpResponse:
    """Return 200 while the process answers at all. The database is not asked."""
    return _text("alive")


@login_not_required
@never_cache
@require_safe
def readyz(_request: HttpRequest) -> HttpResponse:
    """Return 200 when pages can be served, else 503 with the reason in words."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        require_migrations()
    except DatabaseTrouble:
        return _text("not ready: the database does not answer", status=503)
    except NotMigrated:
        return _text("not ready: the database is not migrated, run manage.py migrate", status=503)
    return _text("ready")


def _text(words: str, status: int = 200) -> HttpResponse:
    return HttpResponse(f"{words}\n", content_type="text/plain; charset=utf-8", status=status)
