"""The numbers of the wire contract (SPEC section 2). Validators and openapi/public.json both read them here.

"Characters" are Unicode code points; sizes are bytes of compact UTF-8 JSON.
"""

from datetime import timedelta

MAX_BODY_BYTES = 10 * 1024 * 1024
# Arrays and objects within each other, anywhere in a body; deeper is `malformed_json`.
MAX_BODY_DEPTH = 500

MAX_BULK_RECORDS = 1000
MAX_BATCH_RECORDS = 500

# external_user_id, name, event_id: 1 to this many characters.
MAX_IDENTIFIER_LENGTH = 255
MAX_IDEMPOTENCY_KEY_LENGTH = 255
IDEMPOTENCY_KEYS_KEPT = timedelta(hours=24)
MAX_REQUEST_ID_LENGTH = 128

# `traits` and `properties`: the object itself is level 1.
MAX_OBJECT_BYTES = 32 * 1024
MAX_OBJECT_DEPTH = 100

RESERVED_NAME_PREFIXES = ("$", "email.")
MAX_AHEAD = timedelta(hours=24)

# RFC 5321 section 4.5.3.1 (64 and 255 octets with the length bytes of the DNS), SPEC for the whole.
MAX_EMAIL_LENGTH = 320
MAX_EMAIL_LOCAL_LENGTH = 64
MAX_EMAIL_DOMAIN_LENGTH = 253
MAX_DOMAIN_LABEL_LENGTH = 63

# Our own, where SPEC is silent: an answer stays readable, and small beside the body it answers.
MAX_PROBLEMS_PER_RECORD = 20
MAX_PROBLEMS_PER_REQUEST = 100
MAX_FIELD_LENGTH = 255
