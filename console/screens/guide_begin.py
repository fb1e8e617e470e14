"""Beginning a guide, for the open customer or for a caller not known yet; and what follows when it is stored."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import TYPE_CHECKING

from backends.records import CallRoute, Operator
from console.config_desk import Answering
from console.data import DataError
from console.data.clocks import policies
from console.data.guides import Guides, load
from console.desk.acts.guided import stranger
from console.desk.acts.scene import Scene
from console.desk.desk import Deed, Desk
from console.desk.picture import parents_of
from console.i18n import _, current_language
from console.present.guide import guide_choices
from console.present.labels import plain
from console.rules.clocks import zone_of
from console.rules.guides import Guide, fitting
from console.screens.guide import ACTION, GuideScreen, person_of, ticket_of
from console.screens.guiding import Guiding
from console.screens.picking import PickScreen
from widgets.views import ChoiceView, Tone

if TYPE_CHECKING:
    from console.app import Cordboard
    from console.screens.acting_guide import ActsByGuide


def known_guides(app: Cordboard) -> Guides | None:
    """Return the guides of this desk; None, with words to the agent, where a shared file of them is wrong."""
    folder = app.desk.rules.guides_folder
    try:
        return load(str(folder) if folder is not None else "")
    except (DataError, OSError) as error:
        app.say(_("The guides cannot be read: {why}").format(why=plain(str(error), 200)), Tone.BAD)
        return None


def _answering(app: Cordboard, operator: Operator) -> Answering:
    return app.desk.rules.answering_for(operator.code)


def _offered(app: Cordboard, guides: Guides, operator: Operator) -> tuple[Guide, ...]:
    if guides.faults:
        words = _("A guide is left out because of a mistake in it: {where}")
        app.say(words.format(where=plain(str(guides.faults[0]), 160)), Tone.WARN)
    return fitting(guides.guides, operator.code, _answering(app, operator).script)


def _begun(app: Cordboard, customer_key: str) -> dict[str, int]:
    """Return how many answers are kept of each guide that was begun for this customer."""
    drafts = [one for one in app.local.drafts() if one.customer_key == customer_key and one.action == ACTION]
    return {one.subject: len(one.answers.get("_trail", "").split(",")) for one in drafts}


# for the open customer ------------------------------------------------------------------------------------------------


def begin_for(screen: ActsByGuide) -> None:
    """Choose a guide for the open customer, then go through it."""
    app, picture = screen.console_app, screen.picture
    guides = known_guides(app)
    if guides is None or picture is None:
        return
    offered = _offered(app, guides, picture.file.operator)

    def chosen(code: str | None) -> None:
        guide = guides.named(code or "")
        if guide is not None:
            open_for(screen, guide, guides)

    _choose(app, offered, _begun(app, screen.key), chosen)


def _choose(app: Cordboard, offered: Sequence[Guide], begun: dict[str, int], chosen: object) -> None:
    assert callable(chosen)
    if not offered:
        app.say(_("There is no guide for this operator."), Tone.WARN)
    else:
        choices = guide_choices(offered, current_language(), begun)
        app.push_screen(PickScreen(_("What is it about?"), choices), chosen)


def open_for(screen: ActsByGuide, guide: Guide, guides: Guides, words: str = "") -> None:
    """Go through a guide with the open customer, from its draft where there is one."""
    app, picture = screen.console_app, screen.picture
    assert picture is not None
    operator = picture.file.operator
    going = Guiding(
        guide=guide,
        operator=operator,
        scene=screen.scene,
        outages=lambda: app.outages,
        policies=policies(app.desk.rules.clocks_file),
        technical=_answering(app, operator).technical,
        greeting=guides.greeting,
        parents=parents_of(operator),
    )

    def stored(deed: Deed | None) -> None:
        if deed is not None:
            screen.script_stored(deed)

    call = app.phone.call_for(screen.key)
    app.push_screen(GuideScreen(going, screen.key, guide.id, words, call=call), stored)


def resume_for(screen: ActsByGuide, guide_id: str, words: str = "") -> None:
    """Go on with a guide of the open customer where it was left; nothing happens when there is no such guide."""
    guides = known_guides(screen.console_app)
    guide = guides.named(guide_id) if guides is not None else None
    if guides is not None and guide is not None and screen.picture is not None:
        open_for(screen, guide, guides, words)


# for somebody who is not known ----------------------------------------------------------------------------------------


def begin(
    app: Cordboard, *, operator_key: str = "", phone: str = "", name: str = "", route: CallRoute | None = None
) -> None:
    """Go through a guide with somebody who is not open: they are taken in by it, as a prospect (R18).

    The operator is that of the number dialled, else the only one, else chosen. `phone` and `name` are what the
    exchange told; both are proposed where they are asked (R35). Without them the call that rings is asked.
    """
    desk = app.desk
    call = app.phone.call
    if call is not None and call.live and not call.customer_key and not (phone or name or operator_key):
        operator_key, name, route = call.operator_key, call.name, call.route()
        phone = call.number if call.dialable else ""
    mine = [one for one in desk.operators.values() if not desk.operator_keys or one.key in desk.operator_keys]
    known = desk.operators.get(operator_key)

    def with_operator(key: str | None) -> None:
        operator = desk.operators.get(key or "")
        if operator is not None:
            _choose_for(app, operator, phone, name, route)

    if known is not None or len(mine) == 1:
        with_operator(known.key if known is not None else mine[0].key)
    elif not mine:
        app.say(_("No operator is known here yet: its source was never reached from this computer."), Tone.WARN)
    else:
        choices = tuple(ChoiceView(one.key, plain(one.name, 40), _key(place)) for place, one in enumerate(mine))
        app.push_screen(PickScreen(_("For which operator is the call?"), choices), with_operator)


def _key(place: int) -> str:
    return str(place + 1) if place < 9 else ""


def _choose_for(app: Cordboard, operator: Operator, phone: str, name: str, route: CallRoute | None) -> None:
    guides = known_guides(app)
    if guides is None:
        return

    def chosen(code: str | None) -> None:
        guide = guides.named(code or "")
        if guide is not None:
            subject = f"{guide.id}:{operator.code}:{secrets.token_hex(4)}"
            _open_stranger(app, guide, guides, operator, subject, phone=phone, name=name, route=route)

    _choose(app, _offered(app, guides, operator), {}, chosen)


def _open_stranger(
    app: Cordboard, guide: Guide, guides: Guides, operator: Operator, subject: str, *,
    phone: str = "", name: str = "", route: CallRoute | None = None, words: str = "",
) -> None:  # fmt: skip
    desk = app.desk
    going = Guiding(
        guide=guide,
        operator=operator,
        scene=lambda: scene_without(desk, operator),
        outages=lambda: app.outages,
        policies=policies(desk.rules.clocks_file),
        known_customer=False,
        technical=_answering(app, operator).technical,
        greeting=guides.greeting,
        caller_steps=guides.caller,
        parents=parents_of(operator),
        route=route,
        phone=phone,
        name=name,
    )

    def stored(deed: Deed | None) -> None:
        if deed is not None:
            app.run_worker(_open_new(app, deed), group="after", exit_on_error=False)

    call = app.phone.call
    call = call if call is not None and not call.customer_key and not call.noted else None
    app.push_screen(GuideScreen(going, "", subject, words, call=call), stored)


def scene_without(desk: Desk, operator: Operator) -> Scene:
    """Return what an act starts from while nobody is open."""
    now = desk.clock()
    return Scene(stranger({}, operator, now), desk.agent, now, zone_of(operator), desk.language)


async def _open_new(app: Cordboard, deed: Deed) -> None:
    """Open who was taken in, and read out the number of their case (R34)."""
    from console.screens.acting_guide import ActsByGuide

    key, ticket = person_of(deed), ticket_of(deed)
    if not key:
        return
    await app.open_customer(key, at=f"ticket:{ticket.key}" if ticket is not None else "").wait()
    screen = app.base_screen()
    if isinstance(screen, ActsByGuide) and screen.key == key:
        screen.script_stored(deed)


def resume(app: Cordboard, subject: str, words: str = "") -> bool:
    """Go on with a guide of somebody who is not stored yet; False when its guide or operator is not here any more."""
    guide_id, _colon, rest = subject.partition(":")
    code = rest.partition(":")[0]
    guides = known_guides(app)
    guide = guides.named(guide_id) if guides is not None else None
    operator = next((one for one in app.desk.operators.values() if one.code == code), None)
    if guides is None or guide is None or operator is None:
        return False
    _open_stranger(app, guide, guides, operator, subject, words=words)
    return True
