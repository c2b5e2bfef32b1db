"""Tests of values in SQL."""

from datetime import datetime

from vibefollow_server.users.filters import Values

from .operands import Operand, number, opposite
from .question import Question
from .value_tests import (
    Between,
    Compare,
    DaysAround,
    Existence,
    Is,
    Like,
    NumberIs,
    OneOf,
    TextIs,
    TextOneOf,
    TimeCompare,
    ValueTest,
)


def ask(test: ValueTest, operand: Operand, question: Question, values: Values) -> str:
    """Return the condition that a value passes a test."""
    match test:
        case Existence():
            return operand.exists if test.operator == "exists" else opposite(operand.exists)
        case Is() | TextIs() | NumberIs():
            same = operand.one_of([test.value], values)
            return same if test.operator == "is" else opposite(same)
        case OneOf() | TextOneOf():
            return operand.one_of(test.values, values)
        case Like():
            return _like(test, operand, values)
        case Compare():
            sign = ">" if test.operator == "more_than" else "<"
            return f"({operand.number}) {sign} {number(test.value, values)}"
        case Between():
            low, high = number(test.low, values), number(test.high, values)
            return f"({operand.number}) BETWEEN {low} AND {high}"
        case TimeCompare():
            sign = ">=" if test.operator == "after" else "<"
            return f"({operand.time}) {sign} {values.add(test.value)}::timestamptz"
        case DaysAround():
            return _days_around(test, operand, question, values)


def _like(test: Like, operand: Operand, values: Values) -> str:
    text = f'lower(({operand.text}) COLLATE "default")'
    wanted = f"lower({values.add(test.value)}::text)"
    if test.operator == "contains":
        return f"strpos({text}, {wanted}) > 0"
    return f"starts_with({text}, {wanted})"


def _days_around(test: DaysAround, operand: Operand, question: Question, values: Values) -> str:
    def instant(one: datetime) -> str:
        return f"{values.add(one)}::timestamptz"

    time, now = f"({operand.time})", question.instant
    match test.operator:
        case "in_next_days":
            return f"{time} > {instant(now)} AND {time} <= {instant(question.days_after(test.days))}"
        case "more_than_days_ago":
            return f"{time} <= {instant(question.days_before(test.days))}"
    return f"{time} > {instant(question.days_before(test.days))} AND {time} <= {instant(now)}"
