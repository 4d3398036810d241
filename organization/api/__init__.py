"""What every room's part of the JSON API shares: logging in, the frame of a view, fields that clean what comes in."""
