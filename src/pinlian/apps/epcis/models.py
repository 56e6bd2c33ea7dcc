"""Events as the record has them, and what people keep about capturing and asking.

Events, their things and master data are written by projections alone; the others by the services.
"""

import json
from typing import Any

from django.db import models

URI_LENGTH_MAX = 700
"""Of what is kept in a column of its own. Canonical names are a little longer than what came."""


class Event(models.Model):
    """An event, or the declaration that an event is in error, which repeats it under the same event_id."""

    # Its place in the record.
    index = models.BigIntegerField(primary_key=True)
    event_id = models.CharField(max_length=URI_LENGTH_MAX, db_index=True)
    event_hash = models.CharField(max_length=100)
    event_type = models.CharField(max_length=URI_LENGTH_MAX)
    action = models.CharField(max_length=8, blank=True)
    event_time_us = models.BigIntegerField()
    biz_step = models.CharField(max_length=URI_LENGTH_MAX, blank=True)
    disposition = models.CharField(max_length=URI_LENGTH_MAX, blank=True)
    read_point = models.CharField(max_length=URI_LENGTH_MAX, blank=True)
    biz_location = models.CharField(max_length=URI_LENGTH_MAX, blank=True)
    transformation_id = models.CharField(max_length=URI_LENGTH_MAX, blank=True)
    # When the error was declared; None: this is no declaration.
    error_declared_us = models.BigIntegerField(null=True)
    # Index of the first declaration that this event is in error.
    declared_wrong_by = models.BigIntegerField(null=True)
    recorded_at = models.BigIntegerField()
    author = models.CharField(max_length=42)
    signed_at = models.BigIntegerField()
    capturer = models.CharField(max_length=100)
    # The event as the record has it, in JSON with sorted names.
    text = models.TextField()

    class Meta:
        indexes = [
            models.Index(fields=["event_time_us", "index"], name="epcis_event_time"),
            models.Index(fields=["biz_step", "index"], name="epcis_event_biz_step"),
            models.Index(fields=["disposition", "index"], name="epcis_event_disposition"),
            models.Index(fields=["read_point", "index"], name="epcis_event_read_point"),
            models.Index(fields=["biz_location", "index"], name="epcis_event_biz_location"),
            models.Index(fields=["event_type", "index"], name="epcis_event_type"),
            models.Index(
                fields=["transformation_id"],
                name="epcis_event_transformation",
                condition=~models.Q(transformation_id=""),
            ),
        ]

    def __str__(self) -> str:
        return f"event {self.index}"

    def event(self) -> dict[str, Any]:
        """The event as it was captured."""
        event: dict[str, Any] = json.loads(self.text)
        return event


class EventEpc(models.Model):
    """A thing, or a class of things, that an event names."""

    # The event's index and the place among its things, so that making the rows anew makes the same.
    id = models.BigIntegerField(primary_key=True)
    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="epcs")
    epc = models.CharField(max_length=URI_LENGTH_MAX)
    # The event's, so that a thing that is used again and again can be followed through some days only.
    event_time_us = models.BigIntegerField()
    role = models.CharField(max_length=8)
    quantity = models.CharField(max_length=40, null=True)  # noqa: DJ001 - not said is another thing than zero
    uom = models.CharField(max_length=3, null=True)  # noqa: DJ001 - pieces
    is_class = models.BooleanField()

    class Meta:
        indexes = [models.Index(fields=["epc", "event_time_us", "event"], name="epcis_epc_event")]

    def __str__(self) -> str:
        return f"{self.role} {self.epc}"


class MasterData(models.Model):
    """What somebody said last of a place, a product, a party or a word."""

    # Its place in the record.
    index = models.BigIntegerField(primary_key=True)
    vocabulary = models.CharField(max_length=URI_LENGTH_MAX)
    # As the columns of events have it.
    element = models.CharField(max_length=URI_LENGTH_MAX, db_index=True)
    author = models.CharField(max_length=42)
    capturer = models.CharField(max_length=100)
    # The element as the record has it, in JSON with sorted names.
    text = models.TextField()

    def __str__(self) -> str:
        return f"master data {self.index}"


class MasterDataAttribute(models.Model):
    """An attribute of an element, or of the things that an event creates."""

    # The fact's index and the place among its attributes.
    id = models.BigIntegerField(primary_key=True)
    # Index of the master data, or of the event.
    fact = models.BigIntegerField(db_index=True)
    # Empty: whatever the event creates.
    element = models.CharField(max_length=URI_LENGTH_MAX, blank=True)
    name = models.CharField(max_length=URI_LENGTH_MAX)
    # The beginning of SHA-256 of the value: values are asked for as a whole only.
    value_digest = models.CharField(max_length=32)

    class Meta:
        indexes = [models.Index(fields=["name", "value_digest"], name="epcis_attribute")]

    def __str__(self) -> str:
        return f"{self.name} of {self.element or self.fact}"


class MasterDataChild(models.Model):
    """A place in a place."""

    # The fact's index and the place among its children.
    id = models.BigIntegerField(primary_key=True)
    fact = models.BigIntegerField(db_index=True)
    parent = models.CharField(max_length=URI_LENGTH_MAX, db_index=True)
    child = models.CharField(max_length=URI_LENGTH_MAX)

    def __str__(self) -> str:
        return f"{self.child} in {self.parent}"


class CaptureJob(models.Model):
    """A document that somebody sent, and what became of it."""

    id = models.CharField(max_length=32, primary_key=True)
    owner_id = models.BigIntegerField(null=True, db_index=True)
    created_at_ms = models.BigIntegerField()
    finished_at_ms = models.BigIntegerField()
    error_behaviour = models.CharField(max_length=8)
    success = models.BooleanField()
    # Problem details, for whoever asks after the job.
    errors = models.JSONField(default=list)
    event_count = models.PositiveIntegerField()
    # Of the last fact that the job appended; None: it appended none.
    last_index = models.BigIntegerField(null=True)

    def __str__(self) -> str:
        return f"capture {self.id}"


class NamedQuery(models.Model):
    """A query of the events under a name."""

    name = models.CharField(max_length=100, unique=True)
    owner_id = models.BigIntegerField()
    definition = models.JSONField()
    created_at_ms = models.BigIntegerField()

    def __str__(self) -> str:
        return self.name


class Subscription(models.Model):
    """Somebody who is sent the events that meet a named query."""

    id = models.CharField(max_length=36, primary_key=True)
    query = models.ForeignKey(NamedQuery, on_delete=models.CASCADE, related_name="subscriptions")
    owner_id = models.BigIntegerField(db_index=True)
    dest = models.CharField(max_length=2_000)
    # The subscriber's secret, encrypted; None: deliveries are not signed.
    sealed_token = models.BinaryField(null=True)
    epc_format = models.CharField(max_length=30, blank=True)
    # GS1's QuerySchedule; None: events are sent as they come.
    schedule = models.JSONField(null=True)
    report_if_empty = models.BooleanField(default=False)
    # Events recorded before are left out; None: those that were on record when the subscription was made.
    initial_record_time_us = models.BigIntegerField(null=True)
    created_at_ms = models.BigIntegerField()
    # Of the next fact to look at: all before are delivered, or are none of this subscription's.
    next_index = models.BigIntegerField()
    # When the schedule is due next.
    runs_at_ms = models.BigIntegerField(null=True)
    # When it is looked at again at the earliest: later after each failure.
    not_before_ms = models.BigIntegerField(default=0)
    executed_at_ms = models.BigIntegerField(null=True)
    last_notified_at_ms = models.BigIntegerField(null=True)
    # Since the last delivery that was taken.
    failures = models.PositiveIntegerField(default=0)
    last_error = models.CharField(max_length=200, blank=True)

    def __str__(self) -> str:
        return f"subscription {self.id}"
