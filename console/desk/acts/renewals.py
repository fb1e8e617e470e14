"""Acts on fixed terms that end: the customer was told (R24)."""

from __future__ import annotations

from dataclasses import replace

from backends.port import Batch
from backends.records import Channel, Contract, ContractState, Direction
from console.desk.acts.contacts import contact_now
from console.desk.acts.scene import Scene, Unfit, Values, changed, new, note_of, text_of


def give_notice(scene: Scene, contract: Contract, values: Values) -> Batch:
    """Record that the customer was told that the term ends: the contract says when, a contact says how and what.

    Answers: channel, note (needed: what was told), subject. Raises Unfit `over` for a contract that does not run any
    more, `told` when a colleague told the customer meanwhile.
    """
    if contract.state is not ContractState.RUNNING or contract.ends_on is None:
        raise Unfit("contract", "term_over")
    if contract.notice_sent_at is not None and contract.notice_sent_at.date() >= contract.started_on:
        raise Unfit("contract", "told")
    channel = text_of(values, "channel") or Channel.EMAIL
    note = note_of(values, "note", needed=True)
    told = contact_now(scene, channel, Direction.OUTBOUND, note=note, subject=text_of(values, "subject"))
    if channel in (Channel.EMAIL, Channel.SMS, Channel.FAX) and not told.recipient:
        raise Unfit("channel", "no_address")
    if len(contract.line_keys) == 1:
        told = replace(told, line_key=contract.line_keys[0])
    return scene.batch(new(told), changed(replace(contract, notice_sent_at=scene.now)), act="create")
