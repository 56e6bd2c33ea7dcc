"""The ASGI application, for a server that holds many open connections."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pinlian.config.settings")
application = get_asgi_application()
