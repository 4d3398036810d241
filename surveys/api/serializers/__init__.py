"""What answers say, subject by subject: as much as the pages, masked and held back where they are there."""
