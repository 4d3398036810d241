"""What we tell people: the outbox, its delivery, and the inbox inside the program."""
