"""The interface of EPCIS 2.0.1 as GS1 binds it to HTTP, under /epcis/. docs/protocol/epcis.md says what is offered.

Reading is open to everybody: an event's way is meant to be checked. Capturing, and keeping named queries, needs the API
token of somebody who handles goods.
"""
