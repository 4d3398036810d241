"""The surveys room in the JSON API: the same access, actions, gates and sentences as the pages."""
