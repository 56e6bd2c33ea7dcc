"""What the browser is told about every page."""

from collections.abc import Mapping

import pytest
from django.test import Client


def policy(response_headers: Mapping[str, str]) -> dict[str, str]:
    directives = response_headers["Content-Security-Policy"].split(";")
    return {name: value for name, _, value in (directive.strip().partition(" ") for directive in directives)}


def test_pages__load_nothing_from_elsewhere_and_run_no_script_of_the_page(client: Client) -> None:
    headers = client.get("/no-such-page", headers={"host": "localhost"}).headers
    directives = policy(headers)
    assert directives["default-src"] == "'none'"
    assert directives["script-src"] == directives["style-src"] == directives["connect-src"] == "'self'"
    assert directives["frame-ancestors"] == "'none'"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"


@pytest.mark.django_db
def test_back_office__may_evaluate_its_own_components(client: Client) -> None:
    response = client.get("/office/", headers={"host": "localhost"})
    assert "'unsafe-eval'" in policy(response.headers)["script-src"]
