"""Whether an e-mail address has a deliverable form: RFC 5321 mailboxes, with UTF-8 as in RFC 6531.

Left out on purpose, because no mailbox that a product writes to has them: quoted local parts, comments,
address literals, and domains without a dot. Nothing is looked up, and nothing is normalised.
"""

import re
from unicodedata import category

from .limits import (
    MAX_DOMAIN_LABEL_LENGTH,
    MAX_EMAIL_DOMAIN_LENGTH,
    MAX_EMAIL_LENGTH,
    MAX_EMAIL_LOCAL_LENGTH,
)

# Dot-atom of RFC 5322 section 3.2.3; beyond ASCII, `isprintable` and the category decide.
LOCAL_PART = re.compile(r"[^\x00-\x20\"(),.:;<>@\[\\\]\x7f]++(?:\.[^\x00-\x20\"(),.:;<>@\[\\\]\x7f]++)*+")
ASCII_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?")


def is_deliverable(address: str) -> bool:
    """Tell whether `address` could be a mailbox; linear in its length."""
    if len(address) > MAX_EMAIL_LENGTH:
        return False
    local, at, domain = address.rpartition("@")
    return bool(at) and _is_local_part(local) and _is_domain(domain)


def _is_local_part(local: str) -> bool:
    return (
        len(local) <= MAX_EMAIL_LOCAL_LENGTH
        and LOCAL_PART.fullmatch(local) is not None
        and (local.isascii() or local.isprintable())
    )


def _is_domain(domain: str) -> bool:
    labels = domain.split(".")
    return (
        len(domain) <= MAX_EMAIL_DOMAIN_LENGTH
        and len(labels) > 1
        and not labels[-1].isdigit()
        and all(_is_label(label) for label in labels)
    )


def _is_label(label: str) -> bool:
    if len(label) > MAX_DOMAIN_LABEL_LENGTH:
        return False
    if label.isascii():
        return ASCII_LABEL.fullmatch(label) is not None
    # An internationalised label: letters, marks and digits of any script (RFC 5890).
    return label[0] != "-" != label[-1] and all(_is_label_character(character) for character in label)


def _is_label_character(character: str) -> bool:
    if character.isascii():
        return character == "-" or character.isalnum()
    return category(character)[0] in "LMN"
