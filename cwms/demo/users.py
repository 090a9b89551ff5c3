"""The demonstration's users: one for every role, each with a one-time password that is shown once."""

from __future__ import annotations

from dataclasses import dataclass

from organization.models import Role, User
from organization.selectors import unit_for_system
from organization.services import grant_give, user_create


@dataclass(frozen=True)
class DemoUser:
    username: str
    display_name: str
    role: str
    unit: str


@dataclass(frozen=True)
class NewUser:
    """Somebody just created; the password is nowhere else."""

    username: str
    display_name: str
    role: str
    unit: str
    unit_name: str
    password: str


_FULL = (
    ("clerk", "街道经办员", Role.STREET_CLERK, True),
    ("street", "街道审核人", Role.STREET_APPROVER, True),
    ("officer", "组织部经办人", Role.ORG_OFFICER, False),
    ("approver", "组织部审核人", Role.ORG_APPROVER, False),
    ("finance", "财政审核人", Role.FINANCE, False),
    ("auditor", "审计员", Role.AUDITOR, False),
    ("rest", "接口程序", Role.REST_CLIENT, False),
    ("writer", "写入程序", Role.REST_WRITER, False),
    ("statistics", "统计程序", Role.STATISTICS_CLIENT, False),
    ("sysadmin", "系统管理员", Role.SYSTEM_ADMIN, False),
    ("security", "安全管理员", Role.SECURITY_ADMIN, False),
    ("reviewer", "联审部门经办人", Role.JOINT_REVIEWER, False),
)
_OFFICE = tuple(row for row in _FULL if row[0] in ("officer", "approver", "finance"))
_PLACES = {
    "chaohu": ("巢湖", "340181", "340181002", _FULL),
    "songling": ("松岭", "232762", "232762100", _FULL),
    "tongren": ("铜仁", "5206", "", _OFFICE),
    "leshan-shizhong": ("乐山市中", "511102", "", _OFFICE),
    "qingyang": ("庆阳", "6210", "", _OFFICE),
}


def users_of(place: str) -> list[DemoUser]:
    name, code, street, rows = _PLACES[place]
    return [
        DemoUser(f"{place}.{suffix}", f"{name}{title}", role, street if at_street else code)
        for suffix, title, role, at_street in rows
    ]


def load_users(place: str) -> list[NewUser]:
    """Creates the users that are missing, through the services; returns those alone, with their passwords."""
    created = []
    known = set(User.objects.values_list("username", flat=True))
    for row in users_of(place):
        if row.username in known:
            continue
        unit = unit_for_system(row.unit)
        user, password = user_create(actor=None, username=row.username, display_name=row.display_name, unit=unit)
        grant_give(actor=None, user=user, unit=unit, role=row.role)
        created.append(NewUser(row.username, row.display_name, row.role, unit.code, unit.name, password))
    return created
