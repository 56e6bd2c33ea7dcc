"""Subscriptions to named queries: whoever subscribed is sent the events that meet the query, at an address of theirs.

The engine delivers. How far a subscription got is a place in the record, kept with each delivery that was answered;
so what is delivered may be repeated after a crash, and is never left out.
"""
