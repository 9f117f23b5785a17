"""Links that an administrator gives to people, by mail or by hand, and their entries in the trail."""

from django.db import transaction

from accounts.links import link_make, purpose_for
from accounts.models import MailPurpose, User
from accounts.tasks import mail_queue
from trail.models import Action
from trail.services import entry_add
from trail.source import Source

ACTIONS = {MailPurpose.INVITATION: Action.PERSON_INVITED, MailPurpose.RESET: Action.PERSON_RESET_STARTED}


def link_send(*, person: User, actor: User, base: str, source: Source) -> MailPurpose:
    """Mail a link to set a password, and return which kind of link it is."""
    purpose = purpose_for(person)
    with transaction.atomic():
        entry_add(ACTIONS[purpose], actor=actor, source=source, person=person, body={"link": "mailed"})
        mail_queue(purpose=purpose, person=person, base=base)
    return purpose


def link_show(*, person: User, actor: User, base: str, source: Source) -> str:
    """Make a link to set a password, for the actor to hand over. The link is stored nowhere."""
    purpose = purpose_for(person)
    with transaction.atomic():
        entry_add(ACTIONS[purpose], actor=actor, source=source, person=person, body={"link": "shown"})
        return link_make(person, purpose=purpose, base=base)
