"""The WSGI application, for a server of threads such as granian."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pinlian.config.settings")
application = get_wsgi_application()
