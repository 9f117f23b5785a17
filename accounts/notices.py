"""Mails that tell people what was done to their account."""

from typing import Any

from allauth.account.adapter import get_adapter


def notice_send(template: str, *, to: str, **context: Any) -> None:
    """Queue one mail within the current transaction.

    `template` names the two files `templates/account/email/<template>_subject.txt` and `_message.txt`.
    """
    get_adapter().send_mail(f"account/email/{template}", to, context)
