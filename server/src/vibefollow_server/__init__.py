"""The product: what users of a SaaS do becomes well-timed, personal follow-up e-mails."""

__version__ = "0.1.0"
