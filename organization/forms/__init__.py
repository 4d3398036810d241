"""Forms of the organisation, and the fields that every room's forms clean text with."""
