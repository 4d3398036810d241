"""The room's addresses in the JSON API, subject by subject."""
