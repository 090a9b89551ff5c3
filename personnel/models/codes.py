"""The codes of the personnel file: what is stored is what rules read (`policy.rules.facts`)."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Sex(models.TextChoices):
    MALE = "MALE", _("male")
    FEMALE = "FEMALE", _("female")


class PoliticalStatus(models.TextChoices):
    PARTY_MEMBER = "PARTY_MEMBER", _("party member")
    PROBATIONARY_MEMBER = "PROBATIONARY_MEMBER", _("probationary party member")
    LEAGUE_MEMBER = "LEAGUE_MEMBER", _("member of the Youth League")
    DEMOCRATIC_PARTY = "DEMOCRATIC_PARTY", _("member of a democratic party")
    NON_PARTY = "NON_PARTY", _("personage without party affiliation")
    MASSES = "MASSES", _("not in a party")


class EducationLevel(models.TextChoices):
    DOCTOR = "DOCTOR", _("doctor")
    MASTER = "MASTER", _("postgraduate (master)")
    BACHELOR = "BACHELOR", _("undergraduate")
    COLLEGE = "COLLEGE", _("junior college")
    SECONDARY = "SECONDARY", _("secondary vocational school")
    HIGH = "HIGH", _("senior high school")
    JUNIOR = "JUNIOR", _("junior high school")
    PRIMARY = "PRIMARY", _("primary school")
    OTHER = "OTHER", _("other")


class Completion(models.TextChoices):
    """How somebody left a school: only who graduated has the level of education."""

    GRADUATED = "GRADUATED", _("graduated with a diploma")
    COMPLETED = "COMPLETED", _("completed without graduating")
    LEFT_EARLY = "LEFT_EARLY", _("left before the end")


class Degree(models.TextChoices):
    DOCTOR = "DOCTOR", _("doctor's degree")
    MASTER = "MASTER", _("master's degree")
    BACHELOR = "BACHELOR", _("bachelor's degree")


class StudyMode(models.TextChoices):
    FULL_TIME = "FULL_TIME", _("full time")
    IN_SERVICE = "IN_SERVICE", _("in service")


class Category(models.TextChoices):
    COMMUNITY_WORKER = "COMMUNITY_WORKER", _("community worker")
    FULL_TIME_STAFF = "FULL_TIME_STAFF", _("full-time community staff")
    GRID_WORKER = "GRID_WORKER", _("full-time grid worker")
    PUBLIC_WELFARE_POST = "PUBLIC_WELFARE_POST", _("public-welfare post")
    ESTABLISHMENT_STAFF = "ESTABLISHMENT_STAFF", _("staff of the establishment")


class EntryChannel(models.TextChoices):
    OPEN_RECRUITMENT = "OPEN_RECRUITMENT", _("open recruitment")
    ELECTED = "ELECTED", _("elected")
    ASSIGNED = "ASSIGNED", _("assigned from another unit")
    SELECTED = "SELECTED", _("selected")
    APPOINTED = "APPOINTED", _("appointed")


class Establishment(models.TextChoices):
    PUBLIC_INSTITUTION = "PUBLIC_INSTITUTION", _("public institution")
    CIVIL_SERVICE = "CIVIL_SERVICE", _("civil service")


class EndReason(models.TextChoices):
    DISMISSED = "DISMISSED", _("dismissed")
    RESIGNED = "RESIGNED", _("resigned")
    DISCHARGED = "DISCHARGED", _("discharged")
    RETIRED = "RETIRED", _("retired")
    NOT_RENEWED = "NOT_RENEWED", _("contract not renewed")
    CIVIL_SERVICE = "CIVIL_SERVICE", _("became a civil servant")
    TRANSFERRED = "TRANSFERRED", _("transferred")
    DIED = "DIED", _("died")
    CORRECTED = "CORRECTED", _("entered by mistake")


class Destination(models.TextChoices):
    """Where somebody goes who leaves."""

    CIVIL_SERVICE = "CIVIL_SERVICE", pgettext_lazy("destination", "civil service")
    PUBLIC_INSTITUTION = "PUBLIC_INSTITUTION", pgettext_lazy("destination", "public institution")
    STREET_LEADERSHIP = "STREET_LEADERSHIP", pgettext_lazy("destination", "leadership of a street or town")
    OTHER = "OTHER", pgettext_lazy("destination", "elsewhere")


class HandoverKind(models.TextChoices):
    """What somebody who leaves hands over; a place may name which of them for a reason of leaving."""

    SEALS = "SEALS", _("seals")
    KEYS = "KEYS", _("keys")
    FILES = "FILES", _("files and records")
    FUNDS = "FUNDS", _("funds and accounts books")
    EQUIPMENT = "EQUIPMENT", _("equipment")
    ACCOUNTS = "ACCOUNTS", _("accounts of systems")
    OTHER = "OTHER", pgettext_lazy("handover", "other")


class Body(models.TextChoices):
    PARTY = "PARTY", _("community party organisation")
    COMMITTEE = "COMMITTEE", _("residents' committee")
    STAFF = "STAFF", _("community staff")
    GRID = "GRID", _("grid")
    OWNERS = "OWNERS", _("owners' committee")
    RESIDENTS = "RESIDENTS", _("residents who help")
    BRANCH = "BRANCH", _("branch of an estate or grid")


class PostTitle(models.TextChoices):
    PARTY_SECRETARY = "PARTY_SECRETARY", _("party secretary")
    DEPUTY_SECRETARY = "DEPUTY_SECRETARY", _("deputy party secretary")
    PARTY_COMMITTEE_MEMBER = "PARTY_COMMITTEE_MEMBER", _("party committee member")
    COMMITTEE_DIRECTOR = "COMMITTEE_DIRECTOR", _("director of the residents' committee")
    DEPUTY_DIRECTOR = "DEPUTY_DIRECTOR", _("deputy director of the residents' committee")
    COMMITTEE_MEMBER = "COMMITTEE_MEMBER", _("member of the residents' committee")
    STAFF = "STAFF", _("community staff")
    GRID_LEADER = "GRID_LEADER", _("grid leader")
    GRID_WORKER = "GRID_WORKER", _("grid worker")
    OWNERS_DIRECTOR = "OWNERS_DIRECTOR", _("director of the owners' committee")
    OWNERS_MEMBER = "OWNERS_MEMBER", _("member of the owners' committee")
    LIAISON = "LIAISON", _("liaison from above")
    AREA_HEAD = "AREA_HEAD", _("area head")
    BUILDING_HEAD = "BUILDING_HEAD", _("building or stairway head")
    STEWARD = "STEWARD", _("neighbourhood steward")
    VOLUNTEER = "VOLUNTEER", _("volunteer")
    REGISTERED_MEMBER = "REGISTERED_MEMBER", _("party member registered where they live")
    BRANCH_SECRETARY = "BRANCH_SECRETARY", _("secretary of the branch of an estate or grid")


class Election(models.TextChoices):
    """How somebody came into an elected post."""

    GENERAL_ELECTION = "GENERAL_ELECTION", _("general election")
    MID_TERM_CHANGE = "MID_TERM_CHANGE", _("mid-term change")
    BY_ELECTION = "BY_ELECTION", _("by-election")


class CertificateLevel(models.TextChoices):
    SENIOR = "SENIOR", _("senior social worker")
    SOCIAL_WORKER = "SOCIAL_WORKER", _("social worker")
    ASSISTANT = "ASSISTANT", _("assistant social worker")


class HonourLevel(models.TextChoices):
    NATIONAL = "NATIONAL", _("national")
    PROVINCIAL = "PROVINCIAL", _("provincial")
    MUNICIPAL = "MUNICIPAL", _("of a city")
    COUNTY = "COUNTY", _("of a county")
    STREET = "STREET", _("of a street")


class HonourKind(models.TextChoices):
    COMMENDATION = "COMMENDATION", _("commendation")
    MODEL_WORKER = "MODEL_WORKER", _("model worker")
    ADVANCED_INDIVIDUAL = "ADVANCED_INDIVIDUAL", _("advanced individual")


class DisciplineKind(models.TextChoices):
    WARNING = "WARNING", _("warning")
    SERIOUS_WARNING = "SERIOUS_WARNING", _("serious warning")
    DEMERIT = "DEMERIT", _("demerit")
    DEMOTION = "DEMOTION", _("demotion")
    REMOVAL = "REMOVAL", _("removal from post")


# The employments that figures count as those of community workers, of all places alike, so that places can be compared;
# public-welfare posts and staff of an establishment are on record and not among them (SL-10, SL-11, LS-01). Whom a place
# evaluates and pays is its own rule (policy.rules.workers), which says the same where its text is silent.
COUNTED_CATEGORIES: tuple[str, ...] = (Category.COMMUNITY_WORKER, Category.FULL_TIME_STAFF, Category.GRID_WORKER)

# -- Codes of the sections of the file. Those that are numbers are the standard's (personnel/rules/words.py) ------------


class DocumentType(models.TextChoices):
    """Identity documents with an 18-digit number and the check digit of GB 11643, but for old residence cards."""

    RESIDENT_ID = "RESIDENT_ID", _("resident identity card")
    HK_MACAO_RESIDENCE = "HK_MACAO_RESIDENCE", _("residence permit for Hong Kong and Macao residents")
    TAIWAN_RESIDENCE = "TAIWAN_RESIDENCE", _("residence permit for Taiwan residents")
    FOREIGN_RESIDENCE = "FOREIGN_RESIDENCE", _("foreigner's permanent residence card")


class MaritalStatus(models.TextChoices):
    UNMARRIED = "10", _("unmarried")
    MARRIED = "20", _("married")
    FIRST_MARRIAGE = "21", _("married for the first time")
    REMARRIED = "22", _("remarried")
    RESTORED = "23", _("married again to the same person")
    WIDOWED = "30", _("widowed")
    DIVORCED = "40", _("divorced")
    UNSTATED = "90", _("marital status not stated")


class Health(models.TextChoices):
    GOOD = "10", _("healthy")
    FAIR = "20", _("fair or weak")
    CHRONIC = "30", _("chronic illness")
    DISABLED = "60", _("disabled")


class Household(models.TextChoices):
    URBAN = "URBAN", _("non-agricultural household")
    RURAL = "RURAL", _("agricultural household")
    RESIDENT = "RESIDENT", _("resident household")
    COLLECTIVE = "COLLECTIVE", _("collective household")


class DemocraticParty(models.TextChoices):
    RCCK = "04", _("Revolutionary Committee of the Kuomintang")
    CDL = "05", _("China Democratic League")
    CNDCA = "06", _("National Democratic Construction Association")
    CAPD = "07", _("Association for Promoting Democracy")
    CPWDP = "08", _("Peasants' and Workers' Democratic Party")
    CZGP = "09", _("China Zhi Gong Party")
    JIUSAN = "10", _("Jiusan Society")
    TSGL = "11", _("Taiwan Democratic Self-Government League")


class FamilyRelation(models.TextChoices):
    SPOUSE = "10", _("spouse")
    HUSBAND = "11", _("husband")
    WIFE = "12", _("wife")
    SON = "20", _("son")
    DAUGHTER = "30", _("daughter")
    GRANDSON = "41", _("grandson")
    GRANDDAUGHTER = "42", _("granddaughter")
    FATHER = "51", _("father")
    MOTHER = "52", _("mother")
    HUSBANDS_FATHER = "53", _("husband's father")
    HUSBANDS_MOTHER = "54", _("husband's mother")
    WIFES_FATHER = "55", _("wife's father")
    WIFES_MOTHER = "56", _("wife's mother")
    STEPFATHER = "57", _("stepfather or adoptive father")
    STEPMOTHER = "58", _("stepmother or adoptive mother")
    ELDER_BROTHER = "71", _("elder brother")
    YOUNGER_BROTHER = "73", _("younger brother")
    ELDER_SISTER = "75", _("elder sister")
    YOUNGER_SISTER = "77", _("younger sister")
    RELATIVE = "97", _("other relative")
    NO_RELATIVE = "99", _("not a relative")


class PublicRoleKind(models.TextChoices):
    PARTY_DELEGATE = "PARTY_DELEGATE", _("party congress delegate")
    PEOPLES_DEPUTY = "PEOPLES_DEPUTY", _("deputy to the People's Congress")
    CPPCC_MEMBER = "CPPCC_MEMBER", _("member of the CPPCC")


class TreatmentLevel(models.TextChoices):
    DEPUTY_SECTION = "DEPUTY_SECTION", _("treated as a deputy section head")
    SECTION = "SECTION", _("treated as a section head")
    PUBLIC_INSTITUTION = "PUBLIC_INSTITUTION", _("treated as staff of a public institution")
    OTHER = "OTHER", _("other treatment")


class NamedListKind(models.TextChoices):
    """名单: for whom something better is in store, and what."""

    SECRETARY_RESERVE = "SECRETARY_RESERVE", _("reserve of secretaries")
    COMMITTEE_RESERVE = "COMMITTEE_RESERVE", _("reserve for the two committees")
    TRAINING_POST = "TRAINING_POST", _("to be tried in a post")
    EXCHANGE = "EXCHANGE", _("to be exchanged into a weightier post")
    TARGETED_RECRUITMENT = "TARGETED_RECRUITMENT", _("targeted recruitment into public institutions")


class DutyKind(models.TextChoices):
    RESPONSIBILITY = "RESPONSIBILITY", _("list of responsibilities")
    TASK = "TASK", _("list of tasks")


class PlacementKind(models.TextChoices):
    HOME = "HOME", _("at home")
    ATTACHMENT = "ATTACHMENT", _("temporary attachment")
    SHADOWING = "SHADOWING", _("shadowing")
    ACTING = "ACTING", _("acting in a post")
    SECONDED_OUT = "SECONDED_OUT", _("seconded")
    DRAFTED = "DRAFTED", _("drafted for a task")
    EXCHANGE = "EXCHANGE", _("exchanged with another unit")


class InsuranceScheme(models.TextChoices):
    PENSION = "PENSION", _("old-age pension")
    MEDICAL = "MEDICAL", _("medical insurance")
    WORK_INJURY = "WORK_INJURY", _("work-injury insurance")
    UNEMPLOYMENT = "UNEMPLOYMENT", _("unemployment insurance")
    MATERNITY = "MATERNITY", _("maternity insurance")
    HOUSING_FUND = "HOUSING_FUND", _("housing fund")


class LeaveKind(models.TextChoices):
    PERSONAL = "PERSONAL", _("personal leave")
    SICK = "SICK", _("sick leave")
    ANNUAL = "ANNUAL", _("annual leave")
    MARRIAGE = "MARRIAGE", _("marriage leave")
    BEREAVEMENT = "BEREAVEMENT", _("bereavement leave")
    MATERNITY = "MATERNITY", _("maternity leave")
    CARE = "CARE", _("care leave")
    WORK_INJURY = "WORK_INJURY", _("work-injury leave")
    ABSENT = "ABSENT", _("absent without leave")


class FitVerdict(models.TextChoices):
    """What a placement panel says of somebody and a post."""

    FITS = "FITS", _("fits the post")
    AFTER_TRAINING = "AFTER_TRAINING", _("fits after training")
    OTHER_POST = "OTHER_POST", _("fits another post better")


class CheckResult(models.TextChoices):
    NORMAL = "NORMAL", _("nothing found")
    FOLLOW_UP = "FOLLOW_UP", _("to be checked again")
    ILLNESS = "ILLNESS", _("illness found")


class SupportKind(models.TextChoices):
    CONDOLENCE = "CONDOLENCE", _("visit with a gift")
    HARDSHIP = "HARDSHIP", _("hardship relief")
    ILLNESS = "ILLNESS", _("relief in serious illness")
    OTHER = "OTHER", _("other care")


class AreaRole(models.TextChoices):
    LEAD = "LEAD", _("leads")
    DEDICATED = "DEDICATED", _("is responsible")
    ASSIST = "ASSIST", _("assists")
    AREA_HEAD = "AREA_HEAD", _("head of an area")
    BUILDING_HEAD = "BUILDING_HEAD", _("head of a building or stairway")


class ArchiveCategory(models.TextChoices):
    """The ten categories of a cadre's personnel archive, in its order."""

    CURRICULUM = "1", _("curriculum")
    AUTOBIOGRAPHY = "2", _("autobiography and thought")
    ASSESSMENT = "3", _("assessment and appraisal")
    EDUCATION = "4", _("education, professional titles and training")
    REVIEW = "5", _("political review, audit and verification")
    PARTY = "6", _("party and league")
    HONOURS = "7", _("commendations and awards")
    DISCIPLINE = "8", _("violations and disciplinary measures")
    PAY_AND_POSTS = "9", _("pay, appointments, travel abroad and delegates")
    OTHER = "10", _("other material for reference")


class CustodianKind(models.TextChoices):
    ORGANISATION_DEPARTMENT = "ORGANISATION_DEPARTMENT", _("organisation department")
    STREET = "STREET", _("street")


class EthnicGroup(models.TextChoices):
    """GB/T 3304-1991."""

    HAN = "01", _("Han")
    MONGOL = "02", _("Mongol")
    HUI = "03", _("Hui")
    TIBETAN = "04", _("Tibetan")
    UYGHUR = "05", _("Uyghur")
    MIAO = "06", _("Miao")
    YI = "07", _("Yi")
    ZHUANG = "08", _("Zhuang")
    BOUYEI = "09", _("Bouyei")
    KOREAN = "10", _("Korean")
    MANCHU = "11", _("Manchu")
    DONG = "12", _("Dong")
    YAO = "13", _("Yao")
    BAI = "14", _("Bai")
    TUJIA = "15", _("Tujia")
    HANI = "16", _("Hani")
    KAZAKH = "17", _("Kazakh")
    DAI = "18", _("Dai")
    LI = "19", _("Li")
    LISU = "20", _("Lisu")
    VA = "21", _("Va")
    SHE = "22", _("She")
    GAOSHAN = "23", _("Gaoshan")
    LAHU = "24", _("Lahu")
    SUI = "25", _("Sui")
    DONGXIANG = "26", _("Dongxiang")
    NAXI = "27", _("Naxi")
    JINGPO = "28", _("Jingpo")
    KIRGIZ = "29", _("Kirgiz")
    TU = "30", _("Tu")
    DAUR = "31", _("Daur")
    MULAO = "32", _("Mulao")
    QIANG = "33", _("Qiang")
    BLANG = "34", _("Blang")
    SALAR = "35", _("Salar")
    MAONAN = "36", _("Maonan")
    GELAO = "37", _("Gelao")
    XIBE = "38", _("Xibe")
    ACHANG = "39", _("Achang")
    PUMI = "40", _("Pumi")
    TAJIK = "41", _("Tajik")
    NU = "42", _("Nu")
    UZBEK = "43", _("Uzbek")
    RUSSIAN = "44", _("Russian")
    EWENKI = "45", _("Ewenki")
    DE_ANG = "46", _("De'ang")
    BONAN = "47", _("Bonan")
    YUGUR = "48", _("Yugur")
    GIN = "49", _("Gin")
    TATAR = "50", _("Tatar")
    DERUNG = "51", _("Derung")
    OROQEN = "52", _("Oroqen")
    HEZHEN = "53", _("Hezhen")
    MONBA = "54", _("Monba")
    LHOBA = "55", _("Lhoba")
    JINO = "56", _("Jino")


class LeftOut(models.TextChoices):
    """Why a person can't be read into a run: the labels are templates for the parameters."""

    NO_POST = "NO_POST", _("holds no post on %(day)s. Enter the appointment, or end the employment.")
    TWO_EMPLOYMENTS = (
        "TWO_EMPLOYMENTS",
        _(
            "has two employments at once: %(first)s since %(first_from)s and %(second)s since %(second_from)s. "
            "End the one that no longer holds."
        ),
    )
    SPLIT_MONTH = (
        "SPLIT_MONTH",
        _(
            "has two stretches of employment in the month: until %(first_to)s and from %(second_from)s. "
            "Enter this month's pay by hand."
        ),
    )
    NO_BIRTH_DATE = "NO_BIRTH_DATE", _("has no date of birth on record, and a rule asks for the age. Enter it.")
