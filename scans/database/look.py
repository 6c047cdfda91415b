"""One statement that asks whether there is anything to do, for many kinds of work at once.

Django takes ten times as long to write such a statement as SQLite takes to answer it, so it is written once.
"""

from collections.abc import Hashable, Iterable, Mapping
from datetime import timedelta

from django.db import connection
from django.db.models import DateTimeField, Expression, QuerySet

from scans.database import clock


class Moment(Expression):
    """The moment of the look, or one `before` it, by the clock of this host."""

    def __init__(self, before: timedelta = timedelta(0)):
        super().__init__(output_field=DateTimeField())
        self._before = before

    def as_sql(self, compiler, connection) -> tuple[str, list]:
        """A parameter that stands for the moment until the look is taken."""
        return "%s", [self]

    def value(self) -> object:
        """Return the moment as the database takes it."""
        return connection.ops.adapt_datetimefield_value(clock.now() - self._before)


class Look:
    """Asks for each name whether one of its querysets has a row. These may contain a Moment, and no other clock."""

    def __init__(self, questions: Mapping[Hashable, Iterable[QuerySet]]):
        self.names = set(questions)
        self._in_order = list(questions)
        self._parameters: list = []
        columns = [" OR ".join(map(self._exists, querysets)) for querysets in questions.values()]
        self._statement = f"SELECT {', '.join(f'({column})' for column in columns)}"

    def found(self) -> set[Hashable]:
        """Return the names for which there is a row. Raises the database's error."""
        if not self._in_order:
            return set()
        values = [given.value() if isinstance(given, Moment) else given for given in self._parameters]
        with connection.cursor() as cursor:
            cursor.execute(self._statement, values)
            answers = cursor.fetchone()
        return {name for name, answer in zip(self._in_order, answers, strict=True) if answer}

    def _exists(self, queryset: QuerySet) -> str:
        statement, parameters = queryset.query.exists().get_compiler(queryset.db).as_sql()
        self._parameters += parameters
        return f"EXISTS({statement})"
