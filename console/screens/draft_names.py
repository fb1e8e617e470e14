"""What a draft is of, and whose it is: the list of drafts names each so that two can be told apart."""

from __future__ import annotations

from collections.abc import Mapping

from backends.records import Key
from console.actions import BY_ID
from console.data.guides import Guides
from console.desk.local import Draft
from console.i18n import _, current_language
from console.present.guide_words import title
from console.present.labels import plain
from console.screens.guide import ACTION as SCRIPT
from console.screens.outages import ACTION as OUTAGES
from console.screens.outages import RAISING, TOLD, WORDS

_PERSONS = {SCRIPT: ("customer.phone", "customer.name"), "new_customer": ("name",)}
"""What tells a person who is not stored yet apart, by the action that takes them in."""


def form_name(draft: Draft, guides: Guides | None) -> str:
    """Return the name of the form, of a script its own."""
    if draft.action == OUTAGES and (code := draft.subject.rpartition(":")[2]).startswith((TOLD, WORDS)):
        return _("Words at its end") if code == TOLD else _("Words of an outage")
    if draft.action == OUTAGES:
        return _("Raise an outage") if draft.subject == RAISING else _("News about an outage")
    label = _(BY_ID[draft.action].label) if draft.action in BY_ID else plain(draft.action)
    guide = guides.named(draft.subject.partition(":")[0]) if guides is not None and draft.action == SCRIPT else None
    return f"{label}: {title(guide, current_language())}" if guide is not None else label


def whose(draft: Draft, names: Mapping[Key, str], guides: Guides | None) -> str:
    """Return the customer's name; of somebody not stored yet their number or name, or that they are new."""
    if draft.customer_key or draft.action not in _PERSONS:
        return names.get(draft.customer_key, "")
    asked = {step.becomes: step.id for step in guides.caller} if guides is not None else {}
    codes = [asked.get(code, code) for code in _PERSONS[draft.action]]
    rung = draft.answers.get("_phone", "") if draft.action == SCRIPT else draft.subject
    told = [rung, *(draft.answers.get(code, "") for code in codes)]
    return next((plain(text, 40) for text in told if text.strip()), _("somebody new"))
