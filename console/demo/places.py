"""Where the demo's customers live: streets, postcodes and the network that serves them, one area an OLT.

Towns and postcodes exist; which network element serves them is invented. An area's streets all hang on its one OLT, so
that an outage of an OLT, of its node or of its exchange hits exactly the customers who live there.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from backends.records import NetworkPath, Place


@dataclass(frozen=True, slots=True)
class Area:
    """The streets that one OLT serves; `weight` is its share of the operator's customers."""

    operator: str
    country: str
    region: str
    town: str
    postcode: str
    dial: str
    """National dialling code of landlines, without its leading zero where the country drops it."""
    exchange: str
    node: int
    olt: int
    weight: float
    streets: tuple[str, ...]

    @property
    def node_name(self) -> str:
        """Name of the node on which this area hangs."""
        return f"{self.exchange}-N{self.node}"

    @property
    def olt_name(self) -> str:
        """Name of the OLT that serves this area."""
        return f"{self.exchange}-OLT-{self.olt:02d}"

    def path(self, rng: Random) -> NetworkPath:
        """Return the way from the exchange to a random port of this OLT."""
        port = f"{self.olt_name}/{rng.randint(1, 8)}/{rng.randint(1, 64)}"
        return NetworkPath(self.exchange, self.node_name, self.olt_name, port)

    def address(self, rng: Random) -> Place:
        """Return a random address in this area, numbered the way its country does."""
        street = rng.choice(self.streets)
        house = str(rng.randint(1, 96))
        unit = ""
        postcode = self.postcode
        if self.country == "PL":
            if rng.random() < 0.6:
                unit = str(rng.randint(1, 60))
            elif rng.random() < 0.2:
                house += rng.choice("ABC")
        elif self.country == "IT":
            house += rng.choice(("", "", "", "/A", "/B", " bis"))
            unit = rng.choice(("", "", "int. 2", "int. 5", "int. 11", "scala B"))
        elif self.country == "SE":
            house += rng.choice(("", "", "", "A", "B", "C"))
            unit = rng.choice(("", "", "lgh 1001", "lgh 1102", "lgh 1203"))
        else:
            letters = "ABDEFGHJLNPQRSTUWXYZ"
            postcode += letters[self.streets.index(street) * 3 % len(letters)] + letters[self.olt % len(letters)]
            unit = rng.choice(("", "", "", "", "Flat 2", "Flat 3b"))
        return Place(street, house, unit, postcode, self.town, self.region, self.country)


_PUL = "ul. Lubelska|ul. Kaznowskiego|ul. Norwida|ul. Wróblewskiego|ul. Kołłątaja|ul. Piaskowa"

_TABLE = f"""
LUN|20-469|Lublin|81|LUB|1|1|10|ul. Samsonowicza;ul. Romera;ul. Wigilijna;ul. Gęsia;ul. Nałkowskich
LUN|20-022|Lublin|81|LUB|1|2|9|ul. Okopowa;ul. Narutowicza;ul. Chopina;ul. Peowiaków;ul. Górna
LUN|20-810|Lublin|81|LUB|2|3|9|ul. Skowronkowa;ul. Słowicza;ul. Lawinowa;ul. Kołowa;ul. Pszczela
LUN|20-143|Lublin|81|LUB|2|4|8|ul. Lwowska;ul. Koryznowej;ul. Daszyńskiego;ul. Montażowa;ul. Krzemieniecka
LUN|24-100|Puławy|81|PUL|1|1|6|ul. Centralna;ul. Partyzantów;ul. Sieroszewskiego;al. Królewska;ul. Kilińskiego
LUN|24-110|Puławy|81|PUL|1|2|6.7|{_PUL.replace("|", ";")}
LUN|21-040|Świdnik|81|SWI|1|1|7|ul. Wyspiańskiego;ul. Racławicka;ul. Niepodległości;ul. Hallera;ul. Żwirki i Wigury
LUN|22-100|Chełm|82|CHE|1|1|7|ul. Lwowska;ul. Pocztowa;ul. Reformacka;ul. Młodowskiej;pl. Łuczkowskiego
LUN|22-400|Zamość|84|ZAM|1|1|6|ul. Grodzka;ul. Peowiaków;ul. Orzeszkowej;ul. Śląska;ul. Kilińskiego
LUN|22-410|Zamość|84|ZAM|2|2|4|ul. Hrubieszowska;ul. Wyszyńskiego;ul. Oboźna;ul. Zagłoby
LUN|23-204|Kraśnik|81|KRS|1|1|5|ul. Słowackiego;ul. Urzędowska;al. Niepodległości;ul. Wyszyńskiego
LUN|23-400|Biłgoraj|84|BIL|1|1|4|ul. Kościuszki;ul. Nadstawna;ul. Cegielniana;ul. Łąkowa
LUN|21-010|Łęczna|81|LEC|1|1|4|ul. Górnicza;ul. Bogdanowicza;ul. Obrońców Pokoju;ul. Jaśminowa
LUN|21-100|Lubartów|81|LBR|1|1|3|ul. Lubelska;ul. Cicha;ul. Słowackiego;ul. Kopernika
LUN|24-150|Nałęczów|81|NAL|1|1|2|ul. Lipowa;ul. Armatnia Góra;ul. Głębocznica;ul. Żeromskiego
VAL|60121|Ancona|071|ANC|1|1|9|via Astagno;corso Mazzini;via Podesti;via Marsala;via Matteotti
VAL|60131|Ancona|071|ANC|2|2|7|via Brecce Bianche;via Tenna;via Esino;via Metauro
VAL|60035|Jesi|0731|JES|1|1|7|via Gallodoro;viale della Vittoria;via San Francesco;via Setificio;corso Matteotti
VAL|60019|Senigallia|071|SEN|1|1|7|via Podesti;viale Leopardi;via Capanna;lungomare Alighieri;via Verdi
VAL|60044|Fabriano|0732|FAB|1|1|4|via Balbo;via Gioberti;corso della Repubblica;via Cialdini
VAL|60044|Fabriano|0732|FAB|2|2|4|via Dante;viale Zonghi;via Serraloggia;via Profili;via Aldo Moro
VAL|60027|Osimo|071|OSI|1|1|4|via Cinque Torri;via Marco Polo;via Guazzatore;piazza Dante
VAL|62100|Macerata|0733|MAC|1|1|6|via Roma;via Spalato;corso Cavour;via Ghino Valenti;via Pancalducci
VAL|61121|Pesaro|0721|PES|1|1|6|via Rossini;viale Trieste;via Branca;via Passeri;viale della Repubblica
VAL|61032|Fano|0721|FAN|1|1|5|via Nolfi;viale Adriatico;via Garibaldi;via Montevecchio
VAL|61029|Urbino|0722|URB|1|1|3|via Raffaello;via Saffi;via Mazzini;via Bramante
NOR|852 31|Sundsvall|60|SDL|1|1|8|Storgatan;Skolhusallén;Kyrkogatan;Rådhusgatan;Södra Järnvägsgatan
NOR|857 30|Sundsvall|60|SDL|2|2|6|Bergsgatan;Granlovägen;Åkersvägen;Nackstavägen
NOR|861 31|Timrå|60|TIM|1|1|4|Köpmangatan;Terminalvägen;Skolgatan;Björkvägen
NOR|871 30|Härnösand|611|HSD|1|1|5|Nybrogatan;Brunnshusgatan;Skeppsbron;Tullgatan;Ådalsvägen
NOR|831 34|Östersund|63|OSD|1|1|6|Prästgatan;Rådhusgatan;Kyrkgatan;Färjemansgatan;Regementsgatan
NOR|831 62|Östersund|63|OSD|2|2|4|Odenvägen;Frösövägen;Stocketitvägen;Vallaleden
NOR|891 31|Örnsköldsvik|660|OVK|1|1|5|Lasarettsgatan;Viktoriaesplanaden;Nygatan;Bergsgatan
NOR|881 31|Sollefteå|620|SOL|1|1|3|Storgatan;Djupövägen;Kungsgatan;Ådalsgatan
NOR|872 30|Kramfors|612|KRF|1|1|2|Limstagatan;Viktoriagatan;Ringvägen;Kungsgatan
NOR|830 13|Åre|647|ARE|1|1|2|Årevägen;Kurortsvägen;Björnängsvägen;Parkvägen
LRK|TQ9 5|Totnes|1803|TOT|1|1|4|Fore Street;Bridgetown Hill;Plymouth Road;Leechwell Lane;Station Road
LRK|TQ12 2|Newton Abbot|1626|NEW|1|1|4|Wolborough Street;Highweek Road;Courtenay Park;Exeter Road
LRK|EX20 1|Okehampton|1837|OKE|1|1|3|Market Street;New Road;Crediton Road;Castle Lane
LRK|PL19 0|Tavistock|1822|TAV|1|1|3|West Street;Whitchurch Road;Plymouth Road;Glanville Road
LRK|EX17 3|Crediton|1363|CRE|1|1|2|High Street;Union Road;Mill Street;Peoples Park Road
LRK|TQ6 9|Dartmouth|1803|DAR|1|1|2|Victoria Road;Townstal Road;Above Town;Newcomen Road
"""
_REGIONS = {
    "LUN": ("PL", "lubelskie"),
    "VAL": ("IT", "Marche"),
    "NOR": ("SE", "Västernorrland"),
    "LRK": ("GB", "Devon"),
}
_JÄMTLAND = {"Östersund", "Åre"}


def _area(row: str) -> Area:
    operator, postcode, town, dial, exchange, node, olt, weight, streets = row.split("|")
    country, region = _REGIONS[operator]
    if town in _JÄMTLAND:
        region = "Jämtland"
    return Area(
        operator, country, region, town, postcode, dial, exchange,
        int(node), int(olt), float(weight), tuple(streets.split(";")),
    )  # fmt: skip


AREAS: tuple[Area, ...] = tuple(_area(row) for row in _TABLE.split("\n") if row)
"""All areas of all operators."""

BY_OPERATOR: dict[str, tuple[Area, ...]] = {code: tuple(a for a in AREAS if a.operator == code) for code in _REGIONS}
BY_OLT: dict[str, Area] = {area.olt_name: area for area in AREAS}


def draw_area(rng: Random, operator: str) -> Area:
    """Return an area of `operator`, the populous ones more often."""
    areas = BY_OPERATOR[operator]
    return rng.choices(areas, [area.weight for area in areas])[0]
