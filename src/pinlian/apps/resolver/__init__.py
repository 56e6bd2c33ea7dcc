"""From a code on a thing to what is known of it: a GS1-conformant resolver."""
