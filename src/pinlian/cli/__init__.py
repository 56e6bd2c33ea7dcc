"""The pinlian command and its sub-commands."""
