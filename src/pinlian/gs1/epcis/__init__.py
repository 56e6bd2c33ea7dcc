"""EPCIS 2.0.1 events in JSON with the Core Business Vocabulary 2.0: reading, checking, hashing."""
