"""Acts on calls: what a stored contact keeps of its call (R35), and whose number it was."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from backends.port import Batch, Put, Remove
from backends.records import Channel, Contact, ContactPoint, Direction, PointKind, is_new
from console.desk.acts.people import phone_number
from console.desk.acts.scene import Scene, Unfit, changed

if TYPE_CHECKING:
    from console.calls.call import Call

POINTS = 20
"""Telephone numbers that one customer can have; a number that belongs to everybody tells nothing."""


def of_call(batch: Batch, call: Call, now: datetime) -> Batch:
    """Return the batch with what is known of the call on the contact that it creates: way in, number, length (R35).

    `now` is UTC. A contact that was no call, or goes the other way, or has a way in already, stays as it is.
    """

    def filled(item: Put | Remove) -> Put | Remove:
        record = item.record
        if not isinstance(item, Put) or not isinstance(record, Contact) or not is_new(record.key):
            return item
        if record.channel != Channel.CALL or record.direction is not call.direction or record.route is not None:
            return item
        inbound = record.direction is Direction.INBOUND
        return replace(
            item,
            record=replace(
                record,
                seconds=call.seconds(now),
                route=call.route(),
                sender=call.number if inbound else call.dialled,
                recipient=call.dialled if inbound else call.number,
            ),
        )

    return replace(batch, items=tuple(filled(item) for item in batch.items))


def has_number(scene: Scene, number: str) -> bool:
    """Return whether the customer is known to have this number (E.164), written in whatever way."""
    country = scene.file.operator.country
    known = [one.value for one in scene.file.customer.points if one.kind is not PointKind.EMAIL]
    known += [one.phone for one in scene.file.lines if one.phone]
    return any(one == number or phone_number(one, country) == number for one in known)


def bind_number(scene: Scene, number: str) -> Batch:
    """Note that the caller's number (E.164) is one of this customer's; raises Unfit when it is, or is none."""
    if phone_number(number, scene.file.operator.country) != number:
        raise Unfit("phone", "phone")
    customer = scene.file.customer
    if has_number(scene, number) or len(customer.points) >= POINTS:
        raise Unfit("phone", "unchanged")
    kind = PointKind.MOBILE if _is_mobile(number) else PointKind.PHONE
    point = ContactPoint(kind, number, preferred=not any(one.preferred for one in customer.points))
    return scene.batch(changed(replace(customer, points=(*customer.points, point))))


def _is_mobile(number: str) -> bool:
    import phonenumbers

    return phonenumbers.number_type(phonenumbers.parse(number)) == phonenumbers.PhoneNumberType.MOBILE
