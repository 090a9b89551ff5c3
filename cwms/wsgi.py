import os

import django
from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from cwms.starting import wait_until_prepared

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cwms.settings")
os.environ.setdefault("CWMS_WEB", "1")  # statements have an end here, unlike in the workers

# All that is to be read is read here: before workers are forked, who share it, and while the database is prepared.
django.setup()
_ = get_resolver().url_patterns
wait_until_prepared()
application = get_wsgi_application()
