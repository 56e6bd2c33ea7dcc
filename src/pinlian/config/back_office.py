"""The operator's back office: its front page and menu, and the tables that can be looked at but not edited."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.models import Group as PermissionGroup
from django.core.exceptions import PermissionDenied
from django.db.models import Field, Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import action

from pinlian.apps.groupbuy.facade import erase_all_delivery_details
from pinlian.apps.groupbuy.models import Batch, Case, Group, Order
from pinlian.apps.market.models import Merchant, Offer, OfferDocument, Product, TradeRules
from pinlian.apps.money.facade import account_card
from pinlian.apps.money.models import Account, Entry, TopUp
from pinlian.apps.people.admin import PersonAdmin
from pinlian.apps.people.facade import addresses_of
from pinlian.apps.people.models import Person, PickupPoint
from pinlian.apps.people.services import close_account
from pinlian.apps.resolver.models import StoredLink
from pinlian.domain.case import CaseStatus
from pinlian.domain.group import GroupStatus
from pinlian.indexer.facade import state as index_state
from pinlian.relayer.facade import health

COLUMNS_MAX = 9


class ReadOnly(ModelAdmin):
    """The chain or a service writes these rows; nobody changes them by hand."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def register_read_only(model: type[Model]) -> None:
    """Show a table in the back office without a way to change it."""
    fields = [field for field in model._meta.get_fields() if isinstance(field, Field)]
    columns = [field.name for field in fields if field.get_internal_type() != "JSONField"][:COLUMNS_MAX]
    filters = [field.name for field in fields if field.choices]
    search = [field.name for field in fields if field.get_internal_type() == "CharField"]
    attributes: dict[str, Any] = {
        "list_display": columns,
        "list_filter": filters,
        "search_fields": search,
        "show_full_result_count": False,
    }
    admin.site.register(model, type(f"{model.__name__}Admin", (ReadOnly,), attributes))


SHOWN_MODELS: tuple[type[Model], ...] = (Offer, Group, Batch, Order, Case, Account, Entry, TopUp)
for shown in SHOWN_MODELS:
    register_read_only(shown)
admin.site.index_template = "web/back_office.html"
# Roles take the place of Django's groups of permissions.
admin.site.unregister(PermissionGroup)

# Heading and, under it, icon (Material Symbols) and table.
MENU: tuple[tuple[Promise, tuple[tuple[str, type[Model]], ...]], ...] = (
    (_("People"), (("group", Person), ("location_on", PickupPoint))),
    (
        _("Market"),
        (
            ("storefront", Merchant),
            ("nutrition", Product),
            ("sell", Offer),
            ("description", OfferDocument),
            ("rule_settings", TradeRules),
        ),
    ),
    (_("Group buying"), (("groups", Group), ("receipt_long", Order), ("gavel", Case), ("deployed_code", Batch))),
    (_("Codes on goods"), (("qr_code", StoredLink),)),
    (_("Money"), (("account_balance_wallet", Account), ("list_alt", Entry), ("payments", TopUp))),
)


def menu(request: HttpRequest) -> list[dict[str, Any]]:
    """The menu at the side (settings.UNFOLD)."""
    return [
        {
            "title": heading,
            "items": [
                {
                    "title": model._meta.verbose_name_plural,
                    "icon": icon,
                    "link": reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"),
                }
                for icon, model in tables
            ],
        }
        for heading, tables in MENU
    ]


@action(description=_("Close the account and erase what is known of the person"))
def close_accounts(model_admin: PersonAdmin, request: HttpRequest, queryset: QuerySet[Person]) -> None:
    """Erases name, number, keys and delivery details of people who asked for it, once their money is withdrawn."""
    for person in queryset:
        accounts = addresses_of(person.pk)
        if any(account_card(account).balance_minor for account in accounts):
            text = _("%(name)s still has a balance. It has to be withdrawn first, with the person's own key.")
            model_admin.message_user(request, text % {"name": person.display_name}, messages.ERROR)
            continue
        erased = erase_all_delivery_details(accounts)
        close_account(person)
        model_admin.log_change(request, person, f"account closed, {erased} delivery details erased")
        model_admin.message_user(request, _("Closed and erased."))


PersonAdmin.actions = (*PersonAdmin.actions, close_accounts)


def log_in_to_back_office(request: HttpRequest) -> HttpResponse:
    """Operators log in as everybody does, with telephone number and password.

    Raises:
        PermissionDenied: somebody is logged in who is no operator.
    """
    if request.user.is_authenticated:
        raise PermissionDenied
    back = urlencode({"next": request.GET.get("next", reverse("admin:index"))})
    return redirect(f"{reverse('people:sign-in')}?{back}")


def front_page(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """What the front page shows (settings.UNFOLD): is everything running, and what waits for the operator."""
    relayer, index = health(), index_state()
    groups = Group.objects.all()
    return {
        **context,
        "title": _("Back office"),
        "index": index,
        "relayer": relayer,
        "waiting_messages": sum(relayer.waiting.values()),
        "figures": [
            (_("People"), Person.objects.filter(is_active=True).count()),
            (_("Accounts in escrow"), Account.objects.count()),
            (_("Open groups"), groups.filter(status=GroupStatus.OPEN).count()),
            (_("Waiting for delivery"), groups.filter(status=GroupStatus.CLOSED).count()),
            (_("Settled groups"), groups.filter(status=GroupStatus.SETTLED).count()),
            (_("Failed groups"), groups.filter(status=GroupStatus.FAILED).count()),
        ],
        "merchants_waiting": Merchant.objects.filter(verified_at=None).count(),
        "cases_to_rule": Case.objects.filter(status=CaseStatus.REJECTED).count(),
    }
