"""The customers room in the JSON API: the same access, rules and sentences as the pages; never the whole file."""
