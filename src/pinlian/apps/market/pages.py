"""The merchant's pages, and what everybody sees of a shop."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from pinlian.apps.market import selectors, services
from pinlian.apps.market.forms import OfferForm, ProductForm, ShopForm
from pinlian.apps.market.illustrations import illustrations
from pinlian.apps.market.models import Merchant, Product, ProductPhoto
from pinlian.apps.market.offer_drafts import OfferInvalid, draft_offer
from pinlian.apps.market.offer_terms import offers_of_merchants
from pinlian.apps.market.photos import PhotoInvalid, photo_response
from pinlian.apps.market.trade_rules import trade_rules
from pinlian.apps.people.facade import device_keys_of, grant_role
from pinlian.chain.typed_data import hash_struct, message_json
from pinlian.relayer.facade import pending_of

Arguments = ParamSpec("Arguments")
ShopPage = Callable[Concatenate[HttpRequest, Merchant, Arguments], HttpResponse]


def own_id(request: HttpRequest) -> int:
    """Who asks. Behind login_required, which has sent everybody else to log in."""
    if request.user.pk is None:
        raise TypeError("a page without login_required asked who is logged in")
    return request.user.pk


def with_shop(page: ShopPage[Arguments]) -> Callable[Concatenate[HttpRequest, Arguments], HttpResponse]:
    """Gives the page the shop of whoever is logged in; who has none is asked to open one."""

    @login_required
    @wraps(page)
    def with_own_shop(request: HttpRequest, /, *args: Arguments.args, **kwargs: Arguments.kwargs) -> HttpResponse:
        merchant = Merchant.objects.filter(person_id=own_id(request)).first()
        if merchant is None:
            return redirect("market:shop-edit")
        return page(request, merchant, *args, **kwargs)

    return with_own_shop


def own_product(merchant: Merchant, product_id: int) -> Product:
    product = Product.objects.select_related("merchant").filter(pk=product_id, merchant=merchant).first()
    if product is None:
        raise Http404
    return product


def show(request: HttpRequest, template: str, tab: str, merchant: Merchant, context: dict[str, object]) -> HttpResponse:
    """A page within the merchant's own pages."""
    shell = {"section": "merchant", "tab": tab, "shop": selectors.merchant_view(merchant)}
    return render(request, f"market/{template}.html", {**shell, **context})


@login_required
@require_http_methods(["GET", "POST"])
def shop_edit(request: HttpRequest) -> HttpResponse:
    """Open a shop, or change what neighbours read about it."""
    person_id = own_id(request)
    merchant = Merchant.objects.filter(person_id=person_id).first()
    keys = [(key.address, f"{key.label} {key.address[:8]}…") for key in device_keys_of(person_id)]
    initial = (
        {"name": merchant.name, "region": merchant.region, "about": merchant.about, "account": merchant.account}
        if merchant
        else {}
    )
    form = ShopForm(request.POST or None, initial=initial, accounts=keys)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        saved = services.save_merchant(person_id, name=data["name"], region=data["region"], about=data["about"])
        account = data.get("account") or saved.account or next((address for address, _label in keys), None)
        if account:
            services.set_account(saved, account)
        grant_role(person_id, "merchant")
        messages.success(request, _("Saved."))
        return redirect("shop:overview")
    return render(request, "market/shop_edit.html", {"section": "merchant", "form": form, "shop": merchant})


@with_shop
@require_GET
def products(request: HttpRequest, merchant: Merchant) -> HttpResponse:
    return show(request, "products", "products", merchant, {"products": selectors.products_of(merchant.pk)})


@with_shop
@require_http_methods(["GET", "POST"])
def product_edit(request: HttpRequest, merchant: Merchant, product_id: int | None = None) -> HttpResponse:
    product = own_product(merchant, product_id) if product_id else None
    names = [name for name in ProductForm.base_fields if name != "photo"]
    initial = {name: getattr(product, name) for name in names} if product else {"illustration": "leafy-green"}
    form = ProductForm(request.POST or None, request.FILES or None, initial=initial)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            services.save_product(merchant, product, form.words(), form.cleaned_data["photo"] or None)
        except PhotoInvalid:
            form.add_error("photo", _("This is no photograph that we can read. Send a JPEG, PNG or WebP file."))
            status = 422
        else:
            messages.success(request, _("Saved."))
            return redirect("market:products")
    pictures: dict[str, list[object]] = {}
    for picture in illustrations().values():
        pictures.setdefault(picture.category, []).append(picture)
    view = selectors.product_view(product) if product else None
    context = {"form": form, "product": view, "pictures": pictures, "chosen": form["illustration"].value()}
    response = show(request, "product_edit", "products", merchant, context)
    response.status_code = status
    return response


@with_shop
@require_POST
def product_photo_remove(request: HttpRequest, merchant: Merchant, product_id: int) -> HttpResponse:
    services.remove_photo(own_product(merchant, product_id))
    return redirect("market:product", product_id)


@with_shop
@require_GET
def offers(request: HttpRequest, merchant: Merchant) -> HttpResponse:
    accounts = selectors.accounts_of_merchant(merchant.pk)
    found = offers_of_merchants(accounts)
    words = selectors.offer_words([offer.id for offer in found])
    waiting = [message for account in accounts for message in pending_of(account) if message.kind == "offer"]
    rows = [(offer, words[offer.id]) for offer in found]
    return show(request, "offers", "offers", merchant, {"offers": rows, "waiting": len(waiting)})


@with_shop
@require_http_methods(["GET", "POST"])
def offer_new(request: HttpRequest, merchant: Merchant) -> HttpResponse:
    """The offer form. A POST answers with the message to sign, or with what to put right (422)."""
    on_sale = selectors.products_of(merchant.pk, only_on_sale=True)
    choices = [(product.id, f"{product.name} · {product.unit}") for product in on_sale]
    rules = trade_rules()
    if request.method == "POST":
        return _prepare_offer(merchant, OfferForm(request.POST, products=choices))
    first = {
        "product": request.GET.get("product"),
        "window_kind": "FRESHNESS",
        "window_days": 2,
        "leader_percent": f"{rules.leader_bps / 100:g}",
    }
    context = {"form": OfferForm(initial=first, products=choices), "rules": rules, "products": on_sale}
    return show(request, "offer_new", "offers", merchant, context)


def _prepare_offer(merchant: Merchant, form: OfferForm) -> HttpResponse:
    if merchant.account is None or merchant.verified_at is None:
        form.add_error(None, _("Your shop needs a key and the operator's verification before it can publish offers."))
    if form.is_valid():
        product = own_product(merchant, int(form.cleaned_data["product"]))
        try:
            offer = draft_offer(product, form.plan())
        except OfferInvalid as invalid:
            for refusal in invalid.refusals:
                form.add_refusal(refusal)
        else:
            return JsonResponse(
                {
                    "kind": "offer",
                    "message": message_json(offer),
                    "submit": reverse("api-1:publish_offer"),
                    "next": reverse("shop:offer", args=[f"0x{hash_struct(offer).hex()}"]),
                }
            )
    errors = {name: [str(text) for text in texts] for name, texts in form.errors.items()}
    return JsonResponse({"errors": errors}, status=422)


@require_GET
def shop(request: HttpRequest, merchant_id: int) -> HttpResponse:
    """What neighbours see of a shop."""
    merchant = Merchant.objects.filter(pk=merchant_id).first()
    if merchant is None:
        raise Http404
    found = [
        offer for offer in offers_of_merchants(selectors.accounts_of_merchant(merchant.pk)) if offer.units_left > 0
    ]
    words = selectors.offer_words([offer.id for offer in found])
    return render(
        request,
        "market/shop.html",
        {
            "section": "home",
            "shop": selectors.merchant_view(merchant),
            "offers": [(offer, words[offer.id]) for offer in found],
        },
    )


@require_GET
def photo(request: HttpRequest, digest: str) -> HttpResponse:
    """A product's photograph."""
    found = ProductPhoto.objects.filter(pk=digest).first()
    if found is None:
        raise Http404
    return photo_response(found.webp)
