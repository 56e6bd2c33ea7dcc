"""Events of goods (EPCIS 2.0): captured into the record, kept, and queried as GS1 binds it to HTTP."""
