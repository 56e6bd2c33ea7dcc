"""Addresses of the residents' and leaders' pages."""

from django.urls import path, register_converter

from pinlian.apps.groupbuy import leader_pages, pages


class HashConverter:
    """32 bytes as lowercase 0x-hex."""

    regex = "0x[0-9a-f]{64}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(HashConverter, "hash")

app_name = "groupbuy"
urlpatterns = [
    path("", pages.home, name="home"),
    path("offers/<hash:offer_id>/", pages.offer, name="offer"),
    path("groups/<hash:group_id>/", pages.group, name="group"),
    path("groups/<hash:group_id>/members/", pages.group_members, name="group-members"),
    path("groups/<hash:group_id>/progress/", pages.group_progress, name="group-progress"),
    path("groups/<hash:group_id>/poster/", pages.group_poster, name="group-poster"),
    path("groups/<hash:group_id>/order/", pages.order_new, name="order-new"),
    path("groups/<hash:group_id>/order/amounts/", pages.order_amounts, name="order-amounts"),
    path("orders/", pages.orders, name="orders"),
    path("orders/<hash:identifier>/", pages.order, name="order"),
    path("orders/<hash:identifier>/proof/", pages.proof, name="proof"),
    path("orders/<hash:identifier>/receipt/", pages.receipt, name="receipt"),
    path("orders/<hash:identifier>/erase-details/", pages.erase_details, name="erase-details"),
    path("orders/<hash:identifier>/case/", pages.case_new, name="case-new"),
    path("leader/", leader_pages.leader, name="leader"),
    path("leader/offers/", leader_pages.leader_offers, name="leader-offers"),
    path("leader/offers/<hash:offer_id>/group/", leader_pages.group_new, name="group-new"),
    path("leader/groups/<hash:group_id>/", leader_pages.leader_group, name="leader-group"),
    path("leader/groups/<hash:group_id>/note/", leader_pages.group_note, name="group-note"),
    path("leader/groups/<hash:group_id>/hand-out/", leader_pages.hand_out, name="hand-out"),
    path("leader/income/", leader_pages.leader_income, name="leader-income"),
]
