"""People, the keys of their devices, and the places where goods are collected."""

from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """What a person may do here. One person may have several."""

    RESIDENT = "resident", _("Resident")
    LEADER = "leader", _("Group leader")
    MERCHANT = "merchant", _("Merchant")
    COURIER = "courier", _("Courier")
    OPERATOR = "operator", _("Operator")


HANDLERS = frozenset({Role.LEADER, Role.MERCHANT, Role.COURIER, Role.OPERATOR})
"""The roles of those who handle goods."""


class PickupPoint(models.Model):
    """A public place where a delivery comes and residents collect.

    Leaders sign for a point by its `commitment`, the hash of its code, name, district and address. A point that moves
    is therefore another point: these four never change.
    """

    code = models.SlugField(_("code"), max_length=32, unique=True)
    name = models.CharField(_("name"), max_length=80)
    district = models.CharField(_("neighbourhood"), max_length=80, db_index=True)
    address = models.CharField(_("address"), max_length=200)
    commitment = models.CharField(_("commitment"), max_length=66, unique=True, editable=False)
    opening_hours = models.CharField(_("opening hours"), max_length=120, blank=True)
    latitude_microdegrees = models.IntegerField(_("latitude (millionths of a degree)"), null=True, blank=True)
    longitude_microdegrees = models.IntegerField(_("longitude (millionths of a degree)"), null=True, blank=True)
    is_open = models.BooleanField(_("in use"), default=True)

    class Meta:
        verbose_name = _("pickup point")
        verbose_name_plural = _("pickup points")
        ordering = ["district", "name"]

    def __str__(self) -> str:
        return f"{self.district} · {self.name}"


class PersonManager(models.Manager["Person"]):
    def get_by_natural_key(self, phone_lookup: str) -> "Person":
        """Django's authentication asks for people by USERNAME_FIELD through this."""
        return self.get(phone_lookup=phone_lookup)


class Person(AbstractBaseUser):
    """Somebody who logs in. The telephone number is kept as a keyed hash, to find it, and sealed, to read it."""

    phone_lookup = models.CharField(max_length=64, unique=True, editable=False)
    phone_sealed = models.BinaryField(editable=False)
    display_name = models.CharField(_("display name"), max_length=40)
    language = models.CharField(_("language"), max_length=10, default="zh-hans")
    home_pickup_point = models.ForeignKey(
        PickupPoint,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("usual pickup point"),
    )
    is_active = models.BooleanField(_("may log in"), default=True)
    joined_at = models.DateTimeField(_("joined"), auto_now_add=True)
    # Which words on personal data the person agreed to, and when.
    consent_version = models.CharField(max_length=10, editable=False, blank=True)
    consented_at = models.DateTimeField(null=True, editable=False)

    objects = PersonManager()

    USERNAME_FIELD = "phone_lookup"
    REQUIRED_FIELDS = ["display_name"]

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        ordering = ["-joined_at"]

    def __str__(self) -> str:
        return self.display_name

    def get_full_name(self) -> str:
        """How the back office calls a person."""
        return self.display_name

    @property
    def roles(self) -> frozenset[str]:
        """The person's roles; read from the database once an object."""
        if not hasattr(self, "_roles"):
            self._roles = frozenset(self.role_grants.values_list("role", flat=True))
        return self._roles

    @property
    def unread_notices(self) -> int:
        """How many notices the person has not seen."""
        return self.notices.filter(read_at=None).count()

    @property
    def is_leader(self) -> bool:
        return Role.LEADER in self.roles

    @property
    def is_merchant(self) -> bool:
        return Role.MERCHANT in self.roles

    @property
    def is_operator(self) -> bool:
        return Role.OPERATOR in self.roles

    @property
    def handles_goods(self) -> bool:
        """Whether lots come through this person's hands, so that there is something to record of them."""
        return not self.roles.isdisjoint(HANDLERS)

    @property
    def is_staff(self) -> bool:
        """Whether the back office is open to this person."""
        return self.is_active and self.is_operator

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """Operators may do everything that the back office offers; nobody else may do anything there."""
        return self.is_staff

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_staff


class RoleGrant(models.Model):
    """That a person has a role, since when, and which operator gave it (none: it came with signing up)."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="role_grants")
    role = models.CharField(_("role"), max_length=16, choices=Role)
    granted_by = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    granted_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("role")
        verbose_name_plural = _("roles")
        constraints = [models.UniqueConstraint(fields=["person", "role"], name="people_one_grant_a_role")]

    def __str__(self) -> str:
        return f"{self.person}: {self.get_role_display()}"


class DeviceKey(models.Model):
    """A key that signs for a person, with the public key to which others encrypt for that person.

    Only its owner can open the keystore: it is encrypted on the device.
    """

    address = models.CharField(_("address"), max_length=42, unique=True)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="device_keys")
    label = models.CharField(_("label"), max_length=60)
    keystore = models.JSONField(null=True, editable=False)
    encryption_key = models.JSONField(null=True, editable=False)
    created_at = models.DateTimeField(_("added"), auto_now_add=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)

    class Meta:
        verbose_name = _("device key")
        verbose_name_plural = _("device keys")
        ordering = ["created_at", "id"]

    def __str__(self) -> str:
        return f"{self.label} {self.address[:10]}"


class Notice(models.Model):
    """What a person must hear of. `parameters` are for the words of its kind (notices.py)."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=20)
    reference = models.CharField(max_length=120)
    parameters = models.JSONField()
    sent_at = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        constraints = [
            models.UniqueConstraint(fields=["person", "kind", "reference"], name="people_one_notice_a_reference")
        ]
        indexes = [
            models.Index(fields=["person"], name="people_notice_unread", condition=models.Q(read_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.person}: {self.kind}"


class AttemptCounter(models.Model):
    """Tries of one kind, for one number, place or group, in the running period. `key` is a keyed hash."""

    key = models.CharField(max_length=64, primary_key=True)
    attempts = models.PositiveIntegerField(default=0)
    period_ends_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.key[:8]}: {self.attempts}"


class ApiToken(models.Model):
    """Lets a program of a person's speak for that person. Only a hash is kept: the token itself is shown once."""

    # Says nothing of the person; may stand where everybody reads it.
    public_id = models.CharField(max_length=16, unique=True)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="api_tokens")
    label = models.CharField(_("label"), max_length=60)
    # SHA-256 of the token, which is random and long enough to need no slow hash.
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(_("added"), auto_now_add=True)
    last_used_on = models.DateField(_("last used"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")
        ordering = ["created_at", "id"]

    def __str__(self) -> str:
        return f"{self.label} {self.public_id[:6]}"
