"""One customer of the demo while the story is being told, and everything that hangs on them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from backends.records import (
    Charge,
    Chase,
    Contact,
    ContactPoint,
    Contract,
    Customer,
    CustomerFlag,
    CustomerKind,
    Dispute,
    Handover,
    Key,
    Line,
    LineState,
    Money,
    PointKind,
    Promise,
    Record,
    Ticket,
    TicketEvent,
    Visit,
)
from backends.records.base import NEW
from console.demo import people, phrases
from console.demo.operators import House, Product
from console.demo.people import Person
from console.demo.places import Area


class Keys:
    """Gives out keys for new records, the same ones for the same order of asking."""

    def __init__(self) -> None:
        self._given = 0

    def __call__(self) -> Key:
        """Return the next key."""
        self._given += 1
        return f"{NEW}{self._given:032x}"


@dataclass
class Serials:
    """Counters behind everything that must be unique over all customers."""

    keys: Keys = field(default_factory=Keys)
    customers: dict[str, int] = field(default_factory=dict)
    tickets: int = 0
    lines: int = 0
    threads: int = 0

    def customer(self, house: House) -> int:
        """Return how many customers of this operator came before."""
        self.customers[house.code] = self.customers.get(house.code, -1) + 1
        return self.customers[house.code]

    def ticket_reference(self, house: House) -> str:
        """Return a reference that nobody else has: `LUN-204817`."""
        self.tickets += 1
        width = 1_000_000 if self.tickets < 900_000 else 100_000_000
        return f"{house.code}-{self.tickets * 48_271 % (width - width // 10) + width // 10}"

    def line(self) -> int:
        """Return the next line's serial number."""
        self.lines += 1
        return self.lines

    def thread(self) -> str:
        """Return a name for a thread of contacts."""
        self.threads += 1
        return f"demo-{self.threads}"


_PREFIX = {"LUN": "4", "VAL": "7", "NOR": "2", "LRK": "9"}


def customer_number(house: House, serial: int) -> str:
    """Return the number a customer of this operator can quote; unique for the first nine million."""
    width = 1_000_000 if serial < 900_000 else 10_000_000
    return f"{_PREFIX[house.code]}{(serial + 7) * 48_271 % (width - width // 10) + width // 10}"


@dataclass
class Household:
    """A customer's records as they grow."""

    house: House
    person: Person
    area: Area
    customer: Customer
    operator_key: Key
    rng: Random
    serials: Serials
    now: datetime
    zone: ZoneInfo
    lines: list[Line] = field(default_factory=list)
    contracts: list[Contract] = field(default_factory=list)
    charges: list[Charge] = field(default_factory=list)
    disputes: list[Dispute] = field(default_factory=list)
    tickets: dict[Key, Ticket] = field(default_factory=dict)
    contacts: dict[Key, Contact] = field(default_factory=dict)
    events: list[TicketEvent] = field(default_factory=list)
    chases: list[Chase] = field(default_factory=list)
    promises: dict[Key, Promise] = field(default_factory=dict)
    visits: dict[Key, Visit] = field(default_factory=dict)
    handovers: list[Handover] = field(default_factory=list)
    raws: dict[Key, bytes] = field(default_factory=dict)
    """Originals of contacts whose text had to be cleaned."""

    @property
    def language(self) -> str:
        """The language this customer speaks with us."""
        return self.customer.language

    @property
    def services(self) -> frozenset[str]:
        """What the customer has."""
        return frozenset(line.service for line in self.lines)

    def local(self, moment: datetime) -> datetime:
        """Return `moment` on the clock of the customer's wall."""
        return moment.astimezone(self.zone)

    def money(self, minor: int) -> Money:
        """Return a sum in the operator's currency."""
        return Money(minor, self.house.currency)

    def fields(self) -> dict[str, str]:
        """Return what every text may say about this customer."""
        customer, place = self.customer, self.customer.place
        contract = self.contracts[-1] if self.contracts else None
        price = contract.price.minor if contract and contract.price else self.house.products[0].price
        listed = contract.list_price.minor if contract and contract.list_price else self.house.products[0].list_price
        line = self.lines[0] if self.lines else None

        def money(minor: int) -> str:
            return phrases.money(self.money(minor), self.language)

        whole = 100 if self.house.currency == "SEK" else 10
        return {
            "name": self.person.name, "first": self.person.first, "last": self.person.last,
            "contact": f"{self.person.first} {self.person.last}",
            "greeting": customer.greeting_name, "number": customer.number,
            "phone": next((p.value for p in customer.points if p.kind in (PointKind.PHONE, PointKind.MOBILE)), ""),
            "email": next((p.value for p in customer.points if p.kind is PointKind.EMAIL), ""),
            "street": place.street, "house": place.house, "address": f"{place.street} {place.house}"
            if self.house.country != "GB" else f"{place.house} {place.street}",
            "town": place.town, "postcode": place.postcode,
            "operator": self.house.name, "hotline": self.house.hotline, "supplier": self.house.supplier,
            "product": contract.product if contract else self.house.products[0].name,
            "price": money(price), "list_price": money(listed),
            "offer24": money(price * 85 // (100 * whole) * whole), "offer12": money(price * 90 // (100 * whole) * whole),
            "double": money(price * 2), "excess": money(max(price, self.house.products[0].price) * 35 // 10_000 * 100),
            "half": money(price // 200 * 100), "olt": line.path.olt if line else self.area.olt_name,
            "node": line.path.node if line else self.area.node_name, "port": line.path.port if line else "",
            "line": line.number if line else "", "ip": line.ip if line else "", "mac": line.mac if line else "",
            "fixed_ip": people.ip_of(len(self.contacts) * 7 + 11, fixed=True),
        }  # fmt: skip

    def records(self) -> Iterator[Record]:
        """Yield all records, those that others name before those that name them."""
        yield self.customer
        yield from self.lines
        yield from self.contracts
        yield from self.charges
        yield from self.tickets.values()
        yield from sorted(self.contacts.values(), key=lambda contact: contact.at)
        yield from self.disputes
        yield from sorted(self.events, key=lambda event: event.at)
        yield from self.chases
        yield from self.promises.values()
        yield from self.visits.values()
        yield from self.handovers


def add_line(home: Household, product: Product, since: datetime, *, fixed_ip: bool = False) -> Line:
    """Give the customer a line for `product` at their place."""
    serial = home.serials.line()
    internet = product.service == "internet"
    phone = next((p.value for p in home.customer.points if p.kind is PointKind.PHONE), "")
    line = Line(
        key=home.serials.keys(), number=f"{home.house.code[0]}{home.area.exchange}{serial:06d}",
        customer_key=home.customer.key, service=product.service, place=home.customer.place,
        path=home.lines[0].path if home.lines else home.area.path(home.rng), product=product.name,
        technology=product.technology, phone=phone if product.service == "telephone" else "",
        mac=people.mac_of(serial) if internet else "",
        ip=people.ip_of(serial, fixed=fixed_ip) if internet else "", state=LineState.ACTIVE, since=since,
    )  # fmt: skip
    home.lines.append(line)
    return line


def add_contract(home: Household, product: Product, lines: tuple[Line, ...], started: date, months: int) -> None:
    """Put the customer's lines under a contract; fixed terms that ran out were followed by new ones."""
    ends: date | None = None
    if months:
        started, ends = running_term(started, months, home.local(home.now).date())
    home.contracts.append(
        Contract(
            key=home.serials.keys(), number=f"{home.house.code}/{home.customer.number}/{len(home.contracts) + 1}",
            customer_key=home.customer.key, product=product.name, started_on=started, ends_on=ends, term_months=months,
            price=home.money(product.price), list_price=home.money(product.list_price),
            line_keys=tuple(line.key for line in lines),
        )
    )  # fmt: skip


def running_term(started: date, months: int, today: date) -> tuple[date, date]:
    """Return beginning and end of the fixed term that runs today; terms that ran out were followed by new ones."""
    ends = _months_later(started, months)
    while ends <= today:
        started, ends = ends, _months_later(ends, months)
    return started, ends


def _months_later(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, 28))


_BILL = {"pl": "Faktura za {0}", "it": "Fattura di {0}", "sv": "Faktura {0}", "en": "Bill for {0}"}


def add_charges(home: Household, months: int) -> None:
    """Bill the last months; all but rare ones are paid."""
    today = home.local(home.now).date()
    total = sum(contract.price.minor for contract in home.contracts if contract.price)
    for back in range(months, 0, -1):
        charged = _months_later(today.replace(day=3), 1 - back)
        if charged > today or (home.contracts and charged < home.contracts[0].started_on):
            continue
        due = charged + timedelta(days=14)
        paid = charged + timedelta(days=home.rng.randint(2, 16))
        text = _BILL[home.house.language].format(
            phrases.month(datetime(charged.year, charged.month, 1), home.house.language) + f" {charged.year}"
        )
        home.charges.append(
            Charge(
                key=home.serials.keys(), customer_key=home.customer.key, text=text, amount=home.money(total),
                charged_on=charged, due_on=due, paid_on=paid if paid <= today else None,
                contract_key=home.contracts[0].key if home.contracts else "",
            )
        )  # fmt: skip


def found_household(
    rng: Random, serials: Serials, house: House, area: Area, person: Person, *, operator_key: Key, now: datetime,
    since: datetime, language: str = "", prospect: bool = False, phone: str = "", email: bool = True,
) -> Household:  # fmt: skip
    """Return a customer with a place, numbers and an address, yet without lines."""
    serial = serials.customer(house)
    spoken = language or house.language
    phone = phone or people.phone_of(rng, house.country, area, serial)
    mobile = phone.startswith(("+485", "+486", "+487", "+393", "+467", "+447"))
    points = [ContactPoint(PointKind.MOBILE if mobile else PointKind.PHONE, phone, preferred=True)]
    if email:
        points.append(ContactPoint(PointKind.EMAIL, people.email_of(rng, person, spoken, serial)))
    customer = Customer(
        key=serials.keys(), number=customer_number(house, serial), operator_key=operator_key,
        kind=CustomerKind.PROSPECT if prospect else CustomerKind.SUBSCRIBER, name=person.name, language=spoken,
        greeting_name=person.greeting, place=area.address(rng), points=tuple(points),
        flags=frozenset({CustomerFlag.BUSINESS}) if person.company else frozenset(), since=since,
    )  # fmt: skip
    return Household(house, person, area, customer, operator_key, rng, serials, now, ZoneInfo(house.time_zone))


def furnish(home: Household, *, services: tuple[str, ...], since: datetime, months: int, bills: int = 4) -> None:
    """Give the household lines for these services, contracts and bills."""
    business = CustomerFlag.BUSINESS in home.customer.flags
    for service in services:
        fitting = [p for p in home.house.products if p.service == service and p.business == (business and service == "internet")]
        product = home.rng.choice(fitting)
        line = add_line(home, product, since, fixed_ip=business)
        add_contract(home, product, (line,), home.local(since).date(), months)
    add_charges(home, bills)


def flagged(home: Household, *flags: CustomerFlag) -> None:
    """Set flags on the customer."""
    home.customer = replace(home.customer, flags=home.customer.flags | set(flags))
