"""What the fake Zammad holds, and what a fresh one begins with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

Row = dict[str, Any]

STATE_TYPES = {1: "new", 2: "open", 3: "pending reminder", 4: "pending action", 5: "closed", 6: "merged", 7: "removed"}
STATES = ((1, "new", 1), (2, "open", 2), (3, "pending reminder", 3), (4, "closed", 5), (5, "merged", 6),
           (6, "removed", 7), (7, "pending close", 4))  # fmt: skip
PRIORITIES = ((1, "1 low"), (2, "2 normal"), (3, "3 high"), (4, "4 urgent"))
TYPES = ("email", "sms", "chat", "fax", "phone", "twitter status", "twitter direct-message", "facebook feed post",
          "facebook feed comment", "note", "web", "telegram personal-message", "whatsapp message")  # fmt: skip
GROUPS = ("Users", "Faults", "Installation", "Billing", "Complaints", "Sales", "Changes", "Privacy", "Network")
AGENT, COLLEAGUE = 3, 4
_USER_FIELDS = (
    "login", "firstname", "lastname", "email", "phone", "mobile", "fax", "web", "street", "zip", "city", "country",
    "address", "department", "note", "customer_number", "contract_kind", "salutation", "mood",
)  # fmt: skip


@dataclass
class State:
    """What the server holds; every test begins with an empty one."""

    elastic: bool = True
    lag: float = 0.0
    """Seconds by which the search is behind."""
    old: bool = False
    """Whether a search without `expand` answers as in 2022."""
    touches_customers: bool = False
    telephony: bool = True
    users: dict[int, Row] = field(default_factory=dict)
    tickets: dict[int, Row] = field(default_factory=dict)
    articles: dict[int, Row] = field(default_factory=dict)
    history: list[Row] = field(default_factory=list)
    tags: dict[int, list[str]] = field(default_factory=dict)
    links: list[tuple[str, int, int]] = field(default_factory=list)
    calls: list[Row] = field(default_factory=list)
    organisations: dict[int, str] = field(default_factory=dict)
    mails: list[Row] = field(default_factory=list)
    """What left the house."""
    asked: list[str] = field(default_factory=list)
    """Method and path of each request."""
    ids: int = 1_000
    last: datetime = datetime(2020, 1, 1, tzinfo=UTC)

    def __post_init__(self) -> None:
        """Put those there who work in it."""
        for key, login, roles in ((1, "-", []), (AGENT, "nicole@desk.example", ["Agent"]),
                                  (COLLEAGUE, "olaf@desk.example", ["Agent"])):  # fmt: skip
            name = login.partition("@")[0].title()
            self.users[key] = self.user({"login": login, "email": login, "firstname": name, "roles": roles}, key)

    def number(self) -> int:
        """Return an id that was not given yet."""
        self.ids += 1
        return self.ids

    def now(self) -> str:
        """Return the present moment in milliseconds, never the same one twice."""
        moment = datetime.now(UTC)
        moment = moment.replace(microsecond=moment.microsecond // 1_000 * 1_000)
        self.last = max(moment, self.last + timedelta(milliseconds=1))
        return stamp(self.last)

    def user(self, given: Mapping[str, Any], key: int = 0) -> Row:
        """Return a new user, not stored yet."""
        at = self.now()
        known: Row = dict.fromkeys(_USER_FIELDS, "")
        known |= {"vip": False, "active": True, "preferences": {}, "roles": ["Customer"], "organization_id": None}
        return known | dict(given) | {"id": key or self.number(), "created_at": at, "updated_at": at}


def stamp(at: datetime) -> str:
    """Return a moment as the interface writes it."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
