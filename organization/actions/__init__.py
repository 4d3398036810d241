"""What is done with the organisation; each file one subject."""
