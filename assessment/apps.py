from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AssessmentConfig(AppConfig):
    name = "assessment"
    verbose_name = _("assessment")

    def ready(self) -> None:
        from assessment.selectors.papers import papers_of_person_for_system
        from assessment.selectors.results import with_results_for_system
        from assessment.selectors.units import evaluation_subject_for_system, evaluations_in_the_way_for_system
        from organization.selectors.above import above
        from personnel.selectors.papers import sources
        from personnel.selectors.results import results

        results.reader = with_results_for_system
        sources.papers["assessment"] = papers_of_person_for_system
        above.open_runs["assessment"] = evaluations_in_the_way_for_system
        above.subjects["evaluation"] = (_("Evaluation"), evaluation_subject_for_system)
