"""Sessions that begin and end."""

from __future__ import annotations

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from core.errors import NotFound
from core.services import audit
from organization.models import Session, User


@transaction.atomic
def session_begin(*, actor: User, address: str) -> int:
    """Write the log-in down; of the user's other sessions, the longest unused beyond CWMS_MOST_SESSIONS end.

    Returns how many ended.
    """
    User.objects.select_for_update(of=("self",), no_key=True).get(pk=actor.pk)
    most = settings.CWMS_MOST_SESSIONS - 1
    over = list(Session.objects.filter(user=actor).order_by("-seen", "-pk").values_list("pk", flat=True)[most:])
    Session.objects.filter(pk__in=over).delete()
    audit(
        actor=actor,
        action="organization.session.begin",
        obj=actor,
        after={"address": address} | ({"others_ended": len(over)} if over else {}),
    )
    return len(over)


@transaction.atomic
def session_end(*, actor: User, number: int) -> None:
    """End one of one's own sessions: its next request is a stranger's. Raises NotFound for another's, or one that ended."""
    session = Session.objects.select_for_update(of=("self",)).filter(user=actor, pk=number).first()
    if session is None:
        raise NotFound(_("This session has ended already."))
    audit(actor=actor, action="organization.session.end", obj=actor, before={"address": session.address})
    session.delete()


@transaction.atomic
def sessions_end_others(*, actor: User, but: int) -> int:
    """End all of one's own sessions except the one with the number `but`. Returns how many ended."""
    ended, _each = Session.objects.filter(user=actor).exclude(pk=but).delete()
    if ended:
        audit(actor=actor, action="organization.session.end", obj=actor, before={"sessions": ended})
    return ended


def end_sessions_of(*, user: User) -> int:
    """What somebody may do has changed, or whoever knows the old password: every browser has to log in anew."""
    return Session.objects.filter(user=user).delete()[0]
