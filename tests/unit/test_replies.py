"""Promises of the parter of mails: the customer's words are new, what was said before is quoted, nothing is lost."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.desk.replies import Reply, split_reply

INTRODUCTIONS = [
    "On Wed, Nov 12, 2025 at 10:12 AM Northwind Care <care@northwind.example> wrote:",
    "On Wed, Nov 12, 2025 at 10:12 AM Northwind Care\n<care@northwind.example> wrote:",
    "On Wednesday, 12 November 2025 at 10:12:12 GMT, Northwind\nCustomer Care\n<care@northwind.example> wrote:",
    "On 12 Nov 2025, at 10:12, Northwind Care <care@northwind.example> wrote:",
    "On 12/11/2025 10:12, Northwind Care wrote:",
    "Northwind Care <care@northwind.example> wrote on 12.11.2025:",
    "Il giorno mer 12 nov 2025 alle ore 10:12 Assistenza <aiuto@stella.example> ha scritto:",
    "Il giorno mer 12 nov 2025 alle ore 10:12 Assistenza Clienti\n<aiuto@stella.example> ha scritto:",
    "Il 12/11/2025 10:12, Assistenza ha scritto:",
    "Il mercoledì 12 novembre 2025 alle ore 10:12:12 CET, Assistenza <aiuto@stella.example> ha scritto:",
    "Le mer. 12 nov. 2025 à 10:12, Service client <aide@etoile.example> a écrit :",
    "Le mer. 12 nov. 2025 à 10:12, Service client\n<aide@etoile.example> a\nécrit :",
    "Le 12/11/2025 à 10:12, Service client a écrit\u00a0:",
    "W dniu 12.11.2025 o 10:12, Biuro Obsługi pisze:",
    "W dniu śr., 12 lis 2025 o 10:12 Biuro Obsługi <bok@gwiazda.example> napisał(a):",
    "W dniu środa, 12 listopada 2025 10:12:12 CET użytkownik Biuro\nObsługi <bok@gwiazda.example> napisał:",
    "śr., 12 lis 2025 o 10:12 Biuro Obsługi <bok@gwiazda.example> napisał(a):",
    "Dnia 12 listopada 2025 10:12 Biuro Obsługi <bok@gwiazda.example> napisał(a):",
    "Wiadomość napisana przez Biuro Obsługi <bok@gwiazda.example> w dniu 12.11.2025, o godz. 10:12:",
    "Den ons 12 nov. 2025 kl 10:12 skrev Kundtjänst <hjalp@stjarna.example>:",
    "Den ons 12 nov. 2025 kl 10:12 skrev Kundtjänst <\nhjalp@stjarna.example>:",
    "12 nov. 2025 kl. 10:12 skrev Kundtjänst <hjalp@stjarna.example>:",
    "Den onsdag 12 november 2025 10:12:12 CET, Kundtjänst <hjalp@stjarna.example> skrev:",
    "Den 2025-11-12 kl. 10:12, skrev Kundtjänst:",
    "Am 12.11.2025 um 10:12 schrieb Kundendienst <hilfe@stern.example>:",
    "Am Mi., 12. Nov. 2025 um 10:12 Uhr schrieb Kundendienst <hilfe@stern.example>:",
]


@pytest.mark.parametrize("introduction", INTRODUCTIONS)
@pytest.mark.parametrize(
    "quote", ["> Please restart the router.\n>\n> Your team", "Please restart the router.\n\nYour team"]
)
def test_what_follows_who_wrote_is_quoted(introduction: str, quote: str) -> None:
    """The line that says who wrote, wrapped or not, and what it introduces, marked or not, are quoted."""
    reply = split_reply(f"It still does not work.\n\nAnna Nowak\n\n{introduction}\n\n{quote}\n")
    assert reply == Reply("It still does not work.\n\nAnna Nowak", f"{introduction}\n\n{quote}")


HISTORIES = [
    "From: Care <care@northwind.example>\nSent: Wednesday, November 12, 2025 10:12 AM\nTo: Anna\nSubject: Ticket 7",
    "Da: Assistenza <aiuto@stella.example>\nInviato: mercoledì 12 novembre 2025 10:12\nA: Anna\nOggetto: Guasto",
    "De : Service client <aide@etoile.example>\nEnvoyé : mercredi 12 novembre 2025 10:12\nÀ : Anna\nObjet : Panne",
    "Od: Biuro <bok@gwiazda.example>\nWysłano: środa, 12 listopada 2025 10:12\nDo: Anna\nTemat: Awaria",
    "Från: Kundtjänst <hjalp@stjarna.example>\nSkickat: den 12 november 2025 10:12\nTill: Anna\nÄmne: Fel",
    "Von: Kundendienst <hilfe@stern.example>\nGesendet: Mittwoch, 12. November 2025 10:12\nAn: Anna\nBetreff: Störung",
    "________________________________\nFrom: Care <care@northwind.example>\nSent: 12 November\nTo: Anna\nSubject: T",
    "*From:* Care <care@northwind.example>\n*Sent:* Wednesday\n*To:* Anna\n*Cc:* Piotr\n*Subject:* Ticket",
    "De: Service\nDate: 12/11/2025\nÀ: Anna\nCc: Luc\nObjet: Panne",
    "-----Original Message-----\nFrom: Care\nhello",
    "-----Messaggio originale-----\nDa: Assistenza",
    "-----Message d'origine-----\nDe : Service",
    "---------- Wiadomość oryginalna ----------\nOd: Biuro",
    "-----Oryginalna wiadomość-----\nOd: Biuro",
    "-----Ursprungligt meddelande-----\nFrån: Kundtjänst",
    "-----Ursprüngliche Nachricht-----\nVon: Kundendienst",
    "---------- Forwarded message ---------\nFrom: Care",
    "---------- Messaggio inoltrato ----------\nDa: Assistenza",
    "---------- Message transféré ---------\nDe : Service",
    "---------- Vidarebefordrat meddelande ----------\nFrån: K",
    "Begin forwarded message:\n\nFrom: Care",
    "Inizio messaggio inoltrato:\n\nDa: A",
]


@pytest.mark.parametrize("history", HISTORIES)
def test_history_without_marks_is_quoted_to_the_end(history: str) -> None:
    """A block of headers or a separator begins what was said before, in every language."""
    quoted = f"{history}\n\nDear Anna,\nplease restart.\n> older\nThe team"
    assert split_reply(f"No, thank you.\n\n{quoted}") == Reply("No, thank you.", quoted)


@pytest.mark.parametrize(
    "signature",
    [
        "-- \nAnna Nowak\nul. Długa 1",
        "--\nAnna",
        "Sent from my iPhone",
        "Sent from my Samsung Galaxy smartphone.",
        "Sent from Outlook for iOS",
        "Get Outlook for Android",
        "Inviato da iPhone",
        "Inviato dal mio iPhone",
        "Inviato dal mio cellulare Samsung",
        "Envoyé de mon iPhone",
        "Envoyé depuis mon téléphone",
        "Wysłane z iPhone'a",
        "Wysłano z mojego telefonu",
        "Skickat från min iPhone",
        "Skickat från min mobil",
        "Von meinem iPhone gesendet",
        "Hämta Outlook för iOS",
    ],
)
def test_signatures_are_neither_new_nor_quoted(signature: str) -> None:
    """What stands below a dash line, and what telephones add, is a signature."""
    assert split_reply(f"Yes.\n\n{signature}\n") == Reply("Yes.", "", signature)
    quoted = f"{INTRODUCTIONS[0]}\n> Shall we come?"
    assert split_reply(f"Yes.\n\n{signature}\n\n{quoted}") == Reply("Yes.", quoted, signature)


@pytest.mark.parametrize(
    "words",
    [
        "On Monday I called and your colleague wrote it down.",
        "On 12 November you wrote:\nwe will come on Friday.\nNobody came.",
        "Il 12 novembre il tecnico ha scritto: torno domani.\nNon è tornato.",
        "Le technicien a écrit : à demain.\nPersonne.",
        "Den 12 november skrev ni:\nvi kommer.\nIngen kom.",
        "I am moving.\nFrom: Łódź, Długa 1\nTo: Warszawa, Prosta 2\nDate: 1.12.2025\nPlease move the line.",
        "From: London\nTo: Leeds",
        "Sent from my iPhone because the line is down since Monday",
        "My options:\n--\n" + "\n".join(f"{n}. an option" for n in range(20)),
        "5 > 3, as everybody knows\nand 2 < 4",
        "-----\nA line of dashes\n-----",
        "Da: quando?\nNon so.",
        "De : rien\nMerci",
        "Temat: awaria\nNie działa internet.",
        "10:12 no signal\n10:15 no signal:",
    ],
)
def test_the_customers_own_words_are_never_taken_for_quotes(words: str) -> None:
    """Words that only look like what mail programs write stay new."""
    assert split_reply(words) == Reply(words)


@pytest.mark.parametrize(
    "text",
    [
        "> all\n> is quoted",
        f"{INTRODUCTIONS[0]}\n> all is quoted",
        f"{HISTORIES[0]}\n\nMy answer stands here, below your headers.",
        "-- \nOnly a signature",
        "Sent from my iPhone",
        f"{INTRODUCTIONS[3]}\n\nBelow an unmarked quote.",
    ],
)
def test_a_text_that_seems_quoted_from_end_to_end_is_new(text: str) -> None:
    """Nothing is hidden when hiding would leave nothing."""
    assert split_reply(text) == Reply(text)


def test_an_answer_below_the_quote_is_new() -> None:
    """Who answers at the bottom is heard."""
    quoted = f"{INTRODUCTIONS[0]}\n> Shall we come on Friday?\n> Or on Monday?"
    assert split_reply(f"{quoted}\n\nOn Monday, please.") == Reply("On Monday, please.", quoted)


def test_answers_between_quotes_keep_what_they_answer() -> None:
    """Answers written into the quoted text stay with their questions; the rest of the quote is quoted."""
    text = f"""Hello,

{INTRODUCTIONS[4]}
> Is the lamp red?
Yes.

> Since when?

Since Monday.
> Regards,
> the team"""
    reply = split_reply(text)
    assert reply.new == "Hello,\n\n> Is the lamp red?\nYes.\n\n> Since when?\n\nSince Monday."
    assert reply.quoted == f"{INTRODUCTIONS[4]}\n> Regards,\n> the team"


def test_one_question_answered_in_place_keeps_the_question() -> None:
    """A greeting, one short quoted question and the answer are one text."""
    text = "Hi,\n> Is the lamp red?\nYes."
    assert split_reply(text) == Reply(text)


def test_nested_quotes_are_quoted() -> None:
    """Older layers of a conversation go with the newer one."""
    quoted = "On 13.11.2025 9:00 Anna wrote:\n> Yes?\n> On 12.11.2025 8:00 Care wrote:\n>> Hello\n>>> Hm"
    assert split_reply(f"Good.\n\n{quoted}") == Reply("Good.", quoted)


def test_an_empty_text_is_an_empty_reply() -> None:
    """Nothing in, nothing out."""
    assert split_reply("") == split_reply("\n \n") == Reply("")


pieces = st.sampled_from(
    [
        *INTRODUCTIONS,
        *HISTORIES,
        "> quoted",
        ">> deeper",
        "My words.",
        "",
        "-- ",
        "--",
        "Sent from my iPhone",
        "________",
        "On 12",
        "wrote:",
        "From: x",
        "Subject: y",
    ]
)


@given(st.lists(pieces | st.text(max_size=20), max_size=15).map("\n".join))
@settings(max_examples=800, deadline=None)
def test_no_line_is_lost_or_told_twice(text: str) -> None:
    """Each line that is not blank is in exactly one part, and something is new unless all is blank."""
    reply = split_reply(text)

    def lines(part: str) -> Counter[str]:
        return Counter(line for line in part.split("\n") if line.strip())

    assert lines(reply.new) + lines(reply.quoted) + lines(reply.signature) == lines(text)
    assert bool(reply.new.strip()) == bool(text.strip())


@pytest.mark.parametrize(
    "text",
    ["--\n" * 200_000, "On 12\n" * 100_000, "> a\nb\n" * 100_000, "_____\n\n" * 100_000, "From: a@b\n" * 100_000,
     "On 1 " + "wrote " * 100_000, "\n" * 500_000, "Sent from my " + "iphone " * 100_000, "Il 1 ha\n" * 100_000],
    ids=range(9),
)  # fmt: skip
def test_a_megabyte_made_to_be_slow_is_parted_all_the_same(text: str) -> None:
    """Texts that make naive matching quadratic come through; they would hang for minutes otherwise."""
    assert split_reply(text).new.strip() or not text.strip()
