"""Which user is which person: who may see who has looked at their own file."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from personnel.models.people import Person


class OwnFile(models.Model):
    """One user is one person at most, and the other way round. Set by a security administrator."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("user")
    )
    person = models.OneToOneField(Person, on_delete=models.PROTECT, related_name="+", verbose_name=_("person"))
    since = models.DateTimeField(_("since"), auto_now_add=True)

    class Meta:
        verbose_name = _("own file")
        verbose_name_plural = _("own files")
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.user_id} · {self.person_id}"
