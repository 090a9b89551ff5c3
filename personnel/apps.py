from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PersonnelConfig(AppConfig):
    name = "personnel"

    def ready(self) -> None:
        from organization.selectors.above import above
        from personnel.selectors.party import unit_party
        from personnel.selectors.units import headcounts_by_path_for_system, person_subject_for_system, unit_posts
        from personnel.services.custody import custodies_follow_rules
        from personnel.services.units import people_follow_units
        from policy import services as policy_services

        above.follows["personnel"] = people_follow_units
        policy_services.follows["personnel"] = custodies_follow_rules
        above.headcounts = headcounts_by_path_for_system
        above.posts = unit_posts
        above.party = unit_party
        above.subjects["person"] = (_("Person"), person_subject_for_system)
