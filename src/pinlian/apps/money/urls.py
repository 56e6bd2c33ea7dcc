"""Addresses of the pages about money."""

from django.urls import path

from pinlian.apps.money import pages

app_name = "money"
urlpatterns = [
    path("", pages.balance, name="balance"),
    path("top-up/", pages.top_up, name="top-up"),
    path("top-up/<slug:top_up_id>/", pages.top_up_state, name="top-up-state"),
    path("top-up/<slug:top_up_id>/test-pay/", pages.test_pay, name="test-pay"),
    path("withdraw/", pages.withdraw, name="withdraw"),
    path("statement/", pages.statement, name="statement"),
    path("statement.csv", pages.statement_csv, name="statement-csv"),
]
