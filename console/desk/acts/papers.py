"""What follows from a fax or letter: a check planned by itself, kept when the document comes (R38)."""

from __future__ import annotations

from dataclasses import replace

from backends.port import Put
from backends.records import (
    NEEDS_IDENTITY_DOCUMENT,
    Attachment,
    Contact,
    Direction,
    Promise,
    PromiseKind,
    PromiseState,
    new_key,
)
from console.desk.acts.scene import Scene, Values, changed, new
from console.i18n import _
from console.rules.papers import check_due, planned_for
from console.rules.standing import without_identity

CAME = "yes"
"""The answer that says that an identity document came with a paper."""


def with_document(contact: Contact, values: Values) -> Contact:
    """Return a fax or letter with the identity document that came with it, where the agent says that one did."""
    paper = contact.channel in NEEDS_IDENTITY_DOCUMENT and contact.direction is Direction.INBOUND
    if not paper or values.get("identity", "") != CAME:
        return contact
    seen = Attachment(_("identity document"), "application/octet-stream", 0, identity_document=True)
    return replace(contact, attachments=(*contact.attachments, seen))


def what_follows(scene: Scene, contact: Contact) -> list[Put]:
    """Return what is stored beside a contact that came: the check of a paper that lacks its document.

    With a document, the checks that waited for one are kept. `contact` may be new.
    """
    if contact.direction is not Direction.INBOUND:
        return []
    if without_identity(contact):
        return [new(check_of(scene, contact))]
    if not any(one.identity_document for one in contact.attachments):
        return []
    waiting = (
        one for one in scene.file.promises if one.kind is PromiseKind.DOCUMENT_CHECK and one.state is PromiseState.OPEN
    )
    return [
        changed(replace(one, state=PromiseState.KEPT, closed_at=scene.now, closed_reason=_("the document came")))
        for one in waiting
    ]


def when_asked_for(scene: Scene, paper: Contact) -> list[Put]:
    """Return the check that is planned when the sender of a paper is asked for the document, unless one is already."""
    if not without_identity(paper) or planned_for(paper, scene.file.promises) is not None:
        return []
    return [new(check_of(scene, paper))]


def check_of(scene: Scene, paper: Contact) -> Promise:
    """Return the check of a paper 48 to 72 hours from now, in the desk's hours; no customer is told of it."""
    return Promise(
        key=new_key(),
        customer_key=scene.file.customer.key,
        kind=PromiseKind.DOCUMENT_CHECK,
        deed="",
        made_at=scene.now,
        due_at=check_due(scene.now, scene.file.operator),
        ticket_key=paper.ticket_key,
        contact_key=paper.key,
        made_by=scene.agent.name,
        owner=scene.agent.name,
    )
