from django.apps import AppConfig


class CwmsConfig(AppConfig):
    name = "cwms"
    verbose_name = "CWMS"
