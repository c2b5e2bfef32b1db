"""How large a filter may be. A filter of any size within them is answered in one statement."""

# Groups within each other.
MAX_DEPTH = 8
# Conditions that are no group, those of properties included; and those of the audiences that are asked for.
MAX_CONDITIONS = 50
MAX_CONDITIONS_WITH_AUDIENCES = 200
MAX_PROPERTIES = 10
MAX_VALUES = 200
MAX_TEXT_LENGTH = 1_000
MAX_NAME_LENGTH = 255
MAX_DAYS = 3_650
MAX_TIMES = 1_000_000
# Beyond it numbers with a decimal point are not told apart any more.
MAX_NUMBER = 1e15
