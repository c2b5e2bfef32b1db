"""The ledger as the dashboard API shows it."""

from datetime import date

from pydantic import BaseModel, Field


class LedgerDay(BaseModel):
    """What became of the records that were accepted on one day (UTC). Each term is counted by itself."""

    received_on: date
    accepted: int = Field(description="Records that were answered as accepted: users and events.")
    waiting: int = Field(description="That lie in the log and are not processed yet.")
    users_applied: int = Field(description="Identify calls that were merged into their user.")
    events: int = Field(description="Events that were stored.")
    duplicates: int = Field(description="Events that were there already, and so were not stored again.")
    quarantined: int = Field(description="That make no sense, and wait for a member.")
    discarded: int = Field(description="That a member has discarded from quarantine.")
    expired: int = Field(description="Events that were stored and have outlived the project's retention.")
    erased: int = Field(description="That were erased with their user.")
    balances: bool = Field(description="`accepted` is the sum of all others.")


class Ledger(BaseModel):
    """Days of receipt on which something was accepted, newest first."""

    days: list[LedgerDay]
    balances: bool = Field(description="Every day does.")
