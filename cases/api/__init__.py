"""The cases room in the JSON API: the same access, actions and gates as the pages."""
