"""Finds whom a row or a mail is about among the customers we have, by what only one customer can have."""

from __future__ import annotations

from backends.clean import fold
from backends.port import Backend
from backends.records import Customer, Operator, PointKind
from console.desk.importing.reasons import BadValue
from console.desk.persons import person_of

_TELEPHONES = (PointKind.PHONE, PointKind.MOBILE)
_LIMIT = 50  # more customers than this on one telephone number are several customers in any case


class Finder:
    """Looks customers up and remembers who was found; who was not found is looked for again."""

    def __init__(self, backend: Backend, operator: Operator) -> None:
        self._backend = backend
        self._operator = operator
        self._found: dict[tuple[str, str], Customer] = {}

    async def by(self, field: str, value: str) -> Customer | None:
        """Return the customer of this operator with that `number`, `email`, `phone` or `mobile`; None when nobody has.

        Raises BadValue `several_customers`.
        """
        if not value or not self._operator.key:
            return None
        name = (field, fold(value))
        if name in self._found:
            return self._found[name]
        matches = await self._backend.search(value, limit=_LIMIT, operator_keys=frozenset({self._operator.key}))
        found = [match.customer for match in matches if _has(match.customer, field, value)]
        if len(found) > 1:
            raise BadValue("several_customers", value, f"customer.{field}")
        if found:
            self._found[name] = await self._person(found[0])
            return self._found[name]
        return None

    async def _person(self, customer: Customer) -> Customer:
        """Return whom a customer's number leads to: what comes in for a number that was given up is the person's."""
        key = await person_of(self._backend, customer.key)
        known = await self._backend.customers((key,)) if key != customer.key else ()
        return known[0] if known else customer


def _has(customer: Customer, field: str, value: str) -> bool:
    wanted = fold(value)
    if field == "number":
        return fold(customer.number) == wanted
    kinds = (PointKind.EMAIL,) if field == "email" else _TELEPHONES
    return any(point.kind in kinds and fold(point.value) == wanted for point in customer.points)
