"""How the columns of an error file are known again, in every language."""

ROW_MARK = "#row"
ERROR_MARK = "#error"
