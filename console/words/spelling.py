"""Spelling a reference aloud: one word a character, in the alphabet that the customer's country knows (R34)."""

from __future__ import annotations

import unicodedata

_ENGLISH = (
    "Alfa Bravo Charlie Delta Echo Foxtrot Golf Hotel India Juliett Kilo Lima Mike November Oscar Papa Quebec Romeo "
    "Sierra Tango Uniform Victor Whiskey X-ray Yankee Zulu"
)
"""ICAO Annex 10 and ITU Radio Regulations, Appendix 14."""
_ITALIAN = (
    "Ancona Bologna Como Domodossola Empoli Firenze Genova Hotel Imola Jolly Kappa Livorno Milano Napoli Otranto "
    "Padova Quarto Roma Savona Torino Udine Venezia Washington Xilofono York Zara"
)
_FRENCH = (
    "Anatole Berthe Célestin Désiré Eugène François Gaston Henri Irma Joseph Kléber Louis Marcel Nicolas Oscar Pierre "
    "Quintal Raoul Suzanne Thérèse Ursule Victor William Xavier Yvonne Zoé"
)
_POLISH = (
    "Adam Barbara Celina Dorota Ewa Franciszek Genowefa Henryk Irena Jadwiga Karol Ludwik Maria Natalia Olga Paweł "
    "Quebec Roman Stanisław Tadeusz Urszula Violetta Wacław Ksawery Ypsylon Zygmunt"
)
_SWEDISH = (
    "Adam Bertil Caesar David Erik Filip Gustav Helge Ivar Johan Kalle Ludvig Martin Niklas Olof Petter Quintus Rudolf "
    "Sigurd Tore Urban Viktor Wilhelm Xerxes Yngve Zäta"
)

_LETTERS = {"en": _ENGLISH, "it": _ITALIAN, "fr": _FRENCH, "pl": _POLISH, "sv": _SWEDISH}
_MORE_LETTERS = {
    "sv": {"Å": "Åke", "Ä": "Ärlig", "Ö": "Östen"},
    "pl": {"Ć": "Ćma", "Ł": "Łukasz", "Ś": "Świętosław", "Ź": "Źródło", "Ż": "Żaba"},
}
_DIGITS = {
    "en": "zero one two three four five six seven eight nine",
    "it": "zero uno due tre quattro cinque sei sette otto nove",
    "fr": "zéro un deux trois quatre cinq six sept huit neuf",
    "pl": "zero jeden dwa trzy cztery pięć sześć siedem osiem dziewięć",
    "sv": "noll ett två tre fyra fem sex sju åtta nio",
}
_SIGNS = {
    "en": {"-": "dash", "/": "slash", ".": "dot", "_": "underscore", "#": "hash", "@": "at", "+": "plus"},
    "it": {"-": "trattino", "/": "barra", ".": "punto", "_": "trattino basso", "#": "cancelletto",
           "@": "chiocciola", "+": "più"},
    "fr": {"-": "tiret", "/": "barre oblique", ".": "point", "_": "tiret bas", "#": "dièse",
           "@": "arobase", "+": "plus"},
    "pl": {"-": "myślnik", "/": "ukośnik", ".": "kropka", "_": "podkreślenie", "#": "krzyżyk",
           "@": "małpa", "+": "plus"},
    "sv": {"-": "bindestreck", "/": "snedstreck", ".": "punkt", "_": "understreck", "#": "nummertecken",
           "@": "snabel-a", "+": "plus"},
}  # fmt: skip

SPELLING_LANGUAGES = tuple(_LETTERS)
"""Languages with an alphabet of their own; others are spelt in the international one."""


def _alphabet(language: str) -> dict[str, str]:
    code = language if language in _LETTERS else "en"
    table = dict(zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ", _LETTERS[code].split(), strict=True))
    table |= dict(zip("0123456789", _DIGITS[code].split(), strict=True))
    return table | _MORE_LETTERS.get(code, {}) | _SIGNS[code]


def spell(reference: str, language: str) -> list[str]:
    """Return one word for each character of `reference` in the spelling alphabet of `language`; spaces are left out.

    `language` is the customer's, not the operator's. A letter that the alphabet lacks is spelt as its plain letter; a
    sign without a name stands for itself.
    """
    table = _alphabet(language)
    return [
        _spelt(character, table) for character in unicodedata.normalize("NFC", reference) if not character.isspace()
    ]


def _spelt(character: str, table: dict[str, str]) -> str:
    capital = character.upper()
    plain = unicodedata.normalize("NFD", capital)[:1]
    return table.get(capital) or table.get(plain) or character
