"""Addresses of the market app's pages."""

from django.urls import path, re_path

from pinlian.apps.market import pages

app_name = "market"
urlpatterns = [
    path("open/", pages.shop_edit, name="shop-edit"),
    path("products/", pages.products, name="products"),
    path("products/new/", pages.product_edit, name="product-new"),
    path("products/<int:product_id>/", pages.product_edit, name="product"),
    path("products/<int:product_id>/photo/remove/", pages.product_photo_remove, name="product-photo-remove"),
    path("offers/", pages.offers, name="offers"),
    path("offers/new/", pages.offer_new, name="offer-new"),
    path("<int:merchant_id>/", pages.shop, name="shop"),
    re_path(r"^photos/(?P<digest>[0-9a-f]{64})\.webp$", pages.photo, name="photo"),
]
