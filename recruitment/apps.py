from django.apps import AppConfig


class RecruitmentConfig(AppConfig):
    name = "recruitment"

    def ready(self) -> None:
        from organization.selectors.above import above
        from recruitment.services import recruitments_follow_units

        above.follows["recruitment"] = recruitments_follow_units
