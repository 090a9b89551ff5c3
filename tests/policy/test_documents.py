"""The governing documents of places: what they govern, where that is carried out, and their articles."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.apps import apps
from django.test import Client

from organization.models import User
from policy.rules.document import Policy, SourceDocument
from policy.rules.document.place import SECTIONS
from policy.rules.reading import PolicyErrors
from policy.rules.terms import Status
from policy.services import policy_load
from tests.policies import FOLDER, read_all
from tests.policy.frames import policy


def document(name: str, code: str) -> tuple[Policy, SourceDocument]:
    place = read_all()[name]
    return place, next(one for one in place.documents if one.code == code)


@pytest.mark.requirement("CH-36")
def test_chaohus_measures_have_seven_aspects_and_twelve_articles_left_open() -> None:
    place, measures = document("chaohu/2023", "CH")
    assert [aspect.name.zh for aspect in measures.aspects] == [
        "适用范围", "工作职责", "员额标准", "管理考核", "薪酬待遇", "激励保障", "退出机制",
    ]  # fmt: skip
    assert [article.code for article in measures.articles] == [str(n) for n in range(1, 13)]
    assert all(article.title is None for article in measures.articles)
    texts = [leaf for leaf in place.unset("documents") if leaf.path.endswith(".title")]
    assert len(texts) == 12
    assert all("没有列出" in (leaf.because or "") for leaf in texts)
    cited = [leaf for leaf in place.leaves if ".aspects." in leaf.path]
    assert {(leaf.status, leaf.cite) for leaf in cited} == {(Status.CITED, "CH-36")}


@pytest.mark.requirement("QY-01")
def test_qingyangs_two_documents_are_named() -> None:
    assert [one.title.zh for one in read_all()["qingyang/2023"].documents if one.code.startswith("QY")] == [
        "庆阳市社区工作者管理实施细则", "关于进一步加强社区工作者队伍建设的若干措施",
    ]  # fmt: skip


@pytest.mark.requirement("TR-01", "QY-02")
@pytest.mark.parametrize(
    ("name", "code", "aspects"),
    [
        ("tongren/2024", "TRTX", ["职业标准", "职业发展", "治理服务", "管理考核", "工作保障"]),
        ("qingyang/2023", "QY", ["人员配备", "薪酬待遇", "教育培训", "管理考核"]),
    ],
)
def test_each_system_is_carried_out_by_parts_of_the_program_that_are_there(
    name: str, code: str, aspects: list[str]
) -> None:
    place, found = document(name, code)
    assert [aspect.name.zh for aspect in found.aspects] == aspects
    for aspect in found.aspects:
        assert aspect.modules, aspect.code
        for module in aspect.modules:
            assert apps.is_installed(module)
            assert import_module(f"{module}.selectors")
        for section in aspect.sections:  # is it there, and does it say anything of this place?
            assert getattr(place, section), (aspect.code, section)


def test_a_section_or_module_that_does_not_exist_is_refused() -> None:
    aspect = {"code": "A", "name": "某", "sections": ["pays"], "modules": ["payrol"]}
    with pytest.raises(PolicyErrors) as refused:
        policy(documents=[{"code": "D", "title": "文件", "aspects": [aspect]}])
    assert {error.nearest for error in refused.value.errors} == {"pay", "payroll"}


def test_the_sections_are_those_of_a_file() -> None:
    assert set(SECTIONS) <= set(Policy.model_fields)


def test_the_page_of_a_version_shows_its_documents(db: None, client: Client) -> None:
    version = policy_load(actor=None, text=(FOLDER / "chaohu" / "2023.yaml").read_text(encoding="utf-8"))
    client.force_login(User.objects.create(username="reader", display_name="读者"))
    page = client.get(f"/rules/{version.pk}/").content.decode()
    assert "适用范围" in page
    assert page.count('<li value="') == 12
    assert "<code>payroll</code>" in page
