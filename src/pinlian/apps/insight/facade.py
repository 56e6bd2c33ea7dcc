"""What commands and pages may ask about the whole."""

from pinlian.apps.insight.audit import AuditReport, audit
from pinlian.apps.insight.record_audit import audit_record

__all__ = ["AuditReport", "audit", "audit_record"]
