"""What leaders see: their groups, from opening through delivery and handing out to what they earned."""

import secrets
from collections import Counter
from http import HTTPStatus

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from pinlian.apps.groupbuy import facade
from pinlian.apps.groupbuy.drawings import filling_chart, ladder_of_group, progress_bar
from pinlian.apps.groupbuy.forms import GroupForm, NoteForm
from pinlian.apps.groupbuy.reading import (
    group_tiles,
    offer_tiles,
    offset_of,
    reader_addresses,
    reader_home,
    seconds_now,
    words_of,
)
from pinlian.apps.groupbuy.records import GroupCard
from pinlian.apps.market import facade as market
from pinlian.apps.money import facade as money
from pinlian.apps.people import facade as people
from pinlian.chain.rpc import hex_bytes
from pinlian.chain.typed_data import hash_struct, message_json
from pinlian.domain.group import Group, GroupStatus
from pinlian.domain.messages import AnswerCase, CancelGroup, ConfirmDelivery
from pinlian.domain.refusals import Refusal, Refused

MEMBERS_A_PAGE = 50
GROUPS_A_PAGE = 24
PAYOUTS_A_PAGE = 50
REFUSED_SHOWN_SECONDS = 30 * 86_400


def _own_group(request: HttpRequest, group_id: str) -> tuple[GroupCard, list[str]]:
    own = reader_addresses(request)
    card = facade.group_card(group_id)
    if card.leader not in own:
        raise Refused(Refusal.NOT_YOURS)
    return card, own


@login_required
@require_GET
def leader(request: HttpRequest) -> HttpResponse:
    """All groups of the leader, and the returns that wait for an answer."""
    own = reader_addresses(request)
    offset = offset_of(request)
    groups = facade.groups_of_leaders(own, limit=GROUPS_A_PAGE + 1, offset=offset)
    states = facade.states_of_leaders(own)
    count = Counter(states.values())
    cases = facade.cases_for_leaders(own)
    words = market.offer_words({case.offer_id for case in cases})
    return render(
        request,
        "groupbuy/leader.html",
        {
            "section": "leader",
            "tiles": group_tiles(groups[:GROUPS_A_PAGE]),
            "next_offset": offset + GROUPS_A_PAGE if len(groups) > GROUPS_A_PAGE else None,
            "now": seconds_now(),
            "figures": {
                "open": count[GroupStatus.OPEN],
                "to_deliver": count[GroupStatus.CLOSED],
                "to_hand_out": count[GroupStatus.DELIVERED],
                "earned_minor": money.payouts_total(own, groups=states),
            },
            "refused": facade.refused_groups(own, since=seconds_now() - REFUSED_SHOWN_SECONDS),
            "cases": [
                {
                    "case": case,
                    "words": words[case.offer_id],
                    "message": message_json(AnswerCase(case_id=hex_bytes(case.id), accepted=True)),
                }
                for case in cases
            ],
        },
    )


@login_required
@require_GET
def leader_offers(request: HttpRequest) -> HttpResponse:
    """Offers that a leader can open a group from."""
    tiles = offer_tiles(market.offers_on_sale())
    return render(request, "groupbuy/leader_offers.html", {"section": "leader", "offers": tiles})


@login_required
@require_http_methods(["GET", "POST"])
def group_new(request: HttpRequest, offer_id: str) -> HttpResponse:
    """Open a group from an offer; a POST answers with the message to sign."""
    address = people.address_of(request.user.pk or 0)
    if address is None:
        return redirect(people.key_address(request.get_full_path()))
    person = people.person(request.user.pk or 0)
    if person is None or people.Role.LEADER not in person.roles:
        raise PermissionDenied
    terms = market.offer_terms([offer_id]).get(offer_id)
    if terms is None:
        raise Refused(Refusal.OFFER_UNKNOWN)
    points = people.pickup_points()
    home = reader_home(request)
    form = GroupForm(request.POST if request.method == "POST" else None, points, home.id if home else None)
    if request.method == "GET":
        return render(
            request,
            "groupbuy/group_new.html",
            {"section": "leader", "offer": terms, "words": words_of(offer_id), "form": form},
        )
    if not form.is_valid():
        return JsonResponse({"errors": form.errors}, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    point = next(point for point in points if point.id == form.cleaned_data["pickup_point"])
    message = Group(
        offer=hex_bytes(offer_id),
        leader=hex_bytes(address),
        units_min=form.cleaned_data["units_min"],
        closes_at=int(form.cleaned_data["closes_at"].timestamp()),
        deliver_by=int(form.cleaned_data["deliver_by"].timestamp()),
        pickup=hex_bytes(point.commitment),
        salt=secrets.randbits(256),
    )
    return JsonResponse(
        {
            "kind": "group",
            "message": message_json(message),
            "next": reverse("groupbuy:leader-group", args=[f"0x{hash_struct(message).hex()}"]),
        }
    )


@login_required
@require_GET
def leader_group(request: HttpRequest, group_id: str) -> HttpResponse:
    """Watch one group, and do what its state asks for."""
    try:
        card, _own = _own_group(request, group_id)
    except Refused as refused:
        if refused.refusal != Refusal.GROUP_UNKNOWN:
            raise
        refusal = facade.refusal_of_group(group_id, reader_addresses(request))
        context = {"section": "leader", "refusal": refusal}
        return render(request, "groupbuy/group_waiting.html", context)
    offset = offset_of(request)
    members = facade.members(group_id, limit=MEMBERS_A_PAGE, offset=offset)
    return render(
        request,
        "groupbuy/leader_group.html",
        {
            "section": "leader",
            "group": card,
            "words": words_of(card.offer.id),
            "bar": progress_bar(card),
            "ladder": ladder_of_group(card),
            "now": seconds_now(),
            "members": members,
            "next_offset": offset + MEMBERS_A_PAGE if offset + MEMBERS_A_PAGE < card.orders_count else None,
            "chart": filling_chart(card, facade.filling(group_id), seconds_now()),
            "cancel_message": message_json(CancelGroup(group=hex_bytes(group_id))),
            "delivery_message": message_json(ConfirmDelivery(group=hex_bytes(group_id))),
            "note_form": NoteForm(initial={"note": card.note, "pickup_note": card.pickup_note}),
        },
    )


@login_required
@require_POST
def group_note(request: HttpRequest, group_id: str) -> HttpResponse:
    """Write on the group's page."""
    form = NoteForm(request.POST)
    if form.is_valid():
        facade.write_group_page(group_id, reader_addresses(request), **form.cleaned_data)
        messages.success(request, _("Saved. Your neighbours see it on the group's page."))
    else:
        messages.error(request, " ".join(str(text) for texts in form.errors.values() for text in texts))
    return redirect("groupbuy:leader-group", group_id)


# --- Handing out ---


@login_required
@require_http_methods(["GET", "POST"])
def hand_out(request: HttpRequest, group_id: str) -> HttpResponse:
    """Hand goods out by code, or to a neighbour whom the leader knows; a POST answers with what changed."""
    card, own = _own_group(request, group_id)
    if request.method == "GET":
        return render(
            request,
            "groupbuy/hand_out.html",
            {
                "section": "leader",
                "group": card,
                "words": words_of(card.offer.id),
                "list": facade.hand_out_list(group_id, own),
            },
        )
    context: dict[str, object] = {"group": card}
    try:
        if "buyer" in request.POST:
            buyer = request.POST["buyer"]
            facade.hand_out_without_code(group_id, buyer, own)
        else:
            buyer = facade.hand_out_by_code(group_id, request.POST.get("code", ""), own)
        context["done_buyer"] = buyer
    except Refused as refused:
        context["refusal"] = refused.refusal
    found = facade.hand_out_list(group_id, own)
    done = next((line for line in found.lines if line.buyer == context.get("done_buyer")), None)
    return render(request, "groupbuy/hand_out_answer.html", context | {"list": found, "done": done})


@login_required
@require_GET
def leader_income(request: HttpRequest) -> HttpResponse:
    """What the leader was paid, group by group."""
    own = reader_addresses(request)
    offset = offset_of(request)
    led = facade.states_of_leaders(own)
    payouts = money.payouts(own, groups=led, limit=PAYOUTS_A_PAGE + 1, offset=offset)
    groups = facade.groups_by_id({payout.group_id for payout in payouts})
    words = market.offer_words({group.offer.id for group in groups.values()})
    return render(
        request,
        "groupbuy/income.html",
        {
            "section": "leader",
            "rows": [
                {"payout": payout, "words": words[groups[payout.group_id].offer.id]}
                for payout in payouts[:PAYOUTS_A_PAGE]
            ],
            "next_offset": offset + PAYOUTS_A_PAGE if len(payouts) > PAYOUTS_A_PAGE else None,
            "total_minor": money.payouts_total(own, groups=led),
        },
    )
