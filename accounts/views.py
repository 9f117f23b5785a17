"""Pages for one's own account."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.views import PasswordResetView
from allauth.core.ratelimit import respond_429
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.decorators import method_decorator

from accounts import throttle
from accounts.forms import ProfileForm
from accounts.models import User


def profile(request: HttpRequest) -> HttpResponse:
    """Let people set their own name and time zone."""
    # A fresh copy: an invalid form must not change the user that the rest of the page shows.
    form = ProfileForm(request.POST or None, instance=get_object_or_404(User, pk=request.user.pk))
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "Settings saved.")
        return redirect("profile")
    return render(request, "account/profile.html", {"form": form})


def shortcuts(request: HttpRequest) -> HttpResponse:
    """List the keyboard shortcuts; for a script without the rest of the page."""
    is_part = request.headers.get("HX-Request") == "true"
    return render(request, "account/_shortcuts.html" if is_part else "account/shortcuts.html")


@method_decorator(login_not_required, name="dispatch")
class PasswordReset(PasswordResetView):
    """The page to ask for a link to set a new password. Without mail it points to an administrator."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not settings.MAIL_DELIVERS:
            return render(request, "account/password_reset_off.html")
        return super().dispatch(request, *args, **kwargs)

    def form_valid(self, form: Any) -> HttpResponse:
        address = get_adapter().get_client_ip(self.request)
        if not throttle.attempt(throttle.RESET, email=form.cleaned_data["email"], address=address):
            return respond_429(self.request)
        return super().form_valid(form)
