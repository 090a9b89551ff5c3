"""Whether a new password may be one: the profile's rules, common ones, and those that its user had."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.hashers import check_password
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from organization.models import PasswordPast, User
from organization.rules.passwords import LONGEST, PROFILES, Profile, context_words, faults_of


def profile() -> Profile:
    """The profile that this installation has chosen (CWMS_PASSWORDS)."""
    return PROFILES[settings.CWMS_PASSWORDS]


def password_rules(*, user: User) -> list[tuple[str, str, str]]:
    """What the page tells of the rules: (rule, its limit, text) each; the limit of "words" is the words, by blanks."""
    own = profile()
    rules = [
        (
            "shortest",
            str(own.shortest),
            _("At least %(count)s characters, at most %(most)s; blanks and Chinese count.")
            % {"count": own.shortest, "most": LONGEST},
        )
    ]
    if own.kinds:
        text = _("At least %(count)s of the four: small letters, capital letters, digits, other characters.")
        rules.append(("kinds", str(own.kinds), text % {"count": own.kinds}))
    words = context_words(user.username, user.display_name)
    rules.append(("words", "\n".join(words), _("Without your name, your user name or words like “cwms” and “社区”.")))
    rules.append(("", "", _("None of the 20,000 most common passwords.")))
    if own.kept > 1:
        rules.append(("", "", _("None of your last %(count)s passwords.") % {"count": own.kept}))
    if own.days:
        rules.append(("", "", _("It holds for %(count)s days; then you choose another.") % {"count": own.days}))
    return rules


def password_errors(*, user: User, new: str) -> list[str]:
    """Everything that is wrong with a new password, for its user; nothing where it may be taken."""
    own = profile()
    texts = {
        "shortest": ngettext(
            "It has %(has)s character; at least %(count)s are needed.",
            "It has %(has)s characters; at least %(count)s are needed.",
            len(new),
        )
        % {"has": len(new), "count": own.shortest},
        "longest": _("It is longer than %(most)s characters.") % {"most": LONGEST},
        "kinds": _("It needs at least %(count)s of the four: small letters, capital letters, digits, other characters.")
        % {"count": own.kinds},
        "words": _("It contains your name, your user name or a word that is guessed first here."),
    }
    errors = [texts[fault] for fault in faults_of(own, new, context_words(user.username, user.display_name))]
    try:
        CommonPasswordValidator().validate(new)
    except ValidationError:
        errors.append(_("It is one of the 20,000 most common passwords."))
    if not errors and own.kept:
        past = PasswordPast.objects.filter(user=user).order_by("-pk").values_list("password", flat=True)[: own.kept - 1]
        if any(check_password(new, kept) for kept in (user.password, *past)):
            errors.append(_("You had this password before. Choose another one."))
    return errors


def keep_past(*, user: User) -> None:
    """Remember the password that is about to be replaced, as its hash, and forget those that no longer count."""
    kept = profile().kept - 1  # with the new one, which the user's row has
    if kept < 1:
        return
    PasswordPast.objects.create(user=user, password=user.password)
    newest = PasswordPast.objects.filter(user=user).order_by("-pk").values_list("pk", flat=True)[:kept]
    PasswordPast.objects.filter(user=user).exclude(pk__in=list(newest)).delete()
