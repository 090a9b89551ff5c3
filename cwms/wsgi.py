import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cwms.settings")
os.environ.setdefault("CWMS_WEB", "1")  # statements have an end here, unlike in the workers
application = get_wsgi_application()
