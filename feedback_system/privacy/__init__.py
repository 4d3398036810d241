"""Personal data across all rooms: copy, restriction, erasure, retention (PIPL 44 to 47, SEC-04, SEC-05)."""
