"""The registry of fields: one home for what a field of the personnel file is.

Forms, columns of lists, imports, exports, the programming interface and the policy of fields all read it. A code is
the attribute of the person ("name") or the section's prefix and the attribute of its rows ("education.level").
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from personnel.rules.words import STANDARD, STORED_AS_STANDARD, WORDS

PUBLIC, PERSONAL, SENSITIVE = "public", "personal", "sensitive"


@dataclass(frozen=True, slots=True)
class Field:
    """One field. `codes` names the TextChoices in `personnel.models.codes` of a field of kind "code".

    kind: text | name | identity | phone | date | month | code | yesno | number | money (fen) | unit | post.
    sensitivity: public (in every list) | personal (on the record) | sensitive (masked until asked for).
    required: needed to enter a new person.
    """

    code: str
    section: str
    kind: str
    zh: str
    en: str
    synonyms: tuple[str, ...] = ()
    codes: str | None = None
    sensitivity: str = PUBLIC
    required: bool = False

    @property
    def attribute(self) -> str:
        """The name on the model."""
        return self.code.rpartition(".")[2]


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the file: single values of the person (`rows` False), or rows of a model of `personnel.models`.

    start, end: the attributes of the half-open range in which a row holds; without `end` a row happens on its day and
    stays. by: the attributes that say which rows replace each other ("one of a scheme at a time"), None where several
    may hold at once. same: the attributes by which a row of a file means a row on record, the first of them always.
    """

    code: str
    zh: str
    en: str
    model: str = "Person"
    prefix: str = ""
    start: str = ""
    end: str = ""
    by: tuple[str, ...] | None = None
    same: tuple[str, ...] = ()

    @property
    def rows(self) -> bool:
        return self.model != "Person"


SECTIONS: Mapping[str, Section] = MappingProxyType(
    {
        section.code: section
        for section in (
            Section("identity", "基本信息", "Identity"),
            Section("contact", "联系方式", "Contact"),
            Section("party", "政治面貌", "Political status", "PartyMembership", "party", "joined"),
            Section("employment", "聘用", "Employment", "Employment", "employment", "start", "end"),
            Section("placement", "使用与借调", "Placement", "Placement", "placement", "start", "end"),
            Section("post", "职务", "Posts", "Tenure", "tenure", "start", "end"),
            Section("education", "学历学位", "Education", "Education", "education", "graduated"),
            Section("certificate", "职业资格证书", "Certificates", "Certificate", "certificate", "issued"),
            Section("resume", "简历", "Résumé", "ResumeLine", "resume", "start", "end", same=("start", "organisation")),
            Section("family", "家庭成员", "Family", "FamilyMember", "family", same=("name", "relation")),
            Section("honour", "表彰奖励", "Honours", "Honour", "honour", "day", same=("day", "title", "kind")),
            Section(
                "discipline",
                "处分",
                "Discipline",
                "Discipline",
                "discipline",
                "start",
                "effect_end",
                same=("start", "kind"),
            ),
            Section(
                "public_role",
                "两代表一委员",
                "Public roles",
                "PublicRole",
                "public_role",
                "start",
                "end",
                same=("kind", "level", "start"),
            ),
            Section(
                "treatment",
                "享受待遇",
                "Special treatment",
                "SpecialTreatment",
                "treatment",
                "start",
                "end",
                ("level",),
                ("level", "start"),
            ),
            Section(
                "named_list",
                "名单",
                "Named lists",
                "NamedListEntry",
                "named_list",
                "start",
                "end",
                ("kind",),
                same=("kind", "start"),
            ),
            Section(
                "duty",
                "责任和任务清单",
                "Responsibilities and tasks",
                "DutyItem",
                "duty",
                "start",
                "done",
                same=("text", "start"),
            ),
            Section(
                "insurance",
                "社会保险和公积金",
                "Insurance",
                "InsuranceEnrolment",
                "insurance",
                "start",
                "end",
                ("scheme",),
                ("scheme", "start"),
            ),
            Section(
                "bank", "银行账户", "Bank accounts", "BankAccount", "bank", "start", "end", ("main",), same=("number",)
            ),
            Section("post_fit", "人岗适配", "Person and post", "PostFit", "post_fit", "day", same=("day",)),
            Section("health_check", "健康体检", "Health checks", "HealthCheck", "health_check", "day", same=("day",)),
            Section("leave", "请休假", "Leave", "Leave", "leave", "start", "end", same=("start", "kind")),
            Section("support", "关怀帮扶", "Support", "SupportRecord", "support", "day", same=("day", "kind")),
            Section(
                "area",
                "负责片区",
                "Areas of responsibility",
                "ResponsibilityArea",
                "area",
                "start",
                "end",
                same=("unit", "start", "role"),
            ),
        )
    }
)


def _person() -> Iterator[Field]:
    """Single values of the person."""
    yield Field("name", "identity", "name", "姓名", "Name", ("姓 名", "名字", "人员姓名", "员工姓名"), required=True)
    yield Field("sex", "identity", "code", "性别", "Sex", ("性 别",), codes="Sex", required=True)
    yield Field(
        "document_type",
        "identity",
        "code",
        "证件类型",
        "Identity document",
        ("证件种类", "身份证件类型"),
        codes="DocumentType",
    )
    yield Field(
        "identity_number",
        "identity",
        "identity",
        "身份证号",
        "Identity number",
        (
            "身份证号码",
            "公民身份号码",
            "公民身份证号码",
            "身份证",
            "证件号码",
            "证件号",
            "居民身份证号",
            "身份证件号码",
        ),
        sensitivity=SENSITIVE,
        required=True,
    )
    yield Field(
        "birth_date",
        "identity",
        "date",
        "出生日期",
        "Date of birth",
        ("出生年月", "出生年月日", "出生时间", "生日", "出生年月(岁)"),
        sensitivity=PERSONAL,
        required=True,
    )
    yield Field("ethnic_group", "identity", "code", "民族", "Ethnic group", ("民 族",), codes="EthnicGroup")
    yield Field("native_place", "identity", "text", "籍贯", "Native place", ("籍 贯", "祖籍"), sensitivity=PERSONAL)
    yield Field("birth_place", "identity", "text", "出生地", "Place of birth", ("出生地点",), sensitivity=PERSONAL)
    yield Field(
        "political_status",
        "identity",
        "code",
        "政治面貌",
        "Political status",
        ("政治身份", "政治面目", "党派"),
        codes="PoliticalStatus",
        sensitivity=PERSONAL,
    )
    yield Field(
        "democratic_party",
        "identity",
        "code",
        "民主党派",
        "Democratic party",
        ("所属民主党派",),
        codes="DemocraticParty",
        sensitivity=PERSONAL,
    )
    yield Field(
        "party_joined",
        "identity",
        "date",
        "入党时间",
        "Joined the party",
        ("入党日期", "入党年月", "加入党派时间"),
        sensitivity=PERSONAL,
    )
    yield Field(
        "marital_status", "identity", "code", "婚姻状况", "Marital status", ("婚姻", "婚否"), codes="MaritalStatus",
        sensitivity=PERSONAL,
    )  # fmt: skip
    yield Field(
        "health",
        "identity",
        "code",
        "健康状况",
        "Health",
        ("身体状况", "健康情况"),
        codes="Health",
        sensitivity=SENSITIVE,
    )
    yield Field(
        "work_started", "identity", "date", "参加工作时间", "Started work",
        ("参加工作日期", "参加工作年月", "工作时间", "参工时间"),
    )  # fmt: skip
    yield Field(
        "professional_title", "identity", "text", "专业技术职务", "Professional title", ("职称", "专业技术资格")
    )
    yield Field("specialities", "identity", "text", "熟悉专业有何专长", "Specialities", ("专长", "特长", "熟悉专业"))
    yield Field("background", "identity", "text", "身份背景", "Background", ("人员身份", "身份类别"))
    yield Field(
        "certificate_exams_failed", "identity", "number", "证书考试未通过次数", "Certificate examinations failed", ()
    )
    yield Field("union_joined", "identity", "date", "加入工会时间", "Joined the union", ("入会时间", "工会会员"))
    yield Field(
        "household", "contact", "code", "户口性质", "Household registration", ("户籍性质", "户口类型"), codes="Household",
        sensitivity=PERSONAL,
    )  # fmt: skip
    yield Field(
        "household_address", "contact", "text", "户口所在地", "Household address", ("户籍所在地", "户籍地址", "户籍地"),
        sensitivity=PERSONAL,
    )  # fmt: skip
    yield Field(
        "registered_residence", "contact", "text", "户籍地代码", "Registered residence (unit code)", (),
        sensitivity=PERSONAL,
    )  # fmt: skip
    yield Field("lives_in", "contact", "text", "居住社区代码", "Lives in (unit code)", (), sensitivity=PERSONAL)
    yield Field(
        "phone", "contact", "phone", "手机号码", "Mobile phone",
        ("手机", "联系电话", "手机号", "电话", "联系方式", "移动电话", "电话号码"), sensitivity=SENSITIVE,
    )  # fmt: skip
    yield Field(
        "other_phone",
        "contact",
        "phone",
        "其他电话",
        "Other phone",
        ("固定电话", "办公电话", "座机"),
        sensitivity=SENSITIVE,
    )
    yield Field(
        "address", "contact", "text", "家庭住址", "Address",
        ("家庭地址", "住址", "现住址", "居住地址", "现居住地", "通讯地址"), sensitivity=SENSITIVE,
    )  # fmt: skip
    yield Field(
        "emergency_contact",
        "contact",
        "text",
        "紧急联系人",
        "Emergency contact",
        ("应急联系人",),
        sensitivity=SENSITIVE,
    )
    yield Field(
        "emergency_phone", "contact", "phone", "紧急联系电话", "Emergency phone",
        ("紧急联系人电话", "应急联系电话"), sensitivity=SENSITIVE,
    )  # fmt: skip


def _work() -> Iterator[Field]:
    """Employments, placements and posts."""
    yield Field(
        "employment.unit", "employment", "unit", "所属社区", "Unit",
        ("社区", "单位", "所在社区", "工作单位", "所在单位", "社区名称", "街道", "所属单位", "现工作单位"), required=True,
    )  # fmt: skip
    yield Field("employment.employer", "employment", "unit", "用人单位", "Employer", ("聘用单位", "合同单位"))
    yield Field("employment.recruiter", "employment", "unit", "招录单位", "Recruiter", ("招聘单位", "选聘单位"))
    yield Field(
        "employment.category", "employment", "code", "人员类别", "Category", ("岗位类别", "人员性质", "类别", "人员身份类别"),
        codes="Category", required=True,
    )  # fmt: skip
    yield Field(
        "employment.entry_channel", "employment", "code", "进入渠道", "Entry channel",
        ("人员来源", "招录方式", "来源渠道", "选任类别", "招录批次/选任类别"), codes="EntryChannel",
    )  # fmt: skip
    yield Field("employment.batch", "employment", "text", "招录批次", "Recruitment batch", ("批次",))
    yield Field(
        "employment.start", "employment", "date", "入职日期", "Entered",
        ("入职年月", "入职时间", "进社区时间", "到社区工作时间", "上岗时间", "聘用时间", "任职社区时间"), required=True,
    )  # fmt: skip
    yield Field(
        "employment.end", "employment", "date", "退出日期", "Left", ("退出时间", "离职时间", "离职日期", "离任时间")
    )
    yield Field(
        "employment.end_reason", "employment", "code", "退出原因", "Reason of leaving", ("离职原因",), codes="EndReason"
    )
    yield Field("employment.exit_code", "employment", "text", "退出情形", "Reason by the rules", ())
    yield Field(
        "employment.destination_kind", "employment", "code", "去向类别", "Kind of destination", ("去向分类",),
        codes="Destination",
    )  # fmt: skip
    yield Field("employment.destination", "employment", "text", "退出去向", "Destination", ("去向", "离职去向"))
    yield Field(
        "employment.probation_end", "employment", "date", "试用期满", "End of probation", ("试用期截止", "转正时间")
    )
    yield Field(
        "employment.contract_number", "employment", "text", "合同编号", "Contract number", ("劳动合同编号",),
        sensitivity=PERSONAL,
    )  # fmt: skip
    yield Field(
        "employment.contract_start", "employment", "date", "合同开始", "Contract from",
        ("合同起始日期", "合同签订时间", "劳动合同开始时间"),
    )  # fmt: skip
    yield Field(
        "employment.contract_end", "employment", "date", "合同期满", "Contract until",
        ("合同终止日期", "合同到期时间", "合同截止日期", "劳动合同结束时间"),
    )  # fmt: skip
    yield Field(
        "employment.establishment", "employment", "code", "编制", "Establishment", ("编制类型", "编制性质"),
        codes="Establishment",
    )  # fmt: skip
    yield Field(
        "placement.kind", "placement", "code", "使用方式", "Kind", ("借调类型", "锻炼方式"), codes="PlacementKind"
    )
    yield Field("placement.manager", "placement", "unit", "管理单位", "Managed by", ("主管单位",))
    yield Field(
        "placement.work_unit", "placement", "unit", "使用单位", "Works in", ("实际工作部门", "借调单位", "工作地点")
    )
    yield Field("placement.place", "placement", "text", "外单位名称", "Place outside", ("借往单位",))
    yield Field("placement.start", "placement", "date", "开始日期", "From", ("借调开始时间",))
    yield Field("placement.end", "placement", "date", "结束日期", "Until", ("借调结束时间",))
    yield Field("placement.due", "placement", "date", "预计返回日期", "Expected back", ("预计归还日期", "借调期限"))
    yield Field("placement.document", "placement", "text", "依据文件", "Document", ())
    yield Field(
        "tenure.title", "post", "code", "职务", "Post", ("现任职务", "岗位", "职务名称", "所任职务", "担任职务"),
        codes="PostTitle", required=True,
    )  # fmt: skip
    yield Field("tenure.unit", "post", "unit", "任职单位", "In", ("任职社区",))
    yield Field("tenure.start", "post", "date", "任职日期", "Appointed", ("任职时间", "任现职时间", "任职年月"))
    yield Field("tenure.end", "post", "date", "免职日期", "Removed", ("免职时间", "卸任时间"))
    yield Field("tenure.full_time", "post", "yesno", "是否专职", "Full time", ("专职", "专兼职"))
    yield Field("tenure.election", "post", "code", "产生方式", "Elected how", ("当选方式",), codes="Election")
    yield Field("tenure.appointed_as", "post", "text", "任命岗位", "Category entered by the appointment", ())
    yield Field(
        "tenure.home_organization", "post", "text", "报到党员所在党组织", "Party organisation of the workplace",
        ("所在单位党组织", "在职党组织"),
    )  # fmt: skip
    yield Field("tenure.document", "post", "text", "任免文号", "Document", ("任职文号", "任命文件"))


def _life() -> Iterator[Field]:
    """What somebody has learned, done, been given and been blamed for."""
    yield Field("party.joined", "party", "date", "入党日期（党籍）", "Joined", ())
    yield Field("party.confirmed", "party", "date", "转正日期", "Confirmed", ("转正时间（党员）", "党员转正时间"))
    yield Field("party.branch", "party", "unit", "所在支部", "Branch", ("所在党支部", "党组织关系所在地"))
    yield Field(
        "education.level", "education", "code", "学历", "Education",
        ("文化程度", "最高学历", "学 历", "教育程度", "学历层次"), codes="EducationLevel",
    )  # fmt: skip
    yield Field(
        "education.completion", "education", "code", "毕结业情况", "Completion",
        ("毕（结、肄）业", "毕结业结论", "毕业情况", "学习完成情况"), codes="Completion",
    )  # fmt: skip
    yield Field("education.degree", "education", "code", "学位", "Degree", ("最高学位",), codes="Degree")
    yield Field(
        "education.study_mode", "education", "code", "学习形式", "Mode of study", ("教育类型", "是否全日制", "学历类型"),
        codes="StudyMode",
    )  # fmt: skip
    yield Field(
        "education.school", "education", "text", "毕业院校", "School", ("毕业学校", "院校", "学校", "毕业院校系及专业")
    )
    yield Field("education.major", "education", "text", "专业", "Major", ("所学专业", "院系及专业"))
    yield Field("education.start", "education", "month", "入学时间", "Began", ("入学日期",))
    yield Field("education.graduated", "education", "month", "毕业时间", "Graduated", ("毕业日期", "毕业年月"))
    yield Field("education.number", "education", "text", "学历证书编号", "Diploma number", ("毕业证书编号",))
    yield Field(
        "certificate.level", "certificate", "code", "社会工作者职业资格", "Certificate",
        ("社会工作者职业水平证书情况", "社工证", "职业资格证书", "社工证书", "资格证书", "职业资格", "社会工作师等级"),
        codes="CertificateLevel",
    )  # fmt: skip
    yield Field(
        "certificate.number",
        "certificate",
        "text",
        "证书编号",
        "Certificate number",
        ("证书号", "资格证书编号", "管理号"),
    )
    yield Field(
        "certificate.issued",
        "certificate",
        "month",
        "发证日期",
        "Issued",
        ("取证时间", "取得证书时间", "授予时间", "获证时间"),
    )
    yield Field("certificate.registered_from", "certificate", "date", "登记日期", "Registered from", ("注册日期",))
    yield Field(
        "certificate.registered_until", "certificate", "date", "登记有效期至", "Registered until", ("注册有效期",)
    )
    yield Field("certificate.appointed_from", "certificate", "date", "聘任日期", "Appointed from", ("聘用日期",))
    yield Field("resume.start", "resume", "month", "起始时间", "From", ("简历起始",))
    yield Field("resume.end", "resume", "month", "截止时间", "Until", ("简历截止",))
    yield Field("resume.organisation", "resume", "text", "学习或工作单位", "Where", ("所在单位或学校",))
    yield Field("resume.role", "resume", "text", "身份或职务", "As what", ())
    yield Field(
        "family.relation", "family", "code", "称谓", "Relation", ("与本人关系", "家庭关系"), codes="FamilyRelation",
        sensitivity=PERSONAL,
    )  # fmt: skip
    yield Field("family.name", "family", "name", "家庭成员姓名", "Name", ("成员姓名",), sensitivity=PERSONAL)
    yield Field("family.birth_date", "family", "month", "成员出生年月", "Born", (), sensitivity=SENSITIVE)
    yield Field(
        "family.political_status", "family", "code", "成员政治面貌", "Political status", (), codes="PoliticalStatus",
        sensitivity=SENSITIVE,
    )  # fmt: skip
    yield Field("family.work", "family", "text", "成员工作单位及职务", "Work", (), sensitivity=PERSONAL)
    yield Field("family.phone", "family", "phone", "成员联系电话", "Phone", (), sensitivity=SENSITIVE)
    yield Field("honour.kind", "honour", "code", "表彰类型", "Kind", ("奖励类型",), codes="HonourKind")
    yield Field("honour.level", "honour", "code", "表彰级别", "Level", ("奖励级别", "荣誉级别"), codes="HonourLevel")
    yield Field("honour.title", "honour", "text", "荣誉称号", "Title", ("表彰名称", "奖励名称", "奖励"))
    yield Field("honour.day", "honour", "date", "表彰日期", "Day", ("获奖时间", "表彰时间"))
    yield Field("honour.issuer", "honour", "text", "授予单位", "Issued by", ("表彰单位",))
    yield Field("honour.document", "honour", "text", "表彰文号", "Document", ())
    yield Field(
        "discipline.kind", "discipline", "code", "处分种类", "Kind", ("处分", "处分类型"), codes="DisciplineKind",
        sensitivity=SENSITIVE,
    )  # fmt: skip
    yield Field("discipline.start", "discipline", "date", "处分日期", "From", ("处分时间",), sensitivity=SENSITIVE)
    yield Field(
        "discipline.effect_end", "discipline", "date", "影响期满", "Has effect until", ("处分影响期",),
        sensitivity=SENSITIVE,
    )  # fmt: skip
    yield Field("discipline.issuer", "discipline", "text", "处分机关", "Issued by", (), sensitivity=SENSITIVE)
    yield Field("discipline.document", "discipline", "text", "处分文号", "Document", (), sensitivity=SENSITIVE)
    yield Field(
        "public_role.kind", "public_role", "code", "代表委员身份", "Kind", ("两代表一委员",), codes="PublicRoleKind"
    )
    yield Field("public_role.level", "public_role", "code", "代表委员级别", "Level", (), codes="HonourLevel")
    yield Field("public_role.term", "public_role", "text", "届次", "Term", ())
    yield Field("public_role.start", "public_role", "date", "当选日期", "From", ())
    yield Field("public_role.end", "public_role", "date", "届满日期", "Until", ())
    yield Field("public_role.document", "public_role", "text", "当选文件", "Document", ())


def _care() -> Iterator[Field]:
    """What somebody gets and is responsible for."""
    yield Field("treatment.level", "treatment", "code", "享受待遇", "Level", ("待遇级别",), codes="TreatmentLevel")
    yield Field("treatment.start", "treatment", "date", "待遇开始", "From", ())
    yield Field("treatment.end", "treatment", "date", "待遇结束", "Until", ())
    yield Field("treatment.with_post", "treatment", "yesno", "随任期终止", "Ends with the post", ())
    yield Field("treatment.document", "treatment", "text", "待遇文件", "Document", ())
    yield Field(
        "named_list.kind", "named_list", "code", "所在名单", "List", ("名单类别", "后备名单"), codes="NamedListKind",
        sensitivity=PERSONAL,
    )  # fmt: skip
    yield Field("named_list.batch", "named_list", "text", "名单批次", "Batch", (), sensitivity=PERSONAL)
    yield Field("named_list.start", "named_list", "date", "列入日期", "From", ("列入时间",), sensitivity=PERSONAL)
    yield Field("named_list.end", "named_list", "date", "移出日期", "Until", ("移出时间",), sensitivity=PERSONAL)
    yield Field("named_list.document", "named_list", "text", "名单文件", "Document", (), sensitivity=PERSONAL)
    yield Field("duty.kind", "duty", "code", "清单类别", "List", (), codes="DutyKind", sensitivity=PERSONAL)
    yield Field("duty.text", "duty", "text", "清单事项", "Item", ("责任事项", "任务事项"), sensitivity=PERSONAL)
    yield Field("duty.start", "duty", "date", "事项开始", "From", (), sensitivity=PERSONAL)
    yield Field("duty.due", "duty", "date", "完成时限", "Due", ("办结时限",), sensitivity=PERSONAL)
    yield Field("duty.done", "duty", "date", "完成日期", "Done", ("办结日期", "销号日期"), sensitivity=PERSONAL)
    yield Field("duty.document", "duty", "text", "清单文件", "Document", (), sensitivity=PERSONAL)
    yield Field(
        "insurance.scheme", "insurance", "code", "险种", "Scheme", ("参保险种", "医疗保障"), codes="InsuranceScheme"
    )
    yield Field(
        "insurance.number",
        "insurance",
        "text",
        "社保（公积金）账号",
        "Number",
        ("公积金账号", "社保号"),
        sensitivity=SENSITIVE,
    )
    yield Field("insurance.place", "insurance", "text", "参保地", "Place", ())
    yield Field("insurance.start", "insurance", "date", "参保日期", "From", ("参保时间",))
    yield Field("insurance.end", "insurance", "date", "停保日期", "Until", ("停保时间",))
    yield Field("bank.bank", "bank", "text", "开户银行", "Bank", ("开户行", "银行"), sensitivity=PERSONAL)
    yield Field(
        "bank.number", "bank", "text", "银行账号", "Account number", ("银行卡号", "工资卡号", "账号", "卡号"),
        sensitivity=SENSITIVE,
    )  # fmt: skip
    yield Field("bank.holder", "bank", "text", "户名", "Holder", ("账户名",), sensitivity=PERSONAL)
    yield Field("bank.main", "bank", "yesno", "工资账户", "Pay goes here", ())
    yield Field("bank.start", "bank", "date", "启用日期", "From", ())
    yield Field("bank.end", "bank", "date", "停用日期", "Until", ())
    yield Field("post_fit.day", "post_fit", "date", "评定日期", "Day", ())
    yield Field(
        "post_fit.department_leader", "post_fit", "name", "组织部门分管领导", "For the organisation department", ()
    )
    yield Field("post_fit.street_head", "post_fit", "name", "街道主要负责人", "Head of the street or town", ())
    yield Field("post_fit.leading_secretary", "post_fit", "name", "领航书记", "Leading secretary", ())
    yield Field("post_fit.ability", "post_fit", "text", "能力现状", "What they can do", ())
    yield Field("post_fit.potential", "post_fit", "text", "发展潜力", "What they may become", ())
    yield Field("post_fit.title", "post_fit", "code", "拟定岗位", "Post meant for them", (), codes="PostTitle")
    yield Field("post_fit.duties", "post_fit", "text", "岗位职责", "Duties of the post", ())
    yield Field("post_fit.verdict", "post_fit", "code", "人岗相适意见", "Verdict", (), codes="FitVerdict")
    yield Field("post_fit.document", "post_fit", "text", "定岗定责文件", "Document", ())
    yield Field("health_check.day", "health_check", "date", "体检日期", "Day", ("体检时间",), sensitivity=PERSONAL)
    yield Field("health_check.place", "health_check", "text", "体检机构", "Place", (), sensitivity=PERSONAL)
    yield Field(
        "health_check.result", "health_check", "code", "体检结果", "Result", (), codes="CheckResult",
        sensitivity=SENSITIVE,
    )  # fmt: skip
    yield Field("leave.kind", "leave", "code", "假别", "Kind", ("请假类型", "请假类别"), codes="LeaveKind")
    yield Field("leave.start", "leave", "date", "请假开始", "From", ("请假起始日期",))
    yield Field("leave.end", "leave", "date", "返岗日期", "Back on", ("销假日期",))
    yield Field("leave.days", "leave", "number", "请假天数", "Days", ("天数",))
    yield Field("leave.document", "leave", "text", "请假审批单号", "Document", ())
    yield Field("support.kind", "support", "code", "关怀类型", "Kind", (), codes="SupportKind", sensitivity=PERSONAL)
    yield Field("support.day", "support", "date", "关怀日期", "Day", (), sensitivity=PERSONAL)
    yield Field("support.amount", "support", "money", "关怀金额", "Amount", (), sensitivity=PERSONAL)
    yield Field("support.giver", "support", "text", "关怀单位", "Given by", (), sensitivity=PERSONAL)
    yield Field("support.remark", "support", "text", "关怀事由", "Remark", (), sensitivity=SENSITIVE)
    yield Field("area.unit", "area", "unit", "负责小区或网格", "Area", ("负责小区", "责任网格", "包联小区"))
    yield Field("area.role", "area", "code", "责任角色", "Role", (), codes="AreaRole")
    yield Field("area.main_workplace", "area", "yesno", "主要工作地", "Mainly works here", ())
    yield Field("area.start", "area", "date", "负责开始", "From", ())
    yield Field("area.end", "area", "date", "负责结束", "Until", ())


FIELDS: Mapping[str, Field] = MappingProxyType(
    {field.code: field for fields in (_person, _work, _life, _care) for field in fields()}
)


def fields_of(section: str) -> tuple[Field, ...]:
    """The fields of a section, in the order in which forms show them."""
    return tuple(field for field in FIELDS.values() if field.section == section)


# -- Headers and words ------------------------------------------------------------------------------------------------


def plain(text: str) -> str:
    """A header or word as it is compared: half width, without spaces, colons, line breaks and stars.

    >>> plain("  姓　名＊:\\n")
    '姓名'
    """
    folded = unicodedata.normalize("NFKC", text)
    return "".join(character for character in folded if not character.isspace() and character not in ":*").upper()


def _headers() -> dict[str, str]:
    found: dict[str, str] = {}
    for field in FIELDS.values():
        found[plain(field.zh)] = field.code
    for field in FIELDS.values():
        for words in (field.synonyms, (field.code, field.en if "." not in field.code else "")):
            for word in filter(None, words):
                found.setdefault(plain(word), field.code)
    return found


HEADERS: Mapping[str, str] = MappingProxyType(_headers())


def field_of_header(header: str) -> Field | None:
    """The field that a header names, by label, synonym or code; None if nobody knows it."""
    code = HEADERS.get(plain(header))
    return FIELDS[code] if code else None


CODE_WORDS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        kind: MappingProxyType(
            {plain(word): code for code, words in codes.items() for word in (*words, code)}
            # the official word of one code wins over a synonym of another
            | {plain(words[0]): code for code, words in codes.items()}
        )
        for kind, codes in WORDS.items()
    }
)


def code_of(field_code: str, word: str) -> str | None:
    """The code that a clerk's word means for a field; None if it means nothing there.

    >>> code_of("education.level", "大学")
    'BACHELOR'
    """
    codes = FIELDS[field_code].codes
    return CODE_WORDS[codes].get(plain(word)) if codes else None


def wording(field_code: str, code: str | None) -> str:
    """The official Chinese word of a field's code; "" for none, and what is unknown stays as it is."""
    codes = FIELDS[field_code].codes
    if not code or codes is None:
        return code or ""
    words = WORDS[codes].get(code)
    return words[0] if words else code


def standard_code(codes: str, code: str) -> str:
    """The number that the national standard gives a code, "" where there is no standard or no number."""
    if codes in STORED_AS_STANDARD:
        return code
    return STANDARD[codes][1].get(code, "") if codes in STANDARD else ""
