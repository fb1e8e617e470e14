"""States of an outage in the words of people who write status pages, in English, Italian, French, Polish, Swedish.

Words are compared folded. Something counts as over only where it is plainly said: "not resolved", "unresolved" and
"to be resolved by noon" are none of it. A wrong "restored" sends customers back to a dead line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum

from backends.clean import tokens
from backends.feeds.options import Options


class Said(StrEnum):
    """What a text says about the state of an outage."""

    OVER = "over"
    WORKS = "works"
    CONFIRMED = "confirmed"
    SUSPECTED = "suspected"


_WORDS: Mapping[Said, str] = {
    Said.OVER: (
        "resolved, restored, solved, completed, recovered, has been fixed, is fixed, now fixed, incident closed, "
        "back to normal, fully operational, operational again, all clear, "
        "risolto, risolta, ripristinato, ripristinata, concluso, conclusa, completato, completata, rientrato, "
        "resolu, resolue, retabli, retablie, termine, terminee, retour a la normale, cloture, "
        "usunieta, usunieto, usuniety, rozwiazany, rozwiazana, rozwiazano, naprawiona, naprawiono, przywrocono, "
        "przywrocona, zakonczone, zakonczono, zakonczona, "
        "atgardat, atgardad, avhjalpt, avhjalpta, ar lost, nu lost, avslutat, avslutad, aterstalld, aterstallt, klart"
    ),
    Said.WORKS: (
        "planned works, planned work, planned maintenance, scheduled maintenance, maintenance, engineering works, "
        "scheduled works, upgrade, planned, scheduled, "
        "manutenzione, lavori programmati, intervento programmato, lavori, "
        "maintenance programmee, travaux, travaux programmes, intervention planifiee, "
        "prace planowe, prace konserwacyjne, planowane prace, prace serwisowe, konserwacja, modernizacja, "
        "planerat arbete, planerade arbeten, underhall, planerat underhall, underhallsarbete, servicefonster"
    ),
    Said.CONFIRMED: (
        "identified, confirmed, monitoring, in progress, major outage, outage, verified, fault located, "
        "identificato, identificata, confermato, confermata, monitoraggio, in corso, guasto, "
        "identifie, identifiee, confirme, confirmee, surveillance, en cours, panne, "
        "zidentyfikowano, zidentyfikowana, potwierdzono, potwierdzona, monitorowanie, w trakcie, awaria, "
        "identifierat, identifierad, bekraftat, bekraftad, overvakning, pagar, avbrott"
    ),
    Said.SUSPECTED: (
        "investigating, under investigation, looking into, possible, suspected, reports of, degraded, "
        "in verifica, in analisi, indagine, indaghiamo, possibile, sospetto, segnalazioni, "
        "en cours d'analyse, investigation, analyse en cours, possible, suspecte, signalements, "
        "badamy, sprawdzamy, analizujemy, mozliwe, podejrzenie, zgloszenia, "
        "storning, storningar, undersoker, undersoks, felsoker, mojligt, misstankt, rapporter om"
    ),
}
_LABELS_OF_END = frozenset({"fixed", "closed", "lost", "klar", "ok", "done"})
"""Words that mean the end only when they stand alone as a label: "fixed line", "signal lost" are none of it."""
_NEGATIONS = frozenset(
    tokens(
        "not no non yet isn pas nie jeszcze inte ej ancora never nessun aucun unresolved partly partially "
        "parzialmente partiellement czesciowo delvis"
    )
)
_AHEAD = frozenset(
    tokens(
        "will be being until to expected should when once before soon sara verra entro sera seront avant bedzie "
        "zostanie ma do kommer ska innan nar if unless after"
    )
)
_AFTER_LABEL = re.compile(r"\s[-–—]\s|[-–—:.]\s|$")
_LABEL_WORDS = 4
_LABEL_LINES = 3


class Wording:
    """The words of one feed: ours, and those that `options.words` adds by state."""

    def __init__(self, added: Mapping[Said, Iterable[str]] | None = None) -> None:
        self._phrases = {
            said: tuple(
                tuple(tokens(phrase)) for phrase in (*words.split(", "), *(added or {}).get(said, ())) if tokens(phrase)
            )
            for said, words in _WORDS.items()
        }

    def in_title(self, text: str) -> Said | None:
        """Return what a headline says: over before works before confirmed before suspected."""
        words = tokens(text)
        for said, phrases in self._phrases.items():
            if any(self._says(words, phrase, said) for phrase in phrases):
                return said
        return None

    def at_start(self, text: str) -> Said | None:
        """Return what a body says by its label: `Resolved - the line works again`, a date may stand before it."""
        for line in text.lstrip().split("\n")[:_LABEL_LINES]:
            label = _AFTER_LABEL.split(line.strip(), maxsplit=1)[0]
            words = [word for word in tokens(label) if not any(sign.isdigit() for sign in word)]
            if len(words) > _LABEL_WORDS:
                return None
            if len(words) == 1 and words[0] in _LABELS_OF_END:
                return Said.OVER
            if found := self.in_title(label):
                return found
        return None

    def _says(self, words: list[str], phrase: tuple[str, ...], said: Said) -> bool:
        length = len(phrase)
        for start in range(len(words) - length + 1):
            if tuple(words[start : start + length]) != phrase:
                continue
            before = set(words[max(0, start - 3) : start])
            if said is Said.OVER and before & (_NEGATIONS | _AHEAD):
                continue
            if said is not Said.OVER and before & {"no", "not", "non", "nie", "inte", "pas"}:
                continue
            return True
        return False


def wording_from(options: Options) -> Wording:
    """Return the words that `options.words` describes: `words.over = ["fertig"]`."""
    table = options.table("words")
    added = {said: table.texts(said.value) for said in Said}
    table.finish()
    return Wording(added)
