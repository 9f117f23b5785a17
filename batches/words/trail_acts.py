"""How pages speak of acts beside writing a batch: on operations, of people, of logins, downloads and refusals."""

from typing import Any

from batches.words.change import SOMEBODY_ELSEWHERE
from common.untrusted import visible
from trail.models import Action, Entry

# Which batches an operation is about, by its scope. Of a campaign the name follows.
TARGETS = {
    "campaign": "batches",
    "selection": "selected batches",
    "filter": "filtered batches",
    "all": "everything active",
}
OF_OPERATIONS: dict[str, str] = {
    Action.OPERATION_ABORTED: "aborted",
    Action.OPERATION_RETRIED: "tried again what was left of",
    Action.OPERATION_CONFIRMED: "confirmed",
    Action.OPERATION_UNDONE: "undid",
    Action.OPERATION_TAKEN_OVER: "took over",
    Action.OPERATION_SUPERSEDED: "ended, by a later stop,",
    Action.OPERATION_CALLS_STOPPED: "stopped and paused",
    Action.STOP_SILENT: "saw that nobody is contacted any more after",
    Action.STOP_BROKEN: "saw that a request began after",
    Action.OPERATION_ENDED_WITHOUT_AUTHORITY: "ended, because its actor can no longer do this,",
    Action.HOLD_PLACED: "placed a hold with",
    Action.HOLD_LIFTED: "lifted the hold of",
    Action.HOLD_ALARM: "raised the alarm for the hold of",
    Action.OPERATION_GOES_ON_WITHOUT_AUTHORITY: "continues, although its actor can no longer do this,",
}
OF_HOLDS = (Action.HOLD_PLACED, Action.HOLD_LIFTED, Action.HOLD_ALARM)
# What comes next is a person, a role or a batch.
VERBS: dict[str, str] = {
    Action.CHANGE_REASON_ADDED: "added the reason for a change of",
    Action.HOLD_ATTEMPT: "resumed, under a hold,",
    Action.LOGGED_IN: "logged in",
    Action.LOGGED_OUT: "logged out",
    Action.LOGIN_FAILED: "could not log in as",
    Action.LOGIN_LOCKED: "failed too often to log in as",
    Action.REFUSED: "was refused",
    Action.EXPORTED: "downloaded",
    Action.TARGETS_SEEN: "saw phone numbers and emails of",
    Action.PERSON_CREATED: "created the account of",
    Action.PERSON_INVITED: "invited",
    Action.PERSON_RESET_STARTED: "started a password reset for",
    Action.PERSON_EMAIL_CHANGED: "changed the email of",
    Action.PERSON_PASSWORD_SET: "set the password of",
    Action.PERSON_PASSWORD_CHANGED: "changed their own password",
    Action.PERSON_PASSWORD_RESET: "set, by a link, the password of",
    Action.PERSON_RESET_REQUESTED: "requested a password reset for",
    Action.PERSON_ROLES_CHANGED: "changed the roles of",
    Action.PERSON_DEACTIVATED: "deactivated",
    Action.PERSON_REACTIVATED: "reactivated",
    Action.PERSON_DELETED: "deleted the account of",
    Action.ROLE_CREATED: "created the role",
    Action.ROLE_CHANGED: "changed the role",
}
# After the requests comes their batch, after a proof its entry.
DOWNLOADS = {"requests": "the requests of", "proof": "the proof of entry"}
ABOUT_ONESELF = (Action.LOGGED_IN, Action.LOGGED_OUT, Action.PERSON_PASSWORD_CHANGED)
ANONYMOUS = (Action.LOGIN_FAILED, Action.LOGIN_LOCKED, Action.PERSON_PASSWORD_RESET, Action.PERSON_RESET_REQUESTED)


def said(entry: Entry) -> tuple[str, str, str, str]:
    """Return who, what they did, to what, and what else there is to know; the last two may be ""."""
    nobody = "Somebody" if entry.action in (*ANONYMOUS, Action.REFUSED) else "The dashboard"
    if entry.action == Action.HOLD_ATTEMPT:
        nobody = SOMEBODY_ELSEWHERE
    verb = VERBS.get(entry.action, entry.action_label.lower())
    return entry.actor_email or nobody, verb, _what(entry), _detail(entry)


def of_operation(entry: Entry) -> tuple[str, str, str]:
    """Return what was done to an operation, to which, and what else there is to know."""
    by, hold = entry.body.get("by"), entry.body.get("hold")
    if hold and entry.action in OF_HOLDS:
        attempts = entry.body.get("attempts")
        more = f" {attempts} attempts within an hour." if attempts else ""
        return OF_OPERATIONS[entry.action], f"operation {entry.operation_id}", f"Hold {hold}.{more}"
    verb = OF_OPERATIONS.get(entry.action, entry.action_label.lower())
    detail = f"Operation {by} came after it." if by else ""
    if entry.action == Action.STOP_BROKEN:
        detail = visible(f"In batch {entry.body.get('batch')}.")
    return verb, f"operation {entry.operation_id}", detail


def _what(entry: Entry) -> str:
    match entry.action:
        case action if action in ABOUT_ONESELF:
            return ""
        case Action.REFUSED:
            return visible(f"{entry.body.get('method', '')} {entry.body.get('path', '')}".strip())
        case Action.EXPORTED:
            what = DOWNLOADS.get(str(entry.body.get("what")), "the trail")
            if export := entry.body.get("export"):
                return visible(f"{what}, export {export}")
            return visible(f"{what} {entry.body.get('entry', '')}".strip())
        case Action.ROLE_CREATED | Action.ROLE_CHANGED:
            return visible(_object(entry.body.get("new")).get("name", ""))
    return visible(entry.person_email)


def _detail(entry: Entry) -> str:
    """Return what was there before and after, or what a download or a look was about."""
    body = entry.body
    match entry.action:
        case Action.PERSON_ROLES_CHANGED:
            return f"Roles: {_roles(body.get('old'))} → {_roles(body.get('new'))}"
        case Action.PERSON_EMAIL_CHANGED:
            return visible(f"Email: {body.get('old') or 'none'} → {body.get('new') or 'none'}")
        case Action.ROLE_CHANGED:
            return _permissions(_object(body.get("old")), _object(body.get("new")))
        case Action.EXPORTED:
            chosen = _object(body.get("filter"))
            words = ", ".join(f"{name}:{value}" for name, value in chosen.items() if value)
            return visible(f"Filter: {words}") if words else ""
        case Action.TARGETS_SEEN:
            return visible(f"{body.get('rows', 0)} requests")
    return ""


def _roles(powers: Any) -> str:
    roles = _object(powers).get("roles")
    return visible(", ".join(map(str, roles))) if isinstance(roles, list) and roles else "none"


def _permissions(old: dict[str, Any], new: dict[str, Any]) -> str:
    was, now = _names(old), _names(new)
    parts = [("Added", sorted(now - was)), ("Removed", sorted(was - now))]
    return visible(". ".join(f"{word}: {', '.join(names)}" for word, names in parts if names))


def _names(role: dict[str, Any]) -> set[str]:
    permissions = role.get("permissions")
    return set(map(str, permissions)) if isinstance(permissions, list) else set()


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
