"""Damaged and hostile files: whatever comes, it is refused in words or reviewed, and applying it is whole or nothing.

`CWMS_FUZZ_FILES` says how many files (1,000 unless given); the same number always makes the same files.
"""

from __future__ import annotations

import io
import os
import random
import zipfile
from collections import Counter

import pytest
from django.db import connection

from core.errors import ApplicationError
from core.rules.apart import Unreadable
from core.rules.workbook import read_file
from personnel.models import Employment, Import, Person, Tenure
from personnel.rules.review import Context, UnitBook, UnitEntry, evaluate, find_twice
from personnel.selectors.imports import finding_text_for_system, shown_rows_for_system
from personnel.services.imports import files, import_apply, reviewing
from tests.personnel.imports.conftest import DAY, HEADERS, person_row, roster

FILES = int(os.environ.get("CWMS_FUZZ_FILES", "1000"))
SEED = 20261121
NASTY = [
    "", " ", "\u3000", "=1+1", "=HYPERLINK(\"http://x\")", "@SUM(A1)", "-1", "1e309", "nan", "inf", "5.10E+17", "0", "٣", "𠮷",
    "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"), "\u202e", "\x00", "\x0b", "'; DROP TABLE", "{{7*7}}", "%(x)s",
    "%s%s%s", "<script>", "长" * 5000, "1990.13", "0000-00-00", "9999-12-31", "1990年", "-5", "1e-9", "True", "NULL", "№", "Ⅳ", "①",
    "11010519491231002X", "99999999999999999X", "000000000000000000", "姓名", "合计", "旗山社区", "²", "½", "1990.²", "一九九〇年十三月",
]  # fmt: skip


def cells(random_: random.Random) -> list[list[object]]:
    rows: list[list[object]] = [list(HEADERS), *([person_row(n)[h] for h in HEADERS] for n in range(6))]
    for _change in range(random_.randint(1, 12)):
        row = random_.randrange(len(rows))
        kind = random_.random()
        if kind < 0.7:
            rows[row] += [""] * (len(HEADERS) - len(rows[row]))
            rows[row][random_.randrange(len(HEADERS))] = random_.choice(
                [*NASTY, 1e308, -0.5, 1990.1, True, 5.1e17, 10**14]
            )
        elif kind < 0.8:
            rows.insert(row, [random_.choice(NASTY)] * random_.randint(0, 30))
        elif kind < 0.9:
            rows[row] = rows[random_.randrange(len(rows))][:]
        else:
            random_.shuffle(rows[row])
    return rows


def mutated(number: int) -> bytes:
    """File number `number`: cells that mean nonsense, damaged XML, flipped bits, torn archives, texts in any coding."""
    random_ = random.Random(f"{SEED}-{number}")
    rows = cells(random_)
    kind = number % 5
    if kind == 0:
        from tests.personnel.imports.conftest import workbook

        return workbook(
            [
                [str(c) if isinstance(c, str) and c.startswith("=") else c for c in row if c not in (1e308,)]
                for row in rows
            ]
        )
    if kind == 1:
        text = "\n".join(random_.choice(",\t;").join(str(cell) for cell in row) for row in rows)
        return text.encode(random_.choice(["utf-8", "gb18030", "utf-16"]), "ignore")
    data = bytearray(roster([person_row(n) for n in range(4)]))
    if kind == 2:  # bits of the archive
        for _flip in range(random_.randint(1, 30)):
            data[random_.randrange(len(data))] ^= 1 << random_.randrange(8)
        return bytes(data[: random_.randrange(len(data))]) if random_.random() < 0.2 else bytes(data)
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(bytes(data))) as source, zipfile.ZipFile(buffer, "w") as target:
        for entry in source.infolist():
            content = bytearray(source.read(entry.filename))
            if random_.random() < 0.4 and content:
                if kind == 3:  # XML that is still nearly XML
                    word, other = random_.choice(
                        [(b"t=\"s\"", b"t=\"n\""), (b"<v>", b"<v>9"), (b"r=\"", b"r=\"Z"), (b"sheetData", b"sheetdata"),
                         (b"</row>", b""), (b"count=", b"c="), (b"<si>", b"<si><si>"), (b"Id=\"rId1\"", b"Id=\"rId9\""),
                         (b"utf-8", b"utf-7"), (b"s=\"1\"", b"s=\"99\""), (b"<c ", b"<c t=\"d\" "), (b"1", b"-1")]
                    )  # fmt: skip
                    content = content.replace(word, other)
                else:
                    for _flip in range(random_.randint(1, 20)):
                        content[random_.randrange(len(content))] = random_.randrange(256)
            if random_.random() > 0.03:
                target.writestr(entry.filename, bytes(content))
    return buffer.getvalue()


def test_no_file_crashes_the_reading_and_every_refusal_has_a_name():
    """Bytes to findings, without a database."""
    book = UnitBook(
        [UnitEntry("340181002008", "旗山社区", "亚父街道"), UnitEntry("340181002001", "裕溪河畔社区", "亚父街道")]
    )
    context = Context(DAY, book)
    outcome: Counter[str] = Counter()
    for number in range(FILES):
        try:
            sheets = read_file(mutated(number))
            readings = reviewing.read_all(sheets)
        except Unreadable as error:
            outcome[error.code] += 1
            outcome["unnamed"] += not str(files.refusal(error))
            continue
        except ApplicationError as error:
            outcome["refused"] += 1
            outcome["unnamed"] += not str(error)
            continue
        pairs = [(row, evaluate(row, context)) for reading in readings for row in reading.rows]
        find_twice(pairs)
        for _row, found in pairs:
            assert all(finding_text_for_system(finding.as_json()) for finding in found.findings)
        outcome["reviewed"] += 1
    assert outcome["unnamed"] == 0
    assert sum(outcome.values()) == FILES
    assert outcome["reviewed"] > FILES // 4
    assert outcome["DAMAGED"] > FILES // 20


@pytest.mark.django_db
def test_what_can_be_reviewed_is_applied_whole_or_not_at_all(upload, clerk, monkeypatch):
    monkeypatch.setattr(reviewing, "read_upload", lambda data: _in_process(data))
    partial = []
    for number in range(0, FILES, 10):
        before = Person.objects.count(), Employment.objects.count(), Tenure.objects.count()
        try:
            source = upload(mutated(number))
        except ApplicationError:
            assert (Person.objects.count(), Employment.objects.count(), Tenure.objects.count()) == before
            continue
        ready = source.counts["ready"]
        shown_rows_for_system(list(source.rows.all()))
        new = source.rows.filter(action="NEW").count()
        try:
            import_apply(actor=clerk, source=source, expected=ready)
        except ApplicationError:
            expected = before
        else:
            expected = tuple(count + new for count in before)
        if (Person.objects.count(), Employment.objects.count(), Tenure.objects.count()) != expected:
            partial.append(number)
        Import.objects.filter(pk=source.pk).delete()
    assert partial == []
    connection.check_constraints()


def _in_process(data: bytes):
    try:
        return read_file(data)
    except Unreadable as error:
        raise files.refusal(error) from error
