"""Links: what two sources hold of the same person, contact or ticket, as somebody or some rule found."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from backends.records.base import Key, Origin


class LinkKind(StrEnum):
    """What the two ends are to each other."""

    SAME_CUSTOMER = "same_customer"
    SAME_CONTACT = "same_contact"
    SAME_TICKET = "same_ticket"
    NOT_SAME = "not_same"
    """Somebody looked and found that they are two; no rule may join them again."""


@dataclass(frozen=True, slots=True)
class Link:
    """Two ends that are the same, or are not, in two sources; a pair of ends has one link at most.

    An end is the name of a source and the key there. In the store that holds the link, an end whose source has the
    store's own name is one of its own records; what other ends name, it cannot know.
    """

    key: Key
    kind: LinkKind
    left: Origin
    right: Origin
    evidence: tuple[str, ...]
    """Why: what both ends have in common, such as a telephone number; personal, and gone with the customer."""
    made_by: str
    """Login of the agent, empty when a rule made it."""
    made_at: datetime
    version: int = 0

    @property
    def ends(self) -> tuple[Origin, Origin]:
        """Both ends."""
        return (self.left, self.right)
