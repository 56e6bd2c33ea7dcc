"""Capture with little work: what farmers, warehouses and sensors tell the record, by telephone, file or message."""
