from django.apps import AppConfig


class StaffingConfig(AppConfig):
    name = "staffing"

    def ready(self) -> None:
        from organization.selectors.above import above
        from staffing.services import quotas_follow_units

        above.follows["staffing"] = quotas_follow_units
