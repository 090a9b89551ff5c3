from __future__ import annotations

from datetime import date

import pytest

from organization.models import Unit, UnitKind
from organization.services import unit_create

START = date(2020, 1, 1)


@pytest.fixture
def tree(db) -> dict[str, Unit]:
    """One city with two streets of two communities each, and a neighbouring county."""
    units: dict[str, Unit] = {}
    for code, name, kind in (
        ("34", "安徽省", UnitKind.PROVINCE),
        ("3401", "合肥市", UnitKind.CITY),
        ("340181", "巢湖市", UnitKind.COUNTY),
        ("340122", "肥东县", UnitKind.COUNTY),
        ("340181002", "亚父街道", UnitKind.STREET),
        ("340181003", "卧牛山街道", UnitKind.STREET),
        ("340181002008", "旗山社区", UnitKind.COMMUNITY),
        ("340181002001", "裕溪河畔社区", UnitKind.COMMUNITY),
        ("340181003001", "北大街社区", UnitKind.COMMUNITY),
        ("340122001", "店埠镇", UnitKind.STREET),
    ):
        parent = units.get(code[: {2: 0, 4: 2, 6: 4, 9: 6, 12: 9}[len(code)]])
        units[code] = unit_create(actor=None, code=code, name=name, kind=kind, parent=parent, valid_from=START)
    return units
