"""People and pickup points in the operator's back office."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import action, display

from pinlian.apps.people import services
from pinlian.apps.people.models import DeviceKey, Person, PickupPoint, RoleGrant
from pinlian.apps.people.phone_numbers import PhoneNumberInvalid, masked, one_spelling, phone_vault


class RoleGrantInline(TabularInline):
    model = RoleGrant
    fk_name = "person"
    extra = 0
    fields = ("role", "granted_at", "granted_by")
    readonly_fields = ("granted_at", "granted_by")


class DeviceKeyInline(TabularInline):
    """Only the person adds or removes keys: an operator who could would sign in the person's name."""

    model = DeviceKey
    extra = 0
    fields = readonly_fields = ("label", "address", "created_at", "revoked_at")
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Person)
class PersonAdmin(ModelAdmin):
    list_display = ("display_name", "phone", "role_names", "home_pickup_point", "joined_at", "is_active")
    list_filter = ("role_grants__role", "is_active", "home_pickup_point")
    list_select_related = ("home_pickup_point",)
    search_fields = ("display_name", "device_keys__address")
    fields = ("display_name", "phone", "language", "home_pickup_point", "is_active", "joined_at", "consented_at")
    readonly_fields = ("phone", "joined_at", "consented_at")
    inlines = (RoleGrantInline, DeviceKeyInline)
    actions: tuple[Any, ...] = ("give_new_password",)
    search_help_text = _("Name, whole telephone number, or account")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Person]:
        return super().get_queryset(request).prefetch_related("role_grants")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Person], search_term: str
    ) -> tuple[QuerySet[Person], bool]:
        """A whole telephone number finds its owner; the numbers themselves cannot be searched."""
        try:
            number = one_spelling(search_term)
        except PhoneNumberInvalid:
            return super().get_search_results(request, queryset, search_term)
        return queryset.filter(phone_lookup=phone_vault().lookup(number)), False

    @action(description=_("Give a new password"))
    def give_new_password(self, request: HttpRequest, queryset: QuerySet[Person]) -> None:
        if queryset.count() != 1:
            self.message_user(request, _("Choose one person."), messages.ERROR)
            return
        person = queryset.get()
        password = services.give_new_password(person)
        self.log_change(request, person, "new password given")
        self.message_user(
            request,
            _("New password of %(name)s: %(password)s. Hand it over in person; it is shown only now.")
            % {"name": person.display_name, "password": password},
            messages.WARNING,
        )

    def has_add_permission(self, request: HttpRequest) -> bool:
        """People sign up themselves and agree to the use of their data."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Orders and payments of a person stay; an account is closed, not deleted."""
        return False

    @display(description=_("Telephone number"))
    def phone(self, person: Person) -> str:
        return masked(phone_vault().unseal(bytes(person.phone_sealed))) if person.phone_sealed else ""

    @display(description=_("roles"), label=True)
    def role_names(self, person: Person) -> list[Any]:
        return [grant.get_role_display() for grant in person.role_grants.all()]

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        for grant in formset.save(commit=False):
            if isinstance(grant, RoleGrant) and grant.granted_by_id is None:
                grant.granted_by_id = request.user.pk
            grant.save()
        for gone in formset.deleted_objects:
            gone.delete()


@admin.register(PickupPoint)
class PickupPointAdmin(ModelAdmin):
    list_display = ("name", "district", "address", "opening_hours", "is_open")
    list_filter = ("district", "is_open")
    search_fields = ("name", "district", "address", "code")
    signed_fields = ("code", "name", "district", "address")

    def get_readonly_fields(self, request: HttpRequest, obj: PickupPoint | None = None) -> tuple[str, ...]:
        return (*self.signed_fields, "commitment") if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Groups refer to a point for ever; one that is not used any more is closed."""
        return False

    def save_model(self, request: HttpRequest, obj: PickupPoint, form: Any, change: bool) -> None:
        if not change:
            services.seal_pickup_point(obj)
            messages.info(request, _("Code, name, neighbourhood and address cannot be changed from now on."))
        super().save_model(request, obj, form, change)
