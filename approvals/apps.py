from django.apps import AppConfig


class ApprovalsConfig(AppConfig):
    name = "approvals"

    def ready(self) -> None:
        from approvals.services import cases_follow_units
        from organization.selectors.above import above

        above.follows["approvals"] = cases_follow_units
