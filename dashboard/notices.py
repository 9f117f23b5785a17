"""Mails that tell people what was done to their account."""

from smtplib import SMTPException
from typing import Any

import structlog
from allauth.account.adapter import get_adapter

logger = structlog.get_logger(__name__)


def notice_send(template: str, *, to: str, **context: Any) -> bool:
    """Send one mail; False, with a line in the log, where that failed.

    `template` names the two files `templates/account/email/<template>_subject.txt` and `_message.txt`.
    """
    try:
        get_adapter().send_mail(f"account/email/{template}", to, context)
    except (OSError, SMTPException):
        logger.exception("mail_failed")
        return False
    return True
