"""Addresses of the project."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from dashboard import health

handler400 = "dashboard.errors.bad_request"
handler404 = "dashboard.errors.page_not_found"
handler500 = "dashboard.errors.server_error"

urlpatterns: list[URLPattern | URLResolver] = [
    path("accounts/", include("accounts.urls")),
    path("", include("batches.urls")),
    path("admin/", admin.site.urls),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]
