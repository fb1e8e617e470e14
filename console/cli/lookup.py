"""Finding what a person named on the command line: a customer, operators, the agent who works."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from backends.errors import NotFound
from backends.port import Backend, Match, MatchedOn
from backends.records import Agent, Customer, Key, Operator, Role
from console.cli import codes
from console.cli.setting import Setting
from console.desk.persons import as_persons, person_of
from console.i18n import _
from console.rules.roles import Right, may


@dataclass(frozen=True, slots=True)
class Brands:
    """All operators by key, and the keys of those asked for; none asked for means all."""

    by_key: Mapping[Key, Operator]
    chosen: frozenset[Key]

    def code(self, key: Key) -> str:
        """Return an operator's code, empty for an unknown key."""
        operator = self.by_key.get(key)
        return operator.code if operator else ""

    def serves(self, keys: Sequence[Key]) -> bool:
        """Return whether something of these operators was asked for; no keys mean every operator."""
        return not self.chosen or not keys or bool(self.chosen.intersection(keys))


async def brands(backend: Backend, setting: Setting, asked: Sequence[str]) -> Brands:
    """Return the operators and which are asked for, by flag or else by profile; raises Stop for an unknown code."""
    by_key = {operator.key: operator for operator in await backend.operators()}
    by_code = {operator.code.casefold(): operator.key for operator in by_key.values()}
    chosen = set()
    for code in asked or setting.profile.operators:
        if code.casefold() not in by_code:
            known = ", ".join(sorted(operator.code for operator in by_key.values())) or "-"
            says = _('there is no operator "{code}"; known: {known}').format(code=code, known=known)
            raise codes.Stop(says, codes.USAGE if asked else codes.CONFIG)
        chosen.add(by_code[code.casefold()])
    return Brands(by_key, frozenset(chosen))


async def one_customer(backend: Backend, typed: str, operator_keys: frozenset[Key] = frozenset()) -> Customer:
    """Return the customer that a number, telephone number, other search words or a key name.

    Raises Stop when nobody matches, and when several do; who is only called much like it is named and not taken.
    """
    found = await as_persons(backend, await backend.search(typed, limit=10, operator_keys=operator_keys))
    exact = [match for match in found if match.exact]
    meant = [match for match in found if not match.near]
    for candidates in ([match for match in exact if match.on is MatchedOn.NUMBER], exact, meant):
        if len(candidates) == 1:
            return candidates[0].customer
        if candidates:
            raise codes.Stop(_several(typed, candidates))
    try:
        return (await backend.customer_file(await person_of(backend, typed))).customer
    except NotFound as error:
        says = _('there is no customer "{typed}"; look with: cordboard find')
        if found:
            says = _('there is no customer "{typed}"; names like it: {listed}; give the customer number')
        raise codes.Stop(says.format(typed=typed, listed=listed(found))) from error


def _several(typed: str, matches: Sequence[Match]) -> str:
    says = _('several customers match "{typed}": {listed}; give the customer number')
    return says.format(typed=typed, listed=listed(matches))


def listed(matches: Sequence[Match], most: int = 5) -> str:
    """Return the first customers found by number and name, in a line."""
    shown = ", ".join(f"{match.customer.number} {match.customer.name}" for match in matches[:most])
    return shown + (", …" if len(matches) > most else "")


T = TypeVar("T")


def cut(found: Sequence[T], limit: int, setting: Setting) -> Sequence[T]:
    """Return at most `limit` of what was found; says on standard error when that leaves some out.

    Whoever asks the records takes one more than the limit, so that leaving out is known.
    """
    if len(found) > limit:
        setting.err.line(_("{n} shown, there are more; print more with --limit N").format(n=limit))
    return found[:limit]


class Names:
    """Customers by key, each read once: lists of tickets name them by key alone."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._known: dict[Key, Customer | None] = {}

    async def learn(self, keys: Iterable[Key]) -> None:
        """Read the customers of `keys` that are not known yet; one that is gone is remembered as gone."""
        wanted = [key for key in dict.fromkeys(keys) if key not in self._known]
        self._known.update(dict.fromkeys(wanted))
        self._known.update((one.key, one) for one in await self._backend.customers(wanted))

    def number(self, key: Key) -> str:
        """Return a customer's number, empty when gone."""
        customer = self._known.get(key)
        return customer.number if customer else ""

    def name(self, key: Key) -> str:
        """Return a customer's name, empty when gone."""
        customer = self._known.get(key)
        return customer.name if customer else ""


async def working_agent(backend: Backend, setting: Setting, *, writing: bool = False) -> Agent:
    """Return the agent who works here: the record of their login, else one with the roles of the configuration.

    When the login was named and the records do not know it, reading goes on with a warning; for `writing` it raises
    Stop, because the audit trail would tell of somebody who is not there.
    """
    from console.desk.desk import agent_for  # with all that agents do: a search needs none of it

    roles = frozenset(Role(role) for role in setting.roles)
    known = await backend.agents()
    if writing and (says := setting.unknown_agent(known)):
        raise codes.Stop(says, codes.NOT_ALLOWED)
    setting.warn_of_unknown_agent(known)
    return agent_for(setting.actor, known, roles)


async def check_agent(backend: Backend, setting: Setting) -> None:
    """Say on standard error when the agent who was named is none of the records', for commands that only look."""
    if setting.agent_named:
        setting.warn_of_unknown_agent(await backend.agents())


def require(agent: Agent, right: Right, setting: Setting, reason: str = "") -> None:
    """Raise Stop when the agent has no role that carries `right`; `reason` is said in place of the right's own."""
    if not may(agent.roles, right, setting.profile.role):
        from console.actions import RIGHT_REASONS
        from console.words import word

        says = _("{reason} You are {login} ({roles}); another colleague works with --agent LOGIN")
        roles = ", ".join(sorted(word(role) for role in agent.roles))
        says = says.format(reason=reason or _(RIGHT_REASONS[right]), login=agent.login, roles=roles)
        raise codes.Stop(says, codes.NOT_ALLOWED)
