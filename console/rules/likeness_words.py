"""Words by which texts are compared, folded as `backends.clean.fold` does: what says nothing, what tells a topic."""

from __future__ import annotations

from collections.abc import Mapping

_SILENT = """
a about after again all also am an and any are as at be been before but by call called came can come could day days
dear did do does don each even every few for from get give go goes good got had has have he hello help her here hi him
his how i if in into is it its just kind know last let like long look made make many may me mine more most much must
my need new next no not now of off ok on once one only or other our out over own per please rang regards reply ring
said same say see send sent she should since so some soon still such sure tell than thank thanks that the their them
then there these they thing think this those though through time to today told tomorrow too two under until up us use
very want wants was way we week weeks well went were what when where which while who why will with without would yes
yesterday yet you your customer cust agent sir madam mail email message wrote

ai al alla alle allo anche ancora avete aveva bene buon buona buongiorno buonasera che chi ci ciao come con cordiali
cosa cui da dai dal dalla dalle de degli dei del della delle dello di dire distinti dopo due e ed era erano essere fa
fare fatto fino fra gentile gia giorni giorno grazie gli ha hai hanno ho i il in invece io l la le lei lo loro ma mai
mi mia mie miei mio molto ne nel nella no noi non nostro o oggi ogni ora per perche piu poi prego prima puo qua quale
quando quanto quella quello questa questo qui saluti salve se sempre senza si sia siamo sono sta stata stato su sua
sul sulla suo suoi ti tra tutti tutto un una uno va vi voi volta vorrei vostra vostro cliente prossima settimana ieri
domani chiede

alors apres au aussi autre aux avant avec avez avoir avons bien bonjour bonsoir ca car ce cela ces cet cette chez
comme cordialement dans de depuis des deux dit donc du elle en encore est et etait ete etre eu fait faire fois il ils
j je jour jours l la le les leur leurs lui ma mais me meme merci mes moi mon monsieur madame ne non nos notre nous on
ont ou par pas peu plus pour pourquoi quand que quel quelle qui rien sa sans se semaine ses si sont son sous suis sur
ta te tous tout toute tres tu un une votre vos vous y client hier demain

aby ale az bardzo bez bo by byc byl byla bylo czy co cos czemu czyli dla do dobrze dobry dzien dni dnia dziekuje dzis
dzisiaj gdy gdzie go i ich im ja jak jaka jaki jakie je jednak jego jej jesli jest jestem jeszcze juz kazdy kiedy kto
ktora ktore ktory lub ma mam mamy mi mnie moge moj moja moje mozna moze musi my na nad nam nas nasz nawet nic nie
niech niz no o od on ona oni oraz pan pani panem panstwa panstwo po pod podczas pozdrawiam powazaniem prosze przed
przez przy raz sa sam sie skad sobie sprawie sprawa ta tak taka taki tam te tego tej temu ten teraz tez to tu ty tych
tydzien tylko tym u w wam was wczoraj wiec wszystko z za zawsze ze zeby znow znowu jutro klient klientka klienta godz

alla allt an annan att av bara ber bli blir blev da dag dagar dem den denna deras det detta dig din dina ditt dom du
efter ej eller en er era ert ett fick fin finns for fore fran fram fraga ga gar gick gjort god goddag gor gora ha hade
han har hej hela helst hon hos hur halsning halsningar i idag igen in inga ingen inget inte ja jag kan kanske kl kom
kommer kunde kund kunna lite man med mellan men mer mig min mina mitt mot mvh mycket na nagon nagot nar nej ni nog nu
nya och ocksa om oss pa redan sa sade sagt samma sedan ser ska skall skulle som sig sin sina sist ta tack till tva
under upp ut utan vad var vara varit varfor vi vid vill vilken vanliga vecka veckan aer ar at aven over imorgon igar
kunden
"""
SILENT = frozenset(_SILENT.split())
"""Words of English, Italian, French, Polish and Swedish that do not tell what a text is about."""

TOPICS: Mapping[str, str] = {
    "internet": """
        internet wifi wi-fi wlan broadband bband router modem fibre fiber fibra swiatlowod bredband bredbandet
        routern hastighet speed mbit mbps mbit/s ping predkosc lacze lacza lacznosc laczem connessione connexion
        debit box ont sync resync resyncs rete uppkoppling uppkopplingen natet
    """,
    "tv": """
        tv telewizja telewizji televisione television teve kanal kanaly kanalow kanaler kanalerna channel channels
        canale canali chaine chaines decoder dekoder dekodera decodeur box-tv picture obraz obrazu immagine image
        bilden satelita antenna programy
    """,
    "telephone": """
        landline telefon telefonen telefonu telefonie telefonia telefono telephone handset dial tone dial-tone
        crackle crackling crackles trzaski trzeszczy sygnal stacjonarny fisso fruscio fixe gresillement fast brus
    """,
    "money": """
        bill bills billed invoice invoices charge charged charges overcharged payment pay paid refund debit reminder
        arrears faktura faktury fakture fakturze fakturan fakturor rachunek rachunku oplata oplaty zaplata
        zaplacilem zaplacilam naleznosc korekta korekty zwrot wezwanie bolletta bollette fattura fatture addebito
        addebitato addebitata addebiti pagamento pagato rimborso sollecito facture factures facturation prelevement
        remboursement paiement avgift avgiften avgifter debiterad debiterats debiterat debitering betalning betalat
        betalt aterbetalning paminnelse kredit roaming
    """,
    "installation": """
        installation install installed installer instalacja instalacji instalacje montaz montazu podlaczenie
        podlaczenia installazione installatore installera installeras activation aktywacja aktywacji attivazione
    """,
    "moving": """
        move moving moved house przeprowadzka przeprowadzki przeprowadzam przeprowadzke przeniesienie trasloco
        trasferimento demenagement demenage flytt flytten flyttar flytta flyttade
    """,
    "contract": """
        contract contracts tariff renewal renew cancel cancellation leave leaving notice umowa umowy umowe
        wypowiedzenie rezygnacja rezygnacji przedluzenie oferta oferty contratto contratti disdetta recesso rinnovo
        offerta contrat resiliation avtal avtalet uppsagning bindningstid erbjudande porting port numer numeru
    """,
    "data": """
        gdpr rodo dsar personal dane danych osobowych osobowe personuppgifter dati personali donnees
    """,
    "account": """
        password passwords login log-in locked account online-account haslo hasla logowanie zalogowac konto konta
        zablokowane accesso entrare credenziali losenord inloggning logga inlogg mot-de-passe identifiant
    """,
    "bank": """
        iban bank banca bankkonto conto corrente autogiro direct-debit mandate rachunek-bankowy rib
    """,
}
"""Words of the same five languages that tell what a text speaks of, by topic."""

AGAIN = (
    "still ", "again", "nobody", "no one", "as promised", "promised", "second time", "third time", "third call",
    "chasing", "no call back", "did not come", "didn't come", "nessuno", "di nuovo", "promess", "sollecit", "terza",
    "seconda volta", "non e venuto", "nikt", "znowu", "nadal", "obieca", "ponagl", "trzeci", "drugi raz",
    "nie przyszedl", "nie pojawil", "ingen har", "ingen kom", "ingen ringde", "fortfarande", "jagat", "lovat",
    "lovade", "tredje", "andra gangen", "paminn", "personne n", "toujours pas", "promis", "relance", "troisieme",
    "deuxieme fois", "n'est pas venu",
)  # fmt: skip
"""How people ask again: nobody came, still nothing, the third time; beginnings of words among them."""
