from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AssessmentConfig(AppConfig):
    name = "assessment"
    verbose_name = _("assessment")

    def ready(self) -> None:
        from assessment.selectors.units import evaluations_in_the_way_for_system
        from organization.selectors.above import above

        above.open_runs["assessment"] = evaluations_in_the_way_for_system
