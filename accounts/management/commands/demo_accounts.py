"""The three demo accounts of the sandbox."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.management.base import BaseCommand, CommandError

from accounts.models import User

PASSWORD = "sandbox-demo"  # noqa: S105 - printed on purpose, and refused outside of the sandbox
ACCOUNTS = (
    ("viewer@example.com", "Vera Viewer", "Viewers"),
    ("operator@example.com", "Oscar Operator", "Operators"),
    ("administrator@example.com", "Ada Administrator", "Administrators"),
)


class Command(BaseCommand):
    """Needs SANDBOX=true."""

    help = "Create a viewer, an operator and an administrator with a known password. Needs SANDBOX=true."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--address", default="", help="the address of the dashboard, for the printed text")

    def handle(self, *args: Any, address: str, **options: Any) -> None:
        if not settings.SANDBOX:
            raise CommandError("Demo accounts need SANDBOX=true, because everybody knows their password.")
        for email, name, group in ACCOUNTS:
            if not User.objects.filter(email=email).exists():
                User.objects.create_user(email, PASSWORD, name=name).groups.add(Group.objects.get(name=group))
        if address:
            self.stdout.write(f"Open {address} and log in with one of these accounts:")
        for email, _name, group in ACCOUNTS:
            person = User.objects.get(email=email)
            password = PASSWORD if person.check_password(PASSWORD) else "(the password was changed)"
            self.stdout.write(f"  {email:<28} {password:<28} {group}")
