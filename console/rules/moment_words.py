"""What words mean when people say when: the vocabulary of `read_moment`, one table a language.

Words are written as they are typed without accents and capitals (`fold`). One phrase may mean several things at once:
`domattina` is tomorrow and a morning.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto


class Meaning(Enum):
    """What a word can stand for."""

    IN = auto()
    """A span of time follows."""
    AT = auto()
    """A time of day follows."""
    NEXT = auto()
    FILL = auto()
    """Says nothing here."""
    NOW = auto()
    NUMBER = auto()
    ONE = auto()
    """The article before a unit, else as `AT`."""
    UNIT = auto()
    MINUTES = auto()
    """A whole span, in minutes."""
    DAY = auto()
    """Days from today."""
    WEEKDAY = auto()
    """0 is Monday."""
    MONTH = auto()
    PART = auto()
    """A part of the day, by the hour it begins at."""
    HALF_OF_DAY = auto()
    """0 for a.m., 12 for p.m."""


@dataclass(frozen=True, slots=True)
class Sense:
    """One meaning with its value: a number, an hour, or a unit's letter (`m h d w M y`, `?` for `m` alone)."""

    meaning: Meaning
    value: int | str = 0


Vocabulary = Mapping[tuple[str, ...], tuple[Sense, ...]]

Table = Mapping[Meaning, Mapping[int, str] | Mapping[str, str]]

MORNING, NOON, AFTERNOON, EVENING, NIGHT, MIDNIGHT = 9, 12, 14, 19, 20, 24


def _counted(words: str) -> Mapping[int, str]:
    """Return number words by their number; a dash stands for an article that is listed elsewhere."""
    return {number: word for number, word in enumerate(words.split()) if word != "-"}


_SHARED: Table = {
    Meaning.UNIT: {"m": "min mins minute minutes", "h": "h", "d": "d", "?": "m"},
    Meaning.HALF_OF_DAY: {0: "am", 12: "pm"},
}

_ENGLISH: Table = {
    Meaning.IN: {0: "in within"},
    Meaning.AT: {0: "at o'clock"},
    Meaning.NEXT: {0: "next"},
    Meaning.FILL: {0: "the on by before until till this coming for of and from_now around about"},
    Meaning.NOW: {0: "now"},
    Meaning.ONE: {1: "a an"},
    Meaning.NUMBER: _counted("zero one two three four five six seven eight nine ten"),
    Meaning.UNIT: {"h": "hr hrs hour hours", "d": "day days", "w": "w wk week weeks", "M": "mo month months",
                   "y": "year years"},
    Meaning.MINUTES: {30: "half_an_hour half_hour", 15: "quarter_of_an_hour a_quarter_of_an_hour"},
    Meaning.DAY: {0: "today", 1: "tomorrow tmrw tmr", 2: "day_after_tomorrow", -1: "yesterday"},
    Meaning.WEEKDAY: dict(enumerate(("monday mon", "tuesday tue tues", "wednesday wed", "thursday thu thur thurs",
                                     "friday fri", "saturday sat", "sunday sun"))),
    Meaning.MONTH: dict(enumerate(("january jan", "february feb", "march mar", "april apr", "may", "june jun",
                                   "july jul", "august aug", "september sep sept", "october oct", "november nov",
                                   "december dec"), 1)),
    Meaning.PART: {MORNING: "morning in_the_morning", NOON: "noon midday", AFTERNOON: "afternoon in_the_afternoon",
                   EVENING: "evening in_the_evening", NIGHT: "night at_night", MIDNIGHT: "midnight"},
}  # fmt: skip

_ITALIAN: Table = {
    Meaning.IN: {0: "fra tra"},
    Meaning.AT: {0: "alle all' a alle_ore per_le verso_le dalle"},
    Meaning.NEXT: {0: "prossimo prossima"},
    Meaning.FILL: {0: "il lo la di del entro per questo questa e ed circa"},
    Meaning.NOW: {0: "adesso ora subito"},
    Meaning.ONE: {1: "un uno una"},
    Meaning.NUMBER: _counted("zero - due tre quattro cinque sei sette otto nove dieci"),
    Meaning.UNIT: {"m": "minuto minuti", "h": "ore oretta", "d": "giorno giorni gg g", "w": "settimana settimane sett",
                   "M": "mese mesi", "y": "anno anni"},
    Meaning.MINUTES: {30: "mezz'ora mezzora mezza_ora", 15: "quarto_d'ora un_quarto_d'ora", 60: "un'ora un_ora"},
    Meaning.DAY: {0: "oggi", 1: "domani", 2: "dopodomani", -1: "ieri"},
    Meaning.WEEKDAY: dict(enumerate(("lunedi lun", "martedi mar", "mercoledi mer", "giovedi gio", "venerdi ven",
                                     "sabato sab", "domenica dom"))),
    Meaning.MONTH: dict(enumerate(("gennaio gen", "febbraio feb", "marzo", "aprile apr", "maggio mag", "giugno giu",
                                   "luglio lug", "agosto ago", "settembre set", "ottobre ott", "novembre nov",
                                   "dicembre dic"), 1)),
    Meaning.PART: {MORNING: "mattina mattino di_mattina del_mattino", NOON: "mezzogiorno a_mezzogiorno",
                   AFTERNOON: "pomeriggio del_pomeriggio di_pomeriggio", EVENING: "sera di_sera",
                   NIGHT: "notte di_notte", MIDNIGHT: "mezzanotte a_mezzanotte"},
}  # fmt: skip

_FRENCH: Table = {
    Meaning.IN: {0: "dans d'ici sous"},
    Meaning.AT: {0: "a vers_les vers pour_les"},
    Meaning.NEXT: {0: "prochain prochaine"},
    Meaning.FILL: {0: "le la l' du de avant pour ce cet cette et environ au"},
    Meaning.NOW: {0: "maintenant"},
    Meaning.ONE: {1: "un une"},
    Meaning.NUMBER: _counted("zero - deux trois quatre cinq six sept huit neuf dix"),
    Meaning.UNIT: {"h": "heure heures", "d": "jour jours j", "w": "semaine semaines sem", "M": "mois",
                   "y": "ans annee"},
    Meaning.MINUTES: {30: "demi-heure une_demi-heure demi_heure", 15: "quart_d'heure un_quart_d'heure"},
    Meaning.DAY: {0: "aujourd'hui auj", 1: "demain", 2: "apres-demain apres_demain", -1: "hier"},
    Meaning.WEEKDAY: dict(enumerate(("lundi lun", "mardi mar", "mercredi mer", "jeudi jeu", "vendredi ven",
                                     "samedi sam", "dimanche dim"))),
    Meaning.MONTH: dict(enumerate(("janvier janv jan", "fevrier fevr fev", "mars", "avril avr", "mai", "juin",
                                   "juillet juil", "aout", "septembre sept", "octobre oct", "novembre nov",
                                   "decembre dec"), 1)),
    Meaning.PART: {MORNING: "matin au_matin du_matin", NOON: "midi a_midi", AFTERNOON: "apres-midi apres_midi "
                   "de_l'apres-midi", EVENING: "soir soiree du_soir", NIGHT: "nuit", MIDNIGHT: "minuit a_minuit"},
}  # fmt: skip

_POLISH: Table = {
    Meaning.IN: {0: "za"},
    Meaning.AT: {0: "o o_godz o_godzinie godz okolo ok"},
    Meaning.NEXT: {0: "przyszly przyszla przyszlym przyszlego nastepny nastepna nastepnym nastepnego"},
    Meaning.FILL: {0: "w we na do przed dnia ten ta tym i roku r po"},
    Meaning.NOW: {0: "teraz zaraz"},
    Meaning.ONE: {1: "jeden jedna"},
    Meaning.NUMBER: {2: "dwa dwie", 3: "trzy trzeciej", 4: "cztery czwartej", 5: "piec piatej", 6: "szesc szostej",
                     7: "siedem siodmej", 8: "osiem osmej", 9: "dziewiec dziewiatej", 10: "dziesiec dziesiatej",
                     11: "jedenascie jedenastej", 12: "dwanascie dwunastej", 13: "trzynastej", 14: "czternastej",
                     15: "pietnastej", 16: "szesnastej", 17: "siedemnastej", 18: "osiemnastej",
                     19: "dziewietnastej", 20: "dwudziestej"},
    Meaning.UNIT: {"m": "minut minuta minuty", "h": "godzina godzine godziny godzin",
                   "d": "dzien dni", "w": "tydzien tygodnie tygodni tygodniu tyg", "M": "miesiac miesiace miesiecy "
                   "miesiacu", "y": "rok lata lat"},
    Meaning.MINUTES: {30: "pol_godziny", 15: "kwadrans"},
    Meaning.DAY: {0: "dzis dzisiaj", 1: "jutro", 2: "pojutrze", -1: "wczoraj"},
    Meaning.WEEKDAY: dict(enumerate(("poniedzialek pon pn", "wtorek wt", "sroda srode sr", "czwartek czw cz",
                                     "piatek pt", "sobota sobote sob", "niedziela niedziele niedz nd"))),
    Meaning.MONTH: dict(enumerate(("stycznia styczen sty", "lutego luty lut", "marca marzec mar",
                                   "kwietnia kwiecien kwi", "maja maj", "czerwca czerwiec cze", "lipca lipiec lip",
                                   "sierpnia sierpien sie", "wrzesnia wrzesien wrz", "pazdziernika pazdziernik paz",
                                   "listopada listopad lis", "grudnia grudzien gru"), 1)),
    Meaning.PART: {MORNING: "rano", NOON: "poludnie w_poludnie", AFTERNOON: "popoludniu po_poludniu popoludnie",
                   EVENING: "wieczor wieczorem", NIGHT: "noc noca w_nocy", MIDNIGHT: "polnoc o_polnocy"},
}  # fmt: skip

_SWEDISH: Table = {
    Meaning.IN: {0: "om inom"},
    Meaning.AT: {0: "kl klockan vid"},
    Meaning.NEXT: {0: "nasta"},
    Meaning.FILL: {0: "i pa den det senast fore innan till denna detta och runt cirka"},
    Meaning.NOW: {0: "nu"},
    Meaning.ONE: {1: "en ett"},
    Meaning.NUMBER: _counted("noll - tva tre fyra fem sex sju atta nio tio"),
    Meaning.UNIT: {"m": "minut minuter", "h": "tim timme timma timmar", "d": "dag dagar dygn", "w": "v vecka veckor",
                   "M": "manad manader", "y": "ar"},
    Meaning.MINUTES: {30: "halvtimme halvtimma halv_timme", 15: "kvart"},
    Meaning.DAY: {0: "idag i_dag", 1: "imorgon i_morgon imorn", 2: "overmorgon i_overmorgon", -1: "igar i_gar"},
    Meaning.WEEKDAY: dict(enumerate(("mandag man mandagen", "tisdag tis tisdagen", "onsdag ons onsdagen",
                                     "torsdag tor tors torsdagen", "fredag fre fredagen", "lordag lor lordagen",
                                     "sondag son sondagen"))),
    Meaning.MONTH: dict(enumerate(("januari jan", "februari feb", "mars mar", "april apr", "maj", "juni jun",
                                   "juli jul", "augusti aug", "september sep sept", "oktober okt", "november nov",
                                   "december dec"), 1)),
    Meaning.PART: {MORNING: "morgon morgonen bitti formiddag formiddagen pa_morgonen", NOON: "middag mitt_pa_dagen",
                   AFTERNOON: "eftermiddag eftermiddagen pa_eftermiddagen", EVENING: "kvall kvallen pa_kvallen",
                   NIGHT: "natt", MIDNIGHT: "midnatt"},
}  # fmt: skip


def _part_of(days: int, hour: int) -> tuple[Sense, ...]:
    return Sense(Meaning.DAY, days), Sense(Meaning.PART, hour)


_TWO_AT_ONCE: Mapping[str, Mapping[str, tuple[Sense, ...]]] = {
    "en": {"tonight": _part_of(0, NIGHT), "this_morning": _part_of(0, MORNING), "this_evening": _part_of(0, EVENING),
           "this_afternoon": _part_of(0, AFTERNOON)},
    "it": {"stasera": _part_of(0, EVENING), "stanotte": _part_of(0, NIGHT), "stamattina": _part_of(0, MORNING),
           "domattina": _part_of(1, MORNING), "oggi_pomeriggio": _part_of(0, AFTERNOON)},
    "fr": {"ce_soir": _part_of(0, EVENING), "cette_nuit": _part_of(0, NIGHT), "ce_matin": _part_of(0, MORNING),
           "cet_apres-midi": _part_of(0, AFTERNOON), "cet_apres_midi": _part_of(0, AFTERNOON)},
    "pl": {"dzis_wieczorem": _part_of(0, EVENING), "dzisiaj_wieczorem": _part_of(0, EVENING)},
    "sv": {"ikvall": _part_of(0, EVENING), "i_kvall": _part_of(0, EVENING), "i_natt": _part_of(0, NIGHT),
           "i_morse": _part_of(0, MORNING), "i_eftermiddag": _part_of(0, AFTERNOON),
           "imorgon_bitti": _part_of(1, MORNING), "i_morgon_bitti": _part_of(1, MORNING)},
}  # fmt: skip

_TABLES = {"en": _ENGLISH, "it": _ITALIAN, "fr": _FRENCH, "pl": _POLISH, "sv": _SWEDISH}


def _vocabulary(language: str) -> Vocabulary:
    found: dict[tuple[str, ...], tuple[Sense, ...]] = {}
    for table in (_SHARED, _TABLES[language]):
        for meaning, values in table.items():
            for value, phrases in values.items():
                for phrase in phrases.split():
                    found[tuple(phrase.split("_"))] = (Sense(meaning, value),)
    for phrase, senses in _TWO_AT_ONCE[language].items():
        found[tuple(phrase.split("_"))] = senses
    return found


VOCABULARIES: Mapping[str, Vocabulary] = {language: _vocabulary(language) for language in _TABLES}
"""What each phrase means in each language, by its folded words."""

LONGEST_PHRASE = max(len(phrase) for vocabulary in VOCABULARIES.values() for phrase in vocabulary)


def senses_of(
    words: Sequence[str], start: int, language: str, meaning: Meaning | None = None
) -> tuple[int, tuple[Sense, ...]]:
    """Return how many words from `start` on form a known phrase, and what they mean; (0, ()) for none.

    The longest phrase wins; among equals the one of `language`, then in the order of the tables. With a `meaning`,
    phrases that mean anything else are passed over.
    """
    order = sorted(VOCABULARIES, key=lambda code: code != language)
    for length in range(min(LONGEST_PHRASE, len(words) - start), 0, -1):
        phrase = tuple(words[start : start + length])
        for code in order:
            senses = VOCABULARIES[code].get(phrase, ())
            if senses and (meaning is None or (senses[0].meaning is meaning and len(senses) == 1)):
                return length, senses
    return 0, ()
