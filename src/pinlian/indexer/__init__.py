"""From blocks to events to projections: cursor, reorganisations, rebuilding the read model."""
