"""An e-mail address has a deliverable form (SPEC section 2; RFC 5321, RFC 6531)."""

import pytest

from vibefollow_server.ingest.email_address import is_deliverable


@pytest.mark.parametrize(
    "address",
    [
        "jane@acme.io",
        "a@b.co",
        "jane.doe+news@mail.acme.co.uk",
        "!#$%&'*+-/=?^_`{|}~@acme.io",
        "o'brien@acme.io",
        "x" * 64 + "@acme.io",
        "jane@" + "a" * 63 + ".io",
        "jane@1-2.example",
        "jane@xn--bcher-kva.example",
        "用户@例子.广告",
        "jörg@bücher.example",
        "राम@मोहन.ईन्फो",
    ],
)
def test_a_mailbox_is_deliverable(address: str) -> None:
    assert is_deliverable(address)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "@",
        "not-an-email",
        "@acme.io",
        "jane@",
        "jane@acme",
        "jane@@acme.io",
        "ja@ne@acme.io",
        "jane doe@acme.io",
        " jane@acme.io",
        "jane@acme.io ",
        "jane@acme.io\n",
        "jane\t@acme.io",
        "ja\u00a0ne@acme.io",
        "ja\u200bne@acme.io",
        "ja\x7fne@acme.io",
        ".jane@acme.io",
        "jane.@acme.io",
        "ja..ne@acme.io",
        '"jane doe"@acme.io',
        "Jane <jane@acme.io>",
        "jane@acme.io,joe@acme.io",
        "jane@.acme.io",
        "jane@acme..io",
        "jane@acme.io.",
        "jane@-acme.io",
        "jane@acme-.io",
        "jane@-ü.io",
        "jane@ü-.io",
        "jane@ac_me.io",
        "jane@acme。io",
        "jane@[127.0.0.1]",
        "jane@127.0.0.1",
        "x" * 65 + "@acme.io",
        "jane@" + "a" * 64 + ".io",
        "jane@" + "a." * 126 + "io",
        "x" * 64 + "@" + ".".join(["a" * 63] * 4) + ".io",
    ],
)
def test_anything_else_is_not(address: str) -> None:
    assert not is_deliverable(address)
