from django.apps import AppConfig


class PayrollConfig(AppConfig):
    name = "payroll"

    def ready(self) -> None:
        from organization.selectors.above import above
        from payroll.selectors.units import runs_in_the_way_for_system

        above.open_runs["payroll"] = runs_in_the_way_for_system
