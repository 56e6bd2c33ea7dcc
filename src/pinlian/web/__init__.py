"""The page shell: layout, components, language switch, static files."""
