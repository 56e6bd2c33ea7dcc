"""What commands and pages may ask about the whole."""

from pinlian.apps.insight.audit import AuditReport, audit

__all__ = ["AuditReport", "audit"]
