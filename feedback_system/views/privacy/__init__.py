"""Pages about personal data: requests of persons, their consents, holds, destruction."""
