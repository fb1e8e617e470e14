"""Names of people, by country; written by hand, with the forms that each language asks for."""

from __future__ import annotations

from collections.abc import Mapping

POLISH_WOMEN = ["Anna", "Maria", "Katarzyna", "Małgorzata", "Agnieszka", "Barbara", "Ewa", "Krystyna", "Elżbieta", "Magdalena", "Joanna", "Zofia", "Monika", "Danuta", "Teresa", "Halina", "Jadwiga", "Irena", "Dorota", "Beata", "Aleksandra", "Natalia", "Justyna", "Paulina", "Wiesława", "Kinga", "Iwona", "Grażyna", "Urszula", "Stanisława", "Genowefa", "Julia", "Weronika", "Zuzanna", "Oliwia", "Bożena"]
POLISH_MEN = {
    "Jan": "Janie", "Andrzej": "Andrzeju", "Piotr": "Piotrze", "Krzysztof": "Krzysztofie", "Tomasz": "Tomaszu",
    "Paweł": "Pawle", "Michał": "Michale", "Marcin": "Marcinie", "Stanisław": "Stanisławie", "Jakub": "Jakubie",
    "Adam": "Adamie", "Marek": "Marku", "Łukasz": "Łukaszu", "Grzegorz": "Grzegorzu", "Mateusz": "Mateuszu",
    "Wojciech": "Wojciechu", "Mariusz": "Mariuszu", "Dariusz": "Dariuszu", "Zbigniew": "Zbigniewie",
    "Jerzy": "Jerzy", "Maciej": "Macieju", "Rafał": "Rafale", "Robert": "Robercie", "Kamil": "Kamilu",
    "Jacek": "Jacku", "Ryszard": "Ryszardzie", "Henryk": "Henryku", "Sławomir": "Sławomirze",
    "Kazimierz": "Kazimierzu", "Wiesław": "Wiesławie", "Bogdan": "Bogdanie", "Sebastian": "Sebastianie",
}  # fmt: skip
"""First names of men with the vocative that letters begin with."""
POLISH_SURNAMES = ["Nowak", "Kowalski", "Wiśniewski", "Wójcik", "Kowalczyk", "Kamiński", "Lewandowski", "Zieliński", "Szymański", "Woźniak", "Dąbrowski", "Kozłowski", "Mazur", "Kwiatkowski", "Krawczyk", "Piotrowski", "Grabowski", "Zając", "Pawłowski", "Michalski", "Król", "Wieczorek", "Jabłoński", "Wróbel", "Majewski", "Olszewski", "Stępień", "Malinowski", "Jaworski", "Adamczyk", "Dudek", "Nowicki", "Pawlak", "Górski", "Witkowski", "Walczak", "Sikora", "Baran", "Rutkowski", "Szewczyk", "Ostrowski", "Tomaszewski", "Pietrzak", "Zalewski", "Wróblewski", "Jasiński", "Zawadzki", "Bąk", "Sadowski", "Duda", "Włodarczyk", "Wilk", "Chmielewski", "Borkowski", "Sokołowski", "Szczepański", "Sawicki", "Kucharski", "Lis", "Kubiak", "Kalinowski", "Mazurek", "Wysocki", "Kołodziej", "Kaźmierczak", "Czarnecki", "Sobczak", "Konieczny", "Głowacki", "Urban", "Wasilewski", "Krajewski", "Zięba", "Ziółkowski", "Gajewski", "Mróz", "Brzeziński", "Borowski", "Błaszczyk", "Szczepaniak", "Górecki", "Kania", "Czerwiński", "Gołębiowski", "Żak", "Ślusarczyk", "Gąsior", "Pyś", "Wnuk", "Bednarz", "Świderski", "Żurawski", "Cichy", "Szymczuk", "Iwaniuk", "Tarasiuk", "Panasiuk", "Kędzierski"]

ITALIAN_WOMEN = ["Giulia", "Francesca", "Chiara", "Sara", "Martina", "Valentina", "Elena", "Silvia", "Paola", "Laura", "Federica", "Alessia", "Anna", "Rosa", "Giovanna", "Teresa", "Lucia", "Carla", "Marisa", "Loredana", "Simona", "Cristina", "Ilaria", "Beatrice", "Serena", "Daniela", "Antonella", "Nicoletta", "Ada", "Ines"]
ITALIAN_MEN = ["Marco", "Andrea", "Luca", "Matteo", "Alessandro", "Francesco", "Davide", "Simone", "Federico", "Lorenzo", "Giuseppe", "Giovanni", "Antonio", "Roberto", "Stefano", "Paolo", "Massimo", "Claudio", "Enrico", "Fabio", "Sergio", "Alberto", "Giorgio", "Nicola", "Daniele", "Emanuele", "Renato", "Dino", "Nazzareno"]
ITALIAN_SURNAMES = ["Rossi", "Bianchi", "Ricci", "Marini", "Romagnoli", "Mancini", "Conti", "Galli", "Moretti", "Barbieri", "Fabbri", "Santini", "Lombardi", "Giuliani", "Bartolini", "Carletti", "Pierini", "Cardinali", "Sabbatini", "Paoletti", "Giampieri", "Mengoni", "Belardinelli", "Cingolani", "Brunori", "Marconi", "Pieroni", "Staffolani", "Animali", "Tombari", "Ferretti", "Baldini", "Catena", "Gambini", "Vitali", "Serafini", "Rinaldi", "Bruni", "Villa", "De Angelis", "Di Marco", "D'Amico", "Lo Russo", "Quattrini", "Pesaresi", "Anconetani", "Fiorani", "Magi", "Paccapelo", "Montanari", "Monti", "Lucchetti"]

SWEDISH_WOMEN = ["Anna", "Maria", "Karin", "Birgitta", "Kerstin", "Margareta", "Elin", "Sara", "Emma", "Ingrid", "Ulla", "Lena", "Åsa", "Malin", "Johanna", "Maja", "Astrid", "Gunilla", "Inger", "Annika", "Helena", "Monica", "Jenny", "Linnéa", "Märta", "Siv", "Eivor", "Frida", "Sofia", "Ebba", "Amina"]
SWEDISH_MEN = ["Lars", "Anders", "Johan", "Erik", "Per", "Karl", "Mikael", "Jan", "Nils", "Bengt", "Göran", "Bo", "Håkan", "Björn", "Leif", "Magnus", "Stefan", "Mats", "Fredrik", "Ove", "Åke", "Rune", "Emil", "Oscar", "Viktor", "Gustav", "Anton", "Sven", "Torbjörn", "Kjell", "Östen"]
SWEDISH_SURNAMES = ["Andersson", "Johansson", "Karlsson", "Nilsson", "Eriksson", "Larsson", "Olsson", "Persson", "Svensson", "Gustafsson", "Pettersson", "Jonsson", "Jansson", "Hansson", "Bengtsson", "Lindberg", "Lindström", "Lindqvist", "Lindgren", "Berglund", "Bergström", "Sandberg", "Forsberg", "Sjöberg", "Wallin", "Engström", "Danielsson", "Lundgren", "Håkansson", "Björk", "Bergman", "Nordin", "Fransson", "Holm", "Nyström", "Öberg", "Söderlund", "Åström", "Hägglund", "Norberg", "Edström", "Sundin", "Källström", "Näslund", "Höglund", "Östman", "Strömberg", "Åkerlund", "Grahn", "Wiklund"]

BRITISH_WOMEN = ["Margaret", "Susan", "Karen", "Helen", "Sarah", "Emma", "Rachel", "Claire", "Joanne", "Lucy", "Charlotte", "Hannah", "Amy", "Sophie", "Jean", "Dorothy", "Brenda", "Maureen", "Priti", "Aisha", "Bronwen", "Fiona", "Alison", "Gillian", "Rosemary", "Siobhan", "Tracey", "Olive"]
BRITISH_MEN = ["David", "John", "Peter", "Michael", "Paul", "Andrew", "Mark", "Stephen", "Ian", "Alan", "Graham", "Keith", "Colin", "Simon", "Martin", "Neil", "Gary", "Daniel", "James", "Thomas", "Oliver", "Harry", "Rajesh", "Imran", "Owen", "Gareth", "Callum", "Nigel", "Derek", "Roger"]
BRITISH_SURNAMES = ["Smith", "Jones", "Taylor", "Brown", "Williams", "Evans", "Roberts", "Walker", "Wright", "Thompson", "White", "Hughes", "Edwards", "Green", "Hall", "Wood", "Harris", "Clarke", "Cooper", "Ward", "Turner", "Hill", "Moore", "Parker", "Bennett", "Shaw", "Patel", "Khan", "Bailey", "Chapman", "Ellis", "Marshall", "Palmer", "Pearce", "Holloway", "Tremlett", "Luscombe", "Northcott", "Endacott", "Widdicombe", "Yeo", "Hannaford", "Pascoe", "Fitzgerald", "O'Brien", "Ashworth"]

COMPANIES: Mapping[str, tuple[str, ...]] = {
    "pl": (
        "Piekarnia „Pod Makówką”", "Warsztat Samochodowy Bielawa", "Hurtownia Szkła Okrasa", "Gabinet Stomatologiczny Perełka",
        "Biuro Rachunkowe Saldo i Spółka", "Pensjonat Zielony Wąwóz", "Drukarnia Kwartnik", "Tartak Zawieprze",
        "Przedszkole Niepubliczne Guziczek", "Apteka Na Skarpie", "Stolarnia Dłutko", "Księgarnia Pod Zegarem",
    ),
    "it": (
        "Panificio Le Tre Spighe", "Studio Tecnico Belvedere", "Officina Meccanica Rotabene", "Agriturismo La Ginestraia",
        "Farmacia del Poggio Alto", "Ferramenta Chiodo Fisso", "Pizzeria Vento di Mare", "Studio Dentistico Sorriso Chiaro",
        "Cartiera Valle Serena", "Hotel Bagni Celesti", "Edilizia Mattoni Rossi", "Libreria Carta Vetrata",
    ),
    "sv": (
        "Granbo Redovisning", "Fjällkanten Rör & VVS", "Älvdans Bageri", "Nordanskär Marina", "Tandhörnan Hemmansberget",
        "Lavskrikans Förskola", "Vintergatans Bilverkstad", "Skogsbryn Fastigheter", "Trekronors Såg & Hyvel",
        "Hotell Lingonhöjden", "Ringduvan Hemtjänst", "Östanvik Elektriska",
    ),
    "en": (
        "The Copper Kettle Tea Rooms", "Moorgate Joinery", "Hound & Hare Veterinary", "Lantern Books",
        "Riverbend Guest House", "Tor View Accountancy", "Saltmarsh Surf Hire", "Pennywise Pharmacy",
        "Brambleside Nursery", "Oakapple Estate Agents", "Quayside Chandlery", "Greenlane Garage",
    ),
}  # fmt: skip
"""Firms that do not exist."""
