"""Reading across all parts: the audit, the chain behind the pages."""
