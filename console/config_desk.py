"""Settings of a profile that say by which rules its desk works: sensor, calls, roles, the operators it answers for."""

from __future__ import annotations

from dataclasses import dataclass

from backends.records import Role
from console.config_kinds import TEXTS, choice, choices, setting, text, whole
from console.i18n import N_
from console.rules.roles import SHIPPED, Right

AREAS = ("payment", "documents", "network")
"""What can be hidden; see docs/roles.md."""


@dataclass(frozen=True, slots=True)
class Sensor:
    """When reports of customers together propose an outage (R26)."""

    reports: int = setting(
        3, whole(0, 100), N_("Reports of one symptom at one place that propose a suspected outage; 0 never.")
    )
    minutes: int = setting(30, whole(5, 720), N_("Minutes within which they must come."))
    quiet_hours: int = setting(12, whole(1, 168), N_("Hours that a place stays quiet after somebody dismissed it."))


@dataclass(frozen=True, slots=True)
class Calls:
    """How the console hears that somebody rings; `cordboard pop` works without any of it."""

    listen: str = setting(
        "", text("127.0.0.1:5088"), N_("Address at which a telephone exchange may tell of calls by HTTP; empty none.")
    )
    softphone: str = setting(
        "", text("127.0.0.1:4444"), N_("Address of the softphone's event port (baresip's ctrl_tcp); empty none.")
    )
    open_on: str = setting(
        "ringing", choice("ringing", "answered"), N_("When a call opens its customer: as it rings, or once answered.")
    )


@dataclass(frozen=True, slots=True)
class Answering:
    """How the desk answers for one operator; a table of its own, named by the operator's code."""

    numbers: tuple[str, ...] = setting(
        (), TEXTS, N_("Numbers that callers dial for this operator, beside those its record knows.")
    )
    script: str = setting("", text("fault"), N_("The script that is begun with when this operator is called."))
    technical: str = setting(
        "at_once",
        choice("at_once", "working_hours"),
        N_("When the technical service is told of a fault: at once, or at the desk's next working hour."),
    )
    hides: tuple[str, ...] = setting(
        (), choices(*AREAS), N_("What nobody at this desk may see of this operator's customers.")
    )


@dataclass(frozen=True, slots=True)
class RoleRules:
    """What a role may see and do, in place of what is built in; a table of its own, named by the role (R41)."""

    hides: tuple[str, ...] = setting(
        (SHIPPED,),
        choices(*AREAS, SHIPPED),
        N_('What this role may not see: it is not even fetched. ["shipped"] is what is built in, [] hides nothing.'),
    )
    may: tuple[str, ...] = setting(
        (SHIPPED,),
        choices(*(one.value for one in Right), SHIPPED),
        N_('What this role may do. ["shipped"] is what is built in, [] is nothing but reading.'),
    )


ROLES = tuple(one.value for one in Role)
