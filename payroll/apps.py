from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PayrollConfig(AppConfig):
    name = "payroll"

    def ready(self) -> None:
        from organization.selectors.above import Ladders, above
        from payroll.selectors.recognition import value_faults_for_system
        from payroll.selectors.units import (
            pay_run_subject_for_system,
            promotion_subject_for_system,
            runs_in_the_way_for_system,
        )
        from payroll.selectors.worth import last_pay_for_system, year_pay_in_for_system
        from payroll.services.recognition import values_begin, values_end

        above.ladders = Ladders(value_faults_for_system, values_end, values_begin)
        above.pay, above.last = year_pay_in_for_system, last_pay_for_system
        above.open_runs["payroll"] = runs_in_the_way_for_system
        above.subjects["pay_run"] = (_("Pay run"), pay_run_subject_for_system)
        above.subjects["promotion"] = (_("Promotion review"), promotion_subject_for_system)
