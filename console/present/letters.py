"""How a message to a customer begins and ends: in the customer's language, from their name and history (R16).

These are words to customers, not of the interface, so they follow the customer's language and not the operator's.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from backends.port import CustomerFile
from backends.records import Agent, Channel, Contact, Ticket
from console.present.labels import plain
from console.rules.clocks import zone_of
from console.rules.standing import without_identity

_GREETING: Mapping[str, str] = {
    "en": "Dear {name},",
    "it": "Gentile {name},",
    "fr": "Bonjour {name},",
    "pl": "Dzień dobry, {name},",
    "sv": "Hej {name},",
    "de": "Guten Tag {name},",
}
_THANKS: Mapping[str, str] = {
    "en": "Thank you for your message of {day}.",
    "it": "grazie per il Suo messaggio del {day}.",
    "fr": "Merci pour votre message du {day}.",
    "pl": "dziękujemy za wiadomość z dnia {day}.",
    "sv": "Tack för ditt meddelande den {day}.",
    "de": "vielen Dank für Ihre Nachricht vom {day}.",
}
_REFERENCE: Mapping[str, str] = {
    "en": "Your reference is {reference}.",
    "it": "Il Suo numero di pratica è {reference}.",
    "fr": "Votre numéro de dossier est {reference}.",
    "pl": "Numer Państwa zgłoszenia to {reference}.",
    "sv": "Ditt ärendenummer är {reference}.",
    "de": "Ihre Vorgangsnummer ist {reference}.",
}
_IDENTITY: Mapping[str, str] = {
    "en": (
        "We can act on it as soon as we know that it comes from you: please send us a copy of an identity "
        "document, by e-mail, fax or post. You may cover everything but your name, the photograph and the "
        "date of validity."
    ),
    "it": (
        "Possiamo darle seguito appena siamo certi che viene da Lei: La preghiamo di inviarci copia di un "
        "documento d'identità, per e-mail, fax o posta. Può coprire tutto tranne nome, fotografia e data di "
        "scadenza."
    ),
    "fr": (
        "Nous pourrons y donner suite dès que nous serons sûrs qu'il vient de vous : merci de nous envoyer "
        "une copie d'une pièce d'identité, par e-mail, fax ou courrier. Vous pouvez tout masquer sauf le nom, "
        "la photo et la date de validité."
    ),
    "pl": (
        "Zajmiemy się sprawą, gdy tylko będziemy mieć pewność, że pismo pochodzi od Państwa: prosimy o "
        "przesłanie kopii dokumentu tożsamości e-mailem, faksem lub pocztą. Można zakryć wszystko poza "
        "imieniem i nazwiskiem, zdjęciem i datą ważności."
    ),
    "sv": (
        "Vi kan gå vidare så snart vi vet att det kommer från dig: skicka oss gärna en kopia av en id-"
        "handling med e-post, fax eller brev. Du får täcka över allt utom namn, foto och giltighetstid."
    ),
    "de": (
        "Wir können tätig werden, sobald wir wissen, dass es von Ihnen kommt: Bitte senden Sie uns die Kopie "
        "eines Ausweises per E-Mail, Fax oder Post. Alles außer Name, Foto und Gültigkeit dürfen Sie "
        "abdecken."
    ),
}
"""What a fax or letter lacks to count (R38); only what is needed is asked for."""
_CLOSE: Mapping[str, str] = {
    "en": "Kind regards,\n{agent}\n{operator}",
    "it": "Cordiali saluti,\n{agent}\n{operator}",
    "fr": "Bien cordialement,\n{agent}\n{operator}",
    "pl": "Z poważaniem,\n{agent}\n{operator}",
    "sv": "Vänliga hälsningar,\n{agent}\n{operator}",
    "de": "Freundliche Grüße\n{agent}\n{operator}",
}


def _in(table: Mapping[str, str], language: str) -> str:
    return table.get(language, table["en"])


_DAY: Mapping[str, str] = {
    "en": "%d/%m/%Y",
    "it": "%d/%m/%Y",
    "fr": "%d/%m/%Y",
    "sv": "%Y-%m-%d",
}
"""How people write a day; elsewhere with full stops."""


def _day(at: datetime, file: CustomerFile) -> str:
    """Return the calendar day of a moment where the customer lives, as they write it."""
    return f"{at.astimezone(zone_of(file.operator)):{_DAY.get(file.customer.language, '%d.%m.%Y')}}"


def addressed(file: CustomerFile) -> str:
    """Return how the customer is addressed: the name they gave for it, else the whole name."""
    return plain(file.customer.greeting_name or file.customer.name)


def greeting(language: str, name: str) -> str:
    """Return how a message to a customer begins."""
    return _in(_GREETING, language).format(name=name)


def closing(language: str, agent: str, operator: str) -> str:
    """Return how a message to a customer ends."""
    return _in(_CLOSE, language).format(agent=plain(agent), operator=plain(operator))


class Begun(NamedTuple):
    """A message that was begun, and where writing goes on, in characters."""

    text: str
    cursor: int


def begun(
    file: CustomerFile, agent: Agent, channel: str, to: Contact | None = None, ticket: Ticket | None = None
) -> Begun:
    """Return the beginning of a message: greeting, thanks, a gap to write in, reference, closing.

    What answers a fax or letter without identity document asks for one (R38). Short channels get the name only.
    """
    language = file.customer.language
    greeting = _in(_GREETING, language).format(name=addressed(file))
    if channel in (Channel.SMS, Channel.CHAT):
        return Begun(f"{greeting} ", len(greeting) + 1)
    parts = [greeting]
    if to is not None:
        parts.append(_in(_THANKS, language).format(day=_day(to.at, file)))
    if to is not None and without_identity(to):
        parts.append(_in(_IDENTITY, language))
    cursor = len("\n\n".join(parts)) + 2
    parts.append("")
    if ticket is not None:
        parts.append(_in(_REFERENCE, language).format(reference=plain(ticket.reference)))
    parts.append(_in(_CLOSE, language).format(agent=plain(agent.name), operator=plain(file.operator.name)))
    return Begun("\n\n".join(parts), cursor)


def subject_for(to: Contact | None, ticket: Ticket | None) -> str:
    """Return the subject of a message: that of what it answers with `Re:`, and the ticket's reference once (R11)."""
    subject = plain(to.subject, 160) if to is not None else (plain(ticket.subject, 160) if ticket is not None else "")
    if to is not None and subject and not subject.lower().startswith(("re:", "odp:", "sv:", "r:", "aw:")):
        subject = f"Re: {subject}"
    if ticket is not None and ticket.reference not in subject:
        subject = f"{subject} [{plain(ticket.reference)}]".strip()
    return subject
