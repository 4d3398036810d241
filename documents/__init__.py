"""Files in and files out: attachments, spreadsheets, paper forms."""
