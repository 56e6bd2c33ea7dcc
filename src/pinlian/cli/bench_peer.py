"""What `pinlian bench orders` compares with: a Django endpoint that keeps each request on disk, and nothing more.

    python -m pinlian.cli.bench_peer PORT DIRECTORY

Same server, same threads, same database engine with the same durability; no signature, no rule, no chain, no reading.
"""

import os
import sys
from pathlib import Path

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.urls import path

from pinlian.config.environment import sqlite_database
from pinlian.engine.run_web import serve

DIRECTORY = "PINLIAN_BENCH_PEER_DIRECTORY"


def keep(request: HttpRequest) -> JsonResponse:
    """One durable insert a request."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO kept (body) VALUES (%s)", [request.body.decode()])
        return JsonResponse({"id": cursor.lastrowid}, status=201)


urlpatterns = [path("keep", keep)]


def make_application() -> object:
    """The WSGI application, in the process that serves it."""
    settings.configure(
        ALLOWED_HOSTS=["localhost"],
        DATABASES={"default": sqlite_database(Path(os.environ[DIRECTORY]) / "kept.sqlite3")},
        ROOT_URLCONF=__name__,
        SECRET_KEY="bench",  # noqa: S106 -- it signs nothing
    )
    application = get_wsgi_application()
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS kept (id INTEGER PRIMARY KEY, body TEXT NOT NULL)")
    return application


def main(port: int, directory: str) -> None:
    os.environ[DIRECTORY] = directory
    serve("pinlian.cli.bench_peer:make_application", port, is_factory=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
