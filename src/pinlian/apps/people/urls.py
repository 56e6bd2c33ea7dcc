"""Addresses of the people app's pages."""

from django.urls import path

from pinlian.apps.people import pages, token_pages

app_name = "people"
urlpatterns = [
    path("", pages.me, name="me"),
    path("sign-in/", pages.sign_in, name="sign-in"),
    path("sign-up/", pages.sign_up, name="sign-up"),
    path("sign-out/", pages.sign_out, name="sign-out"),
    path("privacy/", pages.privacy, name="privacy"),
    path("profile/", pages.profile, name="profile"),
    path("password/", pages.password, name="password"),
    path("key/", pages.key, name="key"),
    path("notices/", pages.notices, name="notices"),
    path("keys/", pages.keys, name="keys"),
    path("tokens/", token_pages.tokens, name="tokens"),
]
