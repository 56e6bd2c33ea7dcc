"""Django settings of one instance. All of its state lives under PINLIAN_HOME.

Environment: PINLIAN_HOME, PINLIAN_PORT, PINLIAN_NODE_PORT, PINLIAN_RPC_URL (a chain that others run),
PINLIAN_CONFIRMATIONS, PINLIAN_ANCHOR_SECONDS, PINLIAN_ORIGIN (the address that people type), DATABASE_URL,
PINLIAN_GS1_PREFIX, PINLIAN_MQTT_URL, PINLIAN_WEBHOOKS_TO_LOOPBACK=1, PINLIAN_LOG_LEVEL, PINLIAN_DEBUG=1.
"""

import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from csp.constants import NONE, SELF
from django.templatetags.static import static
from django.utils.translation import gettext_lazy as _

from pinlian.config.environment import (
    databases,
    prepare_home,
    read_count,
    read_flag,
    read_gs1_prefix,
    read_or_create_secret_key,
    read_port,
)

PACKAGE_DIR = Path(__file__).resolve().parent.parent
CHECKOUT_DIR = PACKAGE_DIR.parent.parent

# The instance
PINLIAN_HOME = prepare_home(Path(os.environ.get("PINLIAN_HOME") or CHECKOUT_DIR / "var").resolve())
PINLIAN_PORT = read_port("PINLIAN_PORT", 8000)
PINLIAN_NODE_PORT = read_port("PINLIAN_NODE_PORT", 8545)
PINLIAN_ORIGIN = os.environ.get("PINLIAN_ORIGIN") or f"http://localhost:{PINLIAN_PORT}"
# The chain: one of our own, unless the address of another is given.
PINLIAN_NODE_IS_EMBEDDED = not os.environ.get("PINLIAN_RPC_URL")
PINLIAN_RPC_URL = os.environ.get("PINLIAN_RPC_URL") or f"http://127.0.0.1:{PINLIAN_NODE_PORT}"
# Blocks that must follow a block before it counts: none on our own chain, which never goes back.
PINLIAN_CONFIRMATIONS = read_count("PINLIAN_CONFIRMATIONS", 0 if PINLIAN_NODE_IS_EMBEDDED else 2)
# How often the head of the record is written on the chain, if it has grown. Gas is paid for each.
PINLIAN_ANCHOR_SECONDS = read_count("PINLIAN_ANCHOR_SECONDS", 60)
# Under which GTINs, GLNs and SSCCs are allotted. GS1 keeps the range 952 for demonstrations; an operator has its own.
PINLIAN_GS1_PREFIX = read_gs1_prefix("PINLIAN_GS1_PREFIX", "9521234")
# The MQTT broker that sensors speak to, such as mqtt://user:password@host:1883; none listens where it is empty.
PINLIAN_MQTT_URL = os.environ.get("PINLIAN_MQTT_URL") or ""
# Whether subscribers to events may be called on this machine itself, by plain HTTP too: for development.
EPCIS_WEBHOOKS_TO_LOOPBACK = read_flag("PINLIAN_WEBHOOKS_TO_LOOPBACK")
_served_by_https = PINLIAN_ORIGIN.startswith("https://")

DEBUG = read_flag("PINLIAN_DEBUG")
SECRET_KEY = read_or_create_secret_key(PINLIAN_HOME / "secret_key")

# Parts
INSTALLED_APPS = [
    # Ours first: where two catalogues or templates have the same name, the first app's counts.
    "pinlian.relayer",
    "pinlian.indexer",
    "pinlian.record",
    "pinlian.apps.people",
    "pinlian.apps.market",
    "pinlian.apps.groupbuy",
    "pinlian.apps.money",
    "pinlian.apps.shop",
    "pinlian.apps.arbitration",
    "pinlian.apps.resolver",
    "pinlian.apps.epcis",
    "pinlian.apps.capture",
    "pinlian.apps.trace",
    "pinlian.web",
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "csp",
    "django_htmx",
    "ninja",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "pinlian.web.content_policy.back_office_policy",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "pinlian.web.api_requests.ApiBodyLimit",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "pinlian.web.api_requests.IdempotentWrites",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "pinlian.web.refused_pages.RefusedPages",
]
ROOT_URLCONF = "pinlian.config.urls"
WSGI_APPLICATION = "pinlian.config.wsgi.application"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# How the relayer's door finds the deployment, the operator's key and the indexed state
RELAYER_INTAKE = "pinlian.config.wiring.make_intake"

# What the read model makes of facts
FACT_PROJECTIONS = "pinlian.config.wiring.FACT_PROJECTIONS"
# Which facts people may hand in by the HTTP API
FACT_ADMISSIONS = "pinlian.config.wiring.FACT_ADMISSIONS"
# How often one place may hand them in
FACT_LIMIT = "pinlian.web.api_requests.limit_facts"
# Who signs facts, in the proofs of them
FACT_AUTHOR_NAMES = "pinlian.apps.trace.lot_page.author_names"

# Databases
DATABASES = databases(PINLIAN_HOME, os.environ.get("DATABASE_URL"))
DATABASE_ROUTERS = ["pinlian.config.database_router.DatabaseRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Language and time
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Simplified Chinese")), ("en", _("English"))]
LOCALE_PATHS = [PACKAGE_DIR / "web" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

# Static files
STATIC_URL = "/static/"
STATIC_ROOT = PINLIAN_HOME / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "pinlian.config.static_files.StaticFiles"},
}
MEDIA_URL = "/media/"
MEDIA_ROOT = PINLIAN_HOME / "media"

# Parts that are chosen by name
PAYMENT_GATEWAYS = {"test": "pinlian.apps.money.test_gateway.TestGateway"}
ESCROW_DEPLOYMENT = "pinlian.config.wiring.deployment"
# What the resolver asks about a code: functions from a Digital Link to the links that an app knows of
RESOLVER_SOURCES = [
    "pinlian.config.code_links.lot_links",
    "pinlian.config.code_links.unit_links",
    "pinlian.config.code_links.product_links",
    "pinlian.config.code_links.place_links",
]
PROBLEM_DOCUMENT = "pinlian.web.problems.problem_document"

# Back office
UNFOLD = {
    "SITE_TITLE": _("Back office"),
    "SITE_HEADER": _("Pinlian back office"),
    "SITE_URL": "/",
    "SITE_SYMBOL": "storefront",
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("web/mark.svg")},
    ],
    "DASHBOARD_CALLBACK": "pinlian.config.back_office.front_page",
    "SIDEBAR": {"show_search": False, "navigation": "pinlian.config.back_office.menu"},
    "COLORS": {
        "primary": {
            "50": "oklch(97% 0.02 148)",
            "100": "oklch(94% 0.04 148)",
            "200": "oklch(88% 0.07 148)",
            "300": "oklch(80% 0.1 148)",
            "400": "oklch(70% 0.12 148)",
            "500": "oklch(58% 0.12 148)",
            "600": "oklch(46% 0.115 148)",
            "700": "oklch(40% 0.1 148)",
            "800": "oklch(34% 0.08 148)",
            "900": "oklch(28% 0.06 148)",
            "950": "oklch(20% 0.04 148)",
        },
    },
}

# A list of orders at the length that the API takes is half of this.
API_BODY_BYTES_MAX = 1_048_576

# Security
ALLOWED_HOSTS = sorted({"localhost", "127.0.0.1", "[::1]", urlsplit(PINLIAN_ORIGIN).hostname or "localhost"})
CSRF_TRUSTED_ORIGINS = [PINLIAN_ORIGIN]
SESSION_COOKIE_NAME = "pinlian_session"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = _served_by_https
SESSION_COOKIE_AGE = 30 * 24 * 3600
CSRF_COOKIE_NAME = "pinlian_csrf"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = _served_by_https
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if _served_by_https else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _served_by_https else None
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "font-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "media-src": [SELF, "blob:"],
        "connect-src": [SELF],
        "worker-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    },
}
AUTH_USER_MODEL = "people.Person"
LOGIN_URL = "people:sign-in"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

# Logging: one stream for the whole instance
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "format": "{asctime}.{msecs:03.0f} {levelname:<7} {name}: {message}",
            "datefmt": "%Y-%m-%d %H:%M:%S",
            "style": "{",
        },
    },
    "handlers": {"stream": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stream"], "level": os.environ.get("PINLIAN_LOG_LEVEL") or "INFO"},
    "loggers": {
        "django": {"handlers": [], "propagate": True},
        "django.server": {"handlers": [], "propagate": True},
        # A refusal is an answer, not an incident.
        "django.request": {"level": "ERROR"},
        "httpx": {"level": "WARNING"},
        "httpcore": {"level": "WARNING"},
        "fontTools": {"level": "WARNING"},
        "fpdf": {"level": "WARNING"},
    },
}
