"""Merchants, products and the rules of offers in the operator's back office."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import action, display

from pinlian.apps.market import services
from pinlian.apps.market.models import Merchant, OfferDocument, Product, TradeRules
from pinlian.apps.market.selectors import product_view
from pinlian.apps.market.trade_rules import trade_rules


@admin.register(Merchant)
class MerchantAdmin(ModelAdmin):
    list_display = ("name", "region", "person", "verified_at", "verified_by")
    list_filter = (("verified_at", admin.EmptyFieldListFilter),)
    list_select_related = ("person", "verified_by")
    search_fields = ("name", "region", "account")
    fields = ("name", "region", "about", "person", "account", "verified_at", "verified_by")
    readonly_fields = fields
    actions = ("verify", "withdraw_verification")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """A person opens the shop; the operator verifies it."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @action(description=_("Verify: I have seen who this is"))
    def verify(self, request: HttpRequest, queryset: QuerySet[Merchant]) -> None:
        for merchant in queryset:
            services.verify_merchant(merchant, request.user.pk)
            self.log_change(request, merchant, "verified")
        self.message_user(request, _("Verified. New offers of these merchants are accepted."))

    @action(description=_("Withdraw the verification"))
    def withdraw_verification(self, request: HttpRequest, queryset: QuerySet[Merchant]) -> None:
        for merchant in queryset:
            services.withdraw_verification(merchant)
            self.log_change(request, merchant, "verification withdrawn")
        self.message_user(request, _("Withdrawn. Offers that are published run on as signed."))


@admin.register(Product)
class ProductAdmin(ModelAdmin):
    list_display = ("shown", "name_zh", "unit_zh", "category", "merchant", "is_on_sale")
    list_display_links = ("name_zh",)
    list_filter = ("category", "is_on_sale", "merchant")
    list_select_related = ("merchant",)
    search_fields = ("name_zh", "name_en")
    readonly_fields = ("shown", "merchant", "photo")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Product, form: Any, change: bool) -> None:
        services.save_words(obj)

    @display(description=_("picture"))
    def shown(self, product: Product) -> SafeString:
        return format_html('<img src="{}" alt="" width="40" height="40">', product_view(product).picture_url)


@admin.register(OfferDocument)
class OfferDocumentAdmin(ModelAdmin):
    list_display = ("terms", "product", "written_at")
    list_select_related = ("product",)
    search_fields = ("terms", "product__name_zh")
    readonly_fields = ("terms", "product", "document", "written_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The words are signed."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(TradeRules)
class TradeRulesAdmin(ModelAdmin):
    """One row: what goes into every offer that is drafted from now on."""

    list_display = ("__str__", "arbiter", "leader_bps", "platform_bps", "growth_bps", "logistics_bps")

    def get_queryset(self, request: HttpRequest) -> QuerySet[TradeRules]:
        trade_rules()
        return super().get_queryset(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
