"""The WSGI application, for a server of threads such as granian."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pinlian.config.settings")
pages_and_api = get_wsgi_application()
# Imported when Django is ready.
from pinlian.web.order_intake import OrderIntake  # noqa: E402

application = OrderIntake(pages_and_api)
