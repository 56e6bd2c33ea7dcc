"""People: accounts, device keys, sign-in."""
