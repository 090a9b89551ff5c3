"""The pages of a recruitment: from a vacancy to the hire, without JavaScript, and with errors all at once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.translation import override

from recruitment.models import Applicant, Plan, Position
from tests.recruitment.conftest import Chaohu, identity

TODAY = timezone.localdate()


def client(chaohu: Chaohu, name: str) -> Client:
    found = Client(headers={"accept-language": "en"})
    found.force_login(chaohu.users[name])
    return found


def test_from_a_vacancy_to_a_line_in_three_clicks(chaohu: Chaohu) -> None:
    """The board, the link beside the vacancy, the button."""
    chaohu.seats(3)
    plan = chaohu.plan()
    officer = client(chaohu, "officer")
    board = officer.get("/recruitment/")
    link = f"/recruitment/plans/{plan.pk}/lines/new/?unit={chaohu.units['340181'].code}&amp;number=3"
    assert link in board.content.decode()
    form = officer.get(link.replace("&amp;", "&"))
    assert f'value="{chaohu.units["340181"].code}"' in form.content.decode()
    street = {"unit": "340181002", "name": "社区工作者", "number": "3", "category": "COMMUNITY_WORKER"}
    answer = officer.post(f"/recruitment/plans/{plan.pk}/lines/new/", street)
    assert answer["Location"] == f"/recruitment/plans/{plan.pk}/"
    assert Position.objects.get().proposed == 3
    wrong = officer.post(f"/recruitment/plans/{plan.pk}/lines/new/", street | {"name": "另一岗位", "number": "1"})
    assert wrong.status_code == 422
    assert 'value="另一岗位"' in wrong.content.decode()


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_whole_way_by_pages(chaohu: Chaohu, language: str) -> None:
    chaohu.seats(3)
    officer, approver, clerk = (client(chaohu, name) for name in ("officer", "approver", "clerk"))
    with override(language):
        unit = chaohu.units["340181"].pk
        officer.post("/recruitment/plans/new/", {"unit": unit, "year": "2026", "title": "2026年公开招聘"})
        plan = Plan.objects.get()
        at = f"/recruitment/plans/{plan.pk}"
        line = {"unit": "340181002001", "name": "社区工作者", "number": "1", "category": "COMMUNITY_WORKER"}
        assert clerk.post(f"{at}/lines/new/", line).status_code == 302
        position = Position.objects.get()
        fixed = {"document": "巢组通〔2026〕5号", f"approved_{position.pk}": "1"}
        assert approver.post(f"{at}/fix/", fixed).status_code == 302
        days = {"day": TODAY, "applications_from": TODAY, "applications_until": TODAY + timedelta(days=5)}
        assert approver.post(f"{at}/announce/", {"notice": "公告"} | days).status_code == 302
        for number in (1, 2):
            answer = officer.post(
                f"{at}/applicants/new/",
                {"position": position.pk, "name": f"考生{number}", "identity_number": identity(number)},
            )
            assert answer.status_code == 302
        again = officer.post(
            f"{at}/applicants/new/", {"position": position.pk, "name": "考生1", "identity_number": identity(1)}
        )
        assert again.status_code == 422
        assert officer.post(f"{at}/applicants/screen/").status_code == 302
        for one in Applicant.objects.all():
            page = f"/recruitment/applicants/{one.pk}/decide/"
            assert officer.post(page, {"admit": "yes", "reason": "材料齐全"}).status_code == 302
        wrong = officer.post(f"{at}/marks/", {"part": "written", "grid": "1\t80\n7\t101"})
        assert wrong.status_code == 422
        assert "7\t101" in wrong.content.decode()
        officer.post(f"{at}/marks/", {"part": "written", "grid": "1\t80\n2\t80"})
        officer.post(
            f"{at}/marks/", {"part": "interview", "grid": "\n".join(f"{n}\t80\t80\t80\t80\t80" for n in (1, 2))}
        )
        officer.post(f"{at}/ranking/make/")
        ranking = officer.get(f"{at}/ranking/").content.decode()
        assert ranking.count(f"/recruitment/plans/{plan.pk}/lines/{position.pk}/equals/") == 2
        assert "80.00" in ranking
        assert (
            officer.post(f"{at}/lines/{position.pk}/equals/", {"numbers": "2 1", "reason": "加试"}).status_code == 302
        )
        chosen = Applicant.objects.get(number=2)
        for kind in ("MEDICAL", "BACKGROUND"):
            review = {"kind": kind, "passed": "yes", "day": TODAY}
            assert officer.post(f"/recruitment/applicants/{chosen.pk}/review/", review).status_code == 302
        assert approver.post(f"{at}/publish/", {"day": TODAY - timedelta(days=30)}).status_code == 302
        effect = clerk.get(f"/recruitment/applicants/{chosen.pk}/hire/").content.decode()
        assert "巢湖市" in effect
        assert clerk.post(f"/recruitment/applicants/{chosen.pk}/hire/", {"start": TODAY}).status_code == 302
        chosen.refresh_from_db()
        assert chosen.state == "HIRED"
        for page in (f"{at}/", f"{at}/applicants/", f"{at}/ranking/", f"/recruitment/applicants/{chosen.pk}/"):
            assert officer.get(page).status_code == 200, page
        assert approver.post(f"{at}/close/").status_code == 302


def test_a_street_sees_its_own_applicants_and_no_identity_number(chaohu: Chaohu) -> None:
    plan, position = chaohu.announced()
    one = chaohu.applicant(plan, position, 1)
    page = client(chaohu, "clerk").get(f"/recruitment/plans/{plan.pk}/applicants/").content.decode()
    assert "考生1" in page
    assert identity(1) not in page
    assert client(chaohu, "sibling").get(f"/recruitment/applicants/{one.pk}/").status_code == 404
    assert "考生1" not in client(chaohu, "sibling").get(f"/recruitment/plans/{plan.pk}/applicants/").content.decode()


def test_a_line_is_taken_back_before_the_plan_is_fixed_and_cut_after(chaohu: Chaohu) -> None:
    chaohu.seats(10)
    plan = chaohu.plan()
    first, second = chaohu.propose(plan, 2), chaohu.propose(plan, 1, name="另一岗位")
    clerk, approver = client(chaohu, "clerk"), client(chaohu, "approver")
    page = f"/recruitment/plans/{plan.pk}/"
    assert f'action="{page}lines/{second.pk}/withdraw/"' in clerk.get(page).content.decode()
    assert "/cut/" not in approver.get(page).content.decode()
    assert clerk.post(f"{page}lines/{second.pk}/withdraw/")["Location"] == page
    assert list(Position.objects.values_list("pk", flat=True)) == [first.pk]
    approver.post(f"{page}fix/", {"document": "巢组通〔2026〕5号", f"approved_{first.pk}": "2"})
    day = {"day": str(TODAY), "applications_from": str(TODAY), "applications_until": str(TODAY + timedelta(days=9))}
    assert approver.post(f"{page}announce/", {"notice": "公告", **day}).status_code == 302
    cut = f"{page}lines/{first.pk}/cut/"
    assert cut in approver.get(page).content.decode()
    assert cut not in clerk.get(page).content.decode()
    assert clerk.get(cut).status_code in (403, 404)
    wrong = approver.post(cut, {"number": "2", "reason": "报名人数不足"})
    assert wrong.status_code == 422
    assert "There are 2 posts; cut them to fewer." in wrong.content.decode()
    assert "报名人数不足" in wrong.content.decode()
    assert approver.post(cut, {"number": "1", "reason": "报名人数不足"})["Location"] == page
    first.refresh_from_db()
    assert (first.approved, first.reason) == (1, "报名人数不足")
    assert client(chaohu, "sibling").post(f"{page}lines/{first.pk}/withdraw/").status_code in (403, 404)
