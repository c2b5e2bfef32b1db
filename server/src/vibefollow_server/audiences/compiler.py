"""A filter tree as one condition in SQL, and each of its parts with the value that decides.

`Compiled` keeps the shape of the tree: a statement takes the condition of the root, an explanation those of
all leaves. An audience that is asked for is compiled in its place, by its own filter.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

from vibefollow_server.users.filters import Values

from .asking import ask
from .conditions import (
    AudienceCondition,
    EventCondition,
    NumberField,
    StageCondition,
    TextField,
    TimeField,
    TraitCondition,
)
from .filters import All, AnyOf, Condition, Leaf, Not
from .operands import opposite
from .question import Question, window_of
from .source_queries import PastSources, PresentSources, Sources, property_value

Definitions = Mapping[uuid.UUID, Condition]


@dataclass(frozen=True, slots=True)
class Compiled:
    """A condition of a filter in SQL. It holds where `sql` is true; false and NULL are one.

    `parts`: those of a group, or the filter of an audience. `shown`: the value that decides a leaf, as jsonb.
    """

    node: Condition
    sql: str
    parts: tuple["Compiled", ...] = ()
    shown: str | None = field(default=None)


class Compiler:
    """Compiles filters that are asked the same question, so that they share what they read."""

    def __init__(self, question: Question, definitions: Definitions) -> None:
        self.question = question
        self.values = Values(question.project_id)
        self.sources: Sources = (PresentSources if question.by_columns else PastSources)(
            question, self.values
        )
        self._definitions = definitions

    def compile(self, node: Condition) -> Compiled:
        """Return a node in SQL. The audiences that it asks for are in the definitions, without cycles."""
        match node:
            case All() | AnyOf():
                parts = tuple(self.compile(one) for one in node.conditions)
                glue = " AND " if isinstance(node, All) else " OR "
                return Compiled(node, glue.join(f"({part.sql})" for part in parts) or "true", parts)
            case Not():
                part = self.compile(node.condition)
                return Compiled(node, opposite(part.sql), (part,))
            case AudienceCondition():
                part = self.compile(self._definitions[node.audience])
                return Compiled(node, part.sql if node.member else opposite(part.sql), (part,))
        return self._leaf(node)

    def _leaf(self, node: Leaf) -> Compiled:
        match node:
            case TextField() | NumberField() | TimeField():
                operand = self.sources.field(node.field)
                sql = ask(node.test, operand, self.question, self.values)
                return Compiled(node, sql, shown=operand.shown)
            case TraitCondition():
                operand = self.sources.trait(node.trait)
                sql = ask(node.test, operand, self.question, self.values)
                return Compiled(node, sql, shown=operand.shown)
            case StageCondition():
                return self._stage(node)
            case EventCondition():
                return self._event(node)
        raise TypeError(f"There is no SQL for {type(node).__name__}.")

    def _stage(self, node: StageCondition) -> Compiled:
        stage = self.sources.stage()
        mark = self.values.add([one.value for one in node.stages])
        among = f"{stage} = ANY({mark}::text[])"
        return Compiled(
            node, among if node.operator == "one_of" else opposite(among), shown=f"to_jsonb({stage})"
        )

    def _event(self, node: EventCondition) -> Compiled:
        by_counter = self._by_counter(node)
        if by_counter is not None:
            return Compiled(node, by_counter if node.did else opposite(by_counter))
        properties = [
            f"({ask(one.test, property_value(one.property, self.values), self.question, self.values)})"
            for one in node.properties
        ]
        alias = self.sources.events(node.event, window_of(node.period, self.question), properties)
        sql = self._times(f"{alias}.number", node)
        return Compiled(
            node,
            sql if node.did else opposite(sql),
            shown=(
                f"jsonb_build_object('count', coalesce({alias}.number, 0), 'first_at', {alias}.first_at,"
                f" 'last_at', {alias}.last_at)"
            ),
        )

    def _by_counter(self, node: EventCondition) -> str | None:
        """Return the condition by the counters of names; None where only the events can say it."""
        if node.properties or not isinstance(self.sources, PresentSources):
            return None
        window = window_of(node.period, self.question)
        if window.since is None and window.until is None:
            return self._times(f"{self.sources.counter(node.event)}.number", node)
        if (node.times, node.number) == ("at_least", 1):
            return self.sources.has_happened(node.event, window)
        if node.times != "at_least" and node.number == 0:
            happened = self.sources.has_happened(node.event, window)
            return None if happened is None else opposite(happened)
        return None

    def _times(self, number: str, node: EventCondition) -> str:
        """Return the condition on how often; who is not counted did it 0 times."""
        wanted = f"{self.values.add(node.number)}::bigint"
        if node.times == "at_least":
            return f"{number} >= {wanted}"
        if node.times == "exactly" and node.number > 0:
            return f"{number} = {wanted}"
        return f"coalesce({number}, 0) <= {wanted}"
