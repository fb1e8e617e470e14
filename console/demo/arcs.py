"""The stories that can happen to a customer, without their words."""

from __future__ import annotations

from backends.records import DisputeState, Holder, Outcome, Priority, PromiseKind, TicketKind, VisitState
from console.demo.script import (
    Arc,
    Authorised,
    Book,
    Chased,
    Close,
    Disputed,
    Ends,
    Goodwill,
    HandTo,
    Hold,
    Kept,
    Moved,
    Open,
    Promised,
    Renewed,
    Settled,
    Solved,
    Visited,
    Waits,
    call,
    chat,
    fax,
    letter,
    mail,
    note,
    post,
    reply,
    ring,
    sms,
    visit,
    web,
)

_FIRST, _RECOVERED, _COMPOUNDED = Outcome.RIGHT_FIRST_TIME, Outcome.RECOVERED, Outcome.COMPOUNDED
_LINE, _TV = frozenset({"internet"}), frozenset({"tv"})
_ANY = frozenset({"internet", "tv", "telephone"})

FAULTS = (
    Arc("intermittent", TicketKind.FAULT, 10, (
        call("first", 0, "18:20", Open(), HandTo(Holder.TECHNICAL), Promised(1, "18:00", PromiseKind.CALL_BACK)),
        call("second", 2, "09:15", Chased()),
        ring("callback", 2, "15:40", Kept(), Book(2, 8, 12)),
        call("third", 4, "07:50", Chased()),
        visit("visit", 4, "10:30", Visited(VisitState.DONE)),
        ring("check", 7, "16:10", Close(_RECOVERED)),
    ), _LINE),
    Arc("missed", TicketKind.FAULT, 6, (
        call("report", 0, "16:40", Open(), Book(3, 12, 16)),
        visit("noshow", 3, "16:05", Visited(VisitState.MISSED), minutes=(0, 0)),
        call("angry", 3, "16:35", Chased(), Promised(1, "12:00")),
        mail("mail", 3, "21:10"),
        reply("sorry", 4, "09:20", Kept(), Goodwill(50), Book(3, 8, 10)),
        visit("done", 7, "08:40", Visited(VisitState.DONE)),
        call("after", 7, "12:15", Close(_COMPOUNDED), minutes=(1, 4)),
    ), _LINE),
    Arc("slow", TicketKind.FAULT, 7, (
        chat("chat", 0, "20:50", Open(sms=False)),
        mail("measured", 2, "22:15"),
        reply("thanks", 3, "10:05", HandTo(Holder.TECHNICAL), Promised(4, "17:00")),
        note("node", 6, "13:20", Hold(Holder.SUPPLIER)),
        call("again", 9, "19:30", Chased()),
        reply("widened", 14, "11:30", Kept(), Solved()),
        mail("confirmed", 16, "21:00"),
        reply("closing", 17, "09:40", Close(_RECOVERED)),
    ), _LINE),
    Arc("channel", TicketKind.FAULT, 6, (
        call("call", 0, "19:45", Open(sms=False), Close(_FIRST)),
    ), _TV),
    Arc("picture", TicketKind.FAULT, 5, (
        call("call", 0, "20:20", Open(), Book(3, 14, 18)),
        visit("visit", 3, "15:10", Visited(VisitState.DONE), Close(_FIRST)),
        sms("sms", 3, "+40"),
    ), _TV),
    Arc("wifi", TicketKind.FAULT, 9, (
        chat("chat", 0, "21:10", Open(sms=False), Close(_FIRST)),
    ), _LINE, business=False),
    Arc("phone", TicketKind.FAULT, 4, (
        call("crackle", 0, "10:10", Open(), HandTo(Holder.TECHNICAL)),
        ring("test", 1, "11:30", Book(2, 10, 14)),
        visit("visit", 3, "12:20", Visited(VisitState.DONE), Close(_FIRST)),
    ), frozenset({"telephone"})),
    Arc("parent", TicketKind.FAULT, 14, (
        call("daughter", 0, "17:30", Open(Priority.HIGH), HandTo(Holder.TECHNICAL)),
        letter("mandate", 2, "09:20", Authorised(), identity=True),
        reply("noted", 2, "11:15"),
        call("daughter_again", 2, "18:05", Chased(), Book(1, 8, 12)),
        visit("visit", 3, "09:50", Visited(VisitState.DONE)),
        call("thanks", 4, "17:20", Close(_RECOVERED), minutes=(2, 4)),
    ), _LINE, business=False),
    Arc("staticip", TicketKind.CHANGE, 30, (
        mail("ask", 0, "09:30", Open()),
        reply("form", 0, "13:40", Waits()),
        mail("sent", 1, "08:55", HandTo(Holder.TECHNICAL)),
        call("nothing", 4, "10:20", Chased(), Promised(1, "12:00")),
        ring("ready", 5, "10:50", Kept(), Close(_RECOVERED)),
    ), _LINE, business=True),
    Arc("till", TicketKind.FAULT, 30, (
        call("down", 0, "08:25", Open(Priority.URGENT), HandTo(Holder.TECHNICAL), Promised(0, "11:00")),
        ring("engineer", 0, "10:40", Kept(), Book(0, 12, 14)),
        visit("visit", 0, "12:50", Visited(VisitState.DONE)),
        mail("damage", 1, "09:10"),
        reply("credit", 2, "14:20", Goodwill(100), Close(_RECOVERED)),
    ), _LINE, business=True),
)

MONEY = (
    Arc("bill", TicketKind.BILLING, 9, (
        call("call", 0, "11:20", Open(), Disputed(dunning=14)),
        mail("mail", 3, "19:40"),
        note("hold", 4, "09:15", Hold(Holder.BILLING), Settled(DisputeState.ON_HOLD)),
        reply("looking", 4, "09:50", Promised(5, "16:00")),
        reply("credit", 8, "13:10", Kept(), Settled(DisputeState.UPHELD), Goodwill(20), Close(_FIRST)),
    ), _ANY),
    Arc("refused", TicketKind.BILLING, 3, (
        mail("mail", 0, "20:05", Open(), Disputed()),
        reply("explained", 2, "12:00", Settled(DisputeState.REFUSED), Waits()),
        call("call", 5, "15:30", Close(_FIRST)),
    ), _ANY),
    Arc("silence", TicketKind.CHANGE, 6, (
        mail("first", 0, "21:30"),
        mail("second", 5, "20:15"),
        call("call", 8, "12:40", Open(), Promised(1, "16:00")),
        reply("answer", 9, "11:25", Kept(), Close(_RECOVERED)),
    ), _ANY),
    Arc("complaint", TicketKind.COMPLAINT, 4, (
        letter("letter", 0, "11:00", Open(Priority.HIGH, sms=False), identity=True),
        post("receipt", 2, "14:00", Promised(12, "16:00")),
        call("asks", 8, "10:30", Chased()),
        post("answer", 13, "13:30", Kept(), Goodwill(100), Close(_RECOVERED)),
    ), _ANY),
    Arc("reminder", TicketKind.BILLING, 5, (
        sms("sms", 0, "10:00"),
        call("call", 1, "13:15", Open(sms=False), Promised(6, "23:00"), Waits()),
        note("paid", 6, "09:00", Kept(), Close(_FIRST)),
    ), _ANY),
    Arc("fax", TicketKind.CHANGE, 4, (
        fax("fax", 0, "14:50", Open(sms=False), identity=False),
        reply("missing", 1, "09:30", Waits()),
        fax("second", 3, "16:20", identity=True),
        ring("arrived", 6, "10:40", Close(_FIRST)),
    ), _ANY),
    Arc("data", TicketKind.DATA_REQUEST, 1, (
        mail("ask", 0, "22:40", Open(sms=False)),
        reply("identity", 2, "10:00", Waits()),
        mail("proof", 4, "19:00"),
        reply("pack", 12, "12:30", Close(_FIRST)),
    ), _ANY, business=False),
)

SALES = (
    Arc("installation", TicketKind.INSTALLATION, 5, (
        call("order", 0, "12:30", Open(), Book(8, 10, 14), minutes=(8, 18)),
        sms("delay", 7, "15:20", Visited(VisitState.CANCELLED), Hold(Holder.SUPPLIER)),
        call("angry", 7, "17:10", Chased(), Promised(2, "12:00", PromiseKind.CALL_BACK)),
        ring("new", 9, "11:15", Kept(), Book(5, 8, 12)),
        visit("visit", 14, "10:20", Visited(VisitState.DONE), minutes=(60, 150)),
        mail("works", 15, "20:10"),
        reply("welcome", 16, "09:10", Close(_RECOVERED)),
    ), _LINE),
    Arc("smooth", TicketKind.INSTALLATION, 5, (
        web("order", 0, "19:30", Open()),
        ring("confirm", 1, "10:10", Book(6, 12, 16)),
        visit("visit", 7, "13:15", Visited(VisitState.DONE), Close(_FIRST), minutes=(50, 110)),
    ), _LINE),
    Arc("moving", TicketKind.CHANGE, 4, (
        call("call", 0, "15:10", Open(), Book(16, 8, 12), minutes=(6, 14)),
        mail("keys", 9, "21:20"),
        reply("shifted", 10, "10:30", Visited(VisitState.CANCELLED), Book(9, 12, 16)),
        visit("visit", 19, "13:40", Visited(VisitState.DONE), Moved()),
        mail("bill", 27, "18:30"),
        reply("corrected", 28, "12:10", Close(_RECOVERED)),
    ), _LINE),
    Arc("leaving", TicketKind.SALES, 6, (
        call("call", 0, "16:20", Open(sms=False), Promised(2, "18:00", PromiseKind.CALL_BACK)),
        ring("offer", 2, "17:10", Kept(), Waits(), minutes=(6, 14)),
        mail("thinks", 4, "20:50"),
        reply("terms", 5, "09:35"),
        call("stays", 7, "17:40", Renewed(24, 15), Close(_FIRST)),
    ), _ANY),
    Arc("left", TicketKind.SALES, 2, (
        letter("notice", 0, "11:00", Open(sms=False), Ends(), identity=True),
        ring("offer", 3, "17:20", minutes=(3, 8)),
        post("confirmed", 5, "13:00", Close(_FIRST)),
    ), _ANY),
    Arc("porting", TicketKind.CHANGE, 3, (
        call("call", 0, "13:20", Open(), Waits()),
        mail("form", 2, "19:10", Hold(Holder.SUPPLIER)),
        call("when", 8, "12:05", Chased(), Promised(2, "15:00")),
        sms("done", 10, "11:00", Kept(), Solved()),
        call("works", 11, "10:15", Close(_FIRST), minutes=(1, 3)),
    ), frozenset({"telephone"})),
    Arc("renewal", TicketKind.SALES, 6, (
        ring("call", 0, "16:45", Open(sms=False), Waits(), minutes=(4, 9)),
        call("back", 4, "18:10", Renewed(12, 10), Close(_FIRST)),
    ), _ANY),
    Arc("enquiry", TicketKind.SALES, 10, (
        web("form", 0, "20:40", Open(sms=False)),
        ring("call", 1, "11:40", Promised(3, "17:00")),
        reply("offer", 2, "13:30", Kept(), Waits()),
        mail("question", 4, "21:15"),
        reply("answer", 5, "10:20"),
        call("not_yet", 12, "17:30", Close(_FIRST)),
    ), _ANY, prospect=True),
    Arc("noline", TicketKind.SALES, 6, (
        call("call", 0, "14:30", Open(sms=False), Hold(Holder.TECHNICAL), Promised(3, "16:00", PromiseKind.CALL_BACK)),
        ring("sorry", 3, "12:10", Kept(), Close(_FIRST)),
    ), _ANY, prospect=True),
)

ARCS: dict[str, Arc] = {arc.name: arc for arc in (*FAULTS, *MONEY, *SALES)}
"""All stories by name."""
