"""What a customer is told when a fixed term ends: in their language, what the law wants named (R24).

End, price until then, price afterwards, what may be had instead. Words to customers follow the customer's language.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from backends.port import CustomerFile
from backends.records import Agent, Money
from console.present.labels import plain
from console.present.letters import addressed, closing, greeting
from console.rules.renewals import Renewal

_SUBJECT: Mapping[str, str] = {
    "en": "Your contract {number} ends on {day}",
    "it": "Il Suo contratto {number} scade il {day}",
    "fr": "Votre contrat {number} se termine le {day}",
    "pl": "Państwa umowa {number} kończy się {day}",
    "sv": "Ditt avtal {number} löper ut den {day}",
    "de": "Ihr Vertrag {number} endet am {day}",
}
_ENDS: Mapping[str, str] = {
    "en": "The fixed term of your contract for {product} ends on {day}.",
    "it": "il periodo minimo del Suo contratto {product} termina il {day}.",
    "fr": "La période d'engagement de votre contrat {product} se termine le {day}.",
    "pl": "okres, na jaki zawarli Państwo umowę {product}, kończy się {day}.",
    "sv": "Bindningstiden för ditt avtal {product} löper ut den {day}.",
    "de": "die Mindestlaufzeit Ihres Vertrags {product} endet am {day}.",
}
_PRICE: Mapping[str, str] = {
    "en": "Until then you pay {price} a month.",
    "it": "Fino ad allora paga {price} al mese.",
    "fr": "Jusque-là, vous payez {price} par mois.",
    "pl": "Do tego dnia płacą Państwo {price} miesięcznie.",
    "sv": "Fram till dess betalar du {price} i månaden.",
    "de": "Bis dahin zahlen Sie {price} im Monat.",
}
_AFTER: Mapping[str, str] = {
    "en": "If you do nothing, the service goes on for {price} a month; you may then end it with a month's notice.",
    "it": "Se non fa nulla, il servizio continua a {price} al mese; potrà recedere con un mese di preavviso.",
    "fr": "Si vous ne faites rien, le service continue à {price} par mois ; un mois de préavis suffit pour partir.",
    "pl": "Bez Państwa decyzji usługa działa dalej za {price} miesięcznie, z miesięcznym okresem wypowiedzenia.",
    "sv": "Om du inte gör något fortsätter tjänsten för {price} i månaden, med en månads uppsägningstid.",
    "de": "Ohne Ihre Nachricht läuft der Dienst für {price} im Monat weiter, kündbar mit einem Monat Frist.",
}
_OFFERS: Mapping[str, str] = {
    "en": "If you would like to stay for a fixed term, we offer:",
    "it": "Se desidera un nuovo periodo a prezzo fisso, Le proponiamo:",
    "fr": "Si vous souhaitez vous engager à nouveau, nous vous proposons :",
    "pl": "Jeśli chcą Państwo zawrzeć umowę na nowy okres, proponujemy:",
    "sv": "Vill du binda dig på nytt erbjuder vi:",
    "de": "Wenn Sie sich wieder binden möchten, bieten wir an:",
}
_OFFER: Mapping[str, str] = {
    "en": "- {months} months for {price} a month",
    "it": "- {months} mesi a {price} al mese",
    "fr": "- {months} mois pour {price} par mois",
    "pl": "- {months} miesięcy za {price} miesięcznie",
    "sv": "- {months} månader för {price} i månaden",
    "de": "- {months} Monate für {price} im Monat",
}
_CHOOSE: Mapping[str, str] = {
    "en": "Tell us what suits you; a short answer is enough.",
    "it": "Ci dica cosa preferisce: basta una breve risposta.",
    "fr": "Dites-nous ce qui vous convient ; une courte réponse suffit.",
    "pl": "Proszę napisać, co Państwu odpowiada; wystarczy krótka odpowiedź.",
    "sv": "Berätta vad som passar dig; det räcker med ett kort svar.",
    "de": "Sagen Sie uns, was Ihnen passt; eine kurze Antwort genügt.",
}
_DAYS: Mapping[str, str] = {"en": "%d/%m/%Y", "it": "%d/%m/%Y", "fr": "%d/%m/%Y", "sv": "%Y-%m-%d"}


def _language(file: CustomerFile) -> str:
    """Return the language to write in: the customer's, else English."""
    return file.customer.language if file.customer.language in _ENDS else "en"


def _day(on: date, language: str) -> str:
    return on.strftime(_DAYS.get(language, "%d.%m.%Y"))


def price_to(price: Money, language: str) -> str:
    """Return a price as a customer of that language reads it: `79,00 PLN`."""
    whole, rest = divmod(price.minor, 100)
    return f"{whole}{'.' if language == 'en' else ','}{rest:02d} {price.currency}"


def notice_subject(file: CustomerFile, one: Renewal) -> str:
    """Return the subject of the message, in the customer's language."""
    language = _language(file)
    words = _SUBJECT[language].format(number=plain(one.contract.number), day=_day(one.ends_on, language))
    return " ".join(words.split())


def notice_text(file: CustomerFile, agent: Agent, one: Renewal) -> str:
    """Return the message in the customer's language; a price or an offer that is not known is left out."""
    language = _language(file)
    contract = one.contract
    facts = [_ENDS[language].format(product=plain(contract.product), day=_day(one.ends_on, language))]
    if contract.price is not None:
        facts.append(_PRICE[language].format(price=price_to(contract.price, language)))
    if contract.list_price is not None:
        facts.append(_AFTER[language].format(price=price_to(contract.list_price, language)))
    parts = [greeting(language, addressed(file)), "\n".join(facts)]
    if one.offers:
        offers = [_OFFERS[language]]
        for offer in one.offers:
            said = _OFFER[language].format(months=offer.months, price=price_to(offer.price, language))
            offers.append(f"{said}, {plain(offer.says)}" if offer.says else said)
        parts += ["\n".join(offers), _CHOOSE[language]]
    parts.append(closing(language, agent.name, file.operator.name))
    return "\n\n".join(parts)
