"""The veil where records come from: several sources, an offline copy, the command line; and the table of roles."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backends.areas import Hidden, opened
from backends.errors import Unavailable, Unsupported
from backends.memory import MemoryBackend
from backends.offline import Kept
from backends.outbox import Outbox
from backends.records import Agent, Area, Charge, Money, Role, new_key
from backends.veil import Hides, Veil, VeilOverCopy
from console.cli.output import Writer
from console.cli.setting import Setting
from console.cli.sources import records_of
from console.cli.veiling import Wearer, hides_for, hides_for_token
from console.config_desk import AREAS as CONFIGURED
from console.config_desk import RoleRules
from console.desk.desk import Desk
from console.desk.several import Several
from console.rules.roles import Right, hidden_from, may, rights_of
from tests.several_stage import HELPDESK, Far, operator_in, person_in, put

MONEY = Hides(frozenset({Area.PAYMENT}))
SECRET = "qzfarchargezq"


def _charge(customer_key: str) -> Charge:
    return Charge(new_key(), customer_key, SECRET, Money(4_711, "PLN"), date(2026, 11, 1))


@asynccontextmanager
async def veiled_sources() -> AsyncIterator[tuple[Several, str]]:
    """Give a desk over two veiled stores that know the same person, whose charges only the far one holds."""
    home, far = MemoryBackend(name="own"), Far(name="desk")
    several = Several(Veil(home, lambda: MONEY), {"desk": Veil(far, lambda: MONEY)}, writes={"desk": frozenset()})
    await several.open()
    try:
        mine = await person_in(home, await operator_in(home), "ewa@example.org", "+48601234567", name="Ewa Nowak")
        theirs = await person_in(far, await operator_in(far), "ewa@example.org", "+48601234567", name="Ewa Nowak")
        await put(far, _charge(theirs.key))
        yield several, mine.key
    finally:
        await several.close()


async def test_r41_what_was_open_is_not_remembered_of_any_source() -> None:
    """While open, all sources are read anew; once closed, nothing of it is shown, though the source says no more."""
    async with veiled_sources() as (several, key):
        assert SECRET not in repr(await several.customer_file(key))
        with opened(frozenset({Area.PAYMENT})):
            assert SECRET in repr(await several.customer_file(key))
            assert SECRET in repr(await several.customer_file(key))
        assert SECRET not in repr(await several.timeline(key))
        assert SECRET not in repr(await several.customer_file(key))


async def test_r41_nothing_opens_where_no_source_keeps_the_reason() -> None:
    """A person whom only a helpdesk without a trail knows: refused; kept in the trail once the home knows them."""
    home, far = MemoryBackend(name="own"), Far(name="desk", capabilities=HELPDESK)
    several = Several(Veil(home, lambda: MONEY), {"desk": Veil(far, lambda: MONEY)}, writes={"desk": frozenset()})
    await several.open()
    try:
        theirs = await person_in(far, await operator_in(far), "ewa@example.org", "+48601234567", name="Ewa Nowak")
        (match,) = await several.search("ewa")
        assert match.customer.name == theirs.name
        agent = Agent("", "tec", "Tec", frozenset({Role.TECHNICAL}))
        desk = Desk(several, agent, ZoneInfo("UTC"))
        await desk.open(match.customer.key)
        with pytest.raises(Unsupported):
            await desk.reveal(match.customer.key, frozenset({Area.PAYMENT}), "why")
        assert desk.opened is None
        mine = await person_in(home, await operator_in(home), "ewa@example.org", "+48601234567", name="Ewa Nowak")
        opened_one = await desk.reveal(mine.key, frozenset({Area.PAYMENT}), "asked by the caller")
        assert opened_one.areas == {Area.PAYMENT}
        rows = (await several.audit()).rows
        assert [one.detail for one in rows if one.act == "read"] == ["reveal payment"], "the trail, too, is veiled"
        assert any("asked by the caller" in one.detail for one in (await home.audit()).rows)
    finally:
        await several.close()


async def test_r41_the_offline_copy_keeps_nothing_hidden_nor_what_was_open(tmp_path: Path) -> None:
    """Its file never holds it; and a copy made by a colleague with another role shows none of it to this one."""
    source = Far(name="desk")
    await source.open()
    operator = await operator_in(source)
    customer = await person_in(source, operator, "ewa@example.org")
    await put(source, _charge(customer.key))
    file = tmp_path / "kept.db"

    def on_disk() -> bytes:
        return b"".join(one.read_bytes() for one in tmp_path.iterdir())

    kept = Kept(Veil(source, lambda: MONEY), file, keep=True)
    await kept.open()
    assert SECRET not in repr(await kept.customer_file(customer.key))
    with opened(frozenset({Area.PAYMENT})):
        assert SECRET in repr(await kept.customer_file(customer.key))
    await kept.close()
    assert SECRET.encode() not in on_disk()

    theirs = Kept(source, file, keep=True)
    await theirs.open()
    await theirs.customer_file(customer.key)
    await theirs.close()
    assert SECRET.encode() in on_disk()
    source.failing = Unavailable("away", source="desk")
    copy = VeilOverCopy(Kept(Veil(source, lambda: MONEY), file, keep=True), lambda: MONEY)
    await copy.open()
    try:
        found = await copy.customer_file(customer.key)
        assert found.customer.name == customer.name
        assert SECRET not in repr(found)
        assert isinstance(copy.error, Unavailable)
        assert customer.key in copy.stale_since
    finally:
        await copy.close()


# the command line ---------------------------------------------------------------------------------------------------


def setting_in(folder: Path, config: str = "", **environ: str) -> Setting:
    """Return a setting whose home is `folder`."""
    (folder / "config.toml").write_text(config)
    writer = Writer(sys.stdout)
    return Setting(writer, writer, {"CORDBOARD_HOME": str(folder), "CORDBOARD_AGENT": "hot", **environ})


def test_r41_until_it_is_known_who_works_here_everything_is_hidden(tmp_path: Path) -> None:
    """Then the records' roles count, those of the configuration only for whom they do not know."""
    config = '[profiles.main]\nroles = ["billing"]\n[profiles.main.answering.can]\nhides = ["network"]\n'
    wearer = Wearer(setting_in(tmp_path, config))
    assert wearer.hides().areas == frozenset(Area)
    wearer.learn([Agent("agent:1", "hot", "Hot", frozenset({Role.HOTLINE}))])
    assert wearer.hides().areas == {Area.PAYMENT, Area.DOCUMENTS}
    assert dict(wearer.hides().operators) == {"can": {Area.NETWORK}}
    wearer.learn([Agent("agent:1", "ola", "Ola", frozenset({Role.HOTLINE}))])
    assert wearer.hides().areas == frozenset()


def test_r41_every_source_stands_behind_a_veil(tmp_path: Path) -> None:
    """The embedded store; a far one before its copy and its journal; without a veil only where it is asked for."""
    own = records_of(setting_in(tmp_path))
    assert isinstance(own, Veil)
    assert not isinstance(records_of(setting_in(tmp_path), veil=False), Veil)
    config = (
        '[profiles.main.sources.help]\nurl = "rt+https://helpdesk.example/rt/"\nkeep_offline = true\n'
        '[profiles.main.sources.plain]\nurl = "rt+https://other.example/rt/"\n'
    )
    several = records_of(setting_in(tmp_path, config))
    assert isinstance(several, Several)
    assert isinstance(several.home.backend, Veil)
    copied = several.members["help"].backend
    assert isinstance(copied, Outbox)
    assert isinstance(copied.inner, VeilOverCopy)
    assert isinstance(copied.inner.inner, Kept)
    assert isinstance(copied.inner.inner.inner, Veil)
    plain = several.members["plain"].backend
    assert isinstance(plain, Outbox)
    assert isinstance(plain.inner, Kept)
    assert isinstance(plain.inner.inner, Veil)


def test_r41_tokens_hide_by_their_roles(tmp_path: Path) -> None:
    """A program that signs its own agents in sees what a supervisor sees; one that only watches sees nothing."""
    setting = setting_in(tmp_path, '[profiles.main.answering.can]\nhides = ["documents"]\n')
    assert hides_for_token(setting, {"hotline"}).areas == {Area.PAYMENT, Area.DOCUMENTS}
    assert hides_for_token(setting, {"hotline", "billing"}).areas == frozenset()
    assert hides_for_token(setting, {"system"}).areas == frozenset()
    assert hides_for_token(setting, {"monitor"}).areas == frozenset(Area)
    assert hides_for(setting, frozenset({Role.SUPERVISOR})).operators == {"can": {Area.DOCUMENTS}}


# the table ----------------------------------------------------------------------------------------------------------

ROLES = st.frozensets(st.sampled_from(Role), min_size=1)


@given(ROLES, ROLES)
def test_r41_a_further_role_never_hides_nor_forbids_more(some: frozenset[Role], more: frozenset[Role]) -> None:
    """Who has several roles sees what one of them sees, and may what one of them may."""
    assert hidden_from(some | more) <= hidden_from(some)
    assert rights_of(some | more) >= rights_of(some)
    assert hidden_from(some) == frozenset(Area).intersection(*(hidden_from({one}) for one in some))


def test_r41_a_desk_lays_its_own_table_over_the_shipped_one() -> None:
    """In place of it, or added to it with `shipped`; an empty list hides nothing, and leaves nothing but reading."""
    says = {
        "hotline": RoleRules(hides=("network",), may=("write",)),
        "desk": RoleRules(hides=("shipped", "documents"), may=("shipped", "hold_decide")),
        "advisor": RoleRules(hides=(), may=()),
    }
    assert hidden_from({Role.HOTLINE}, says) == {Area.NETWORK}
    assert rights_of({Role.HOTLINE}, says) == {Right.WRITE}
    assert hidden_from({Role.DESK}, says) == {Area.DOCUMENTS}
    assert rights_of({Role.DESK}, says) == rights_of({Role.DESK}) | {Right.HOLD_DECIDE}
    assert hidden_from({Role.ADVISOR}, says) == frozenset()
    assert rights_of({Role.ADVISOR}, says) == frozenset()
    assert hidden_from({Role.HOTLINE}, {"hotline": RoleRules()}) == hidden_from({Role.HOTLINE})
    assert not may({Role.HOTLINE}, Right.REPLY, says)


def test_r41_the_shipped_table() -> None:
    """A hotline is another company: it reveals nothing. Who hides nothing sees everything."""
    assert hidden_from({Role.HOTLINE}) == hidden_from({Role.TECHNICAL}) == {Area.PAYMENT, Area.DOCUMENTS}
    assert hidden_from({Role.ADVISOR}) == frozenset(Area)
    for role in (Role.DESK, Role.BILLING, Role.SUPERVISOR):
        assert hidden_from({role}) == frozenset()
    assert [role for role in Role if not may({role}, Right.REVEAL)] == [Role.HOTLINE]
    assert hidden_from(()) == frozenset(Area), "who has no role sees nothing"


AREAS = st.frozensets(st.sampled_from(Area))


@given(AREAS, st.dictionaries(st.sampled_from(["operator:1", "operator:2"]), AREAS), AREAS)
def test_r41_what_is_opened_is_opened_everywhere_and_nothing_else_is(
    areas: frozenset[Area], operators: dict[str, frozenset[Area]], shown: frozenset[Area]
) -> None:
    """Opening takes exactly the opened areas away, whoever the customer is with."""
    hidden = Hidden(areas, operators)
    for key in ("operator:1", "operator:2", "operator:3"):
        assert hidden.without(shown).of(key) == hidden.of(key) - shown
    for area in Area:
        assert all(area in hidden.of(key) for key in hidden.somewhere(area))
        assert not (hidden.everywhere(area) and hidden.somewhere(area))


def test_the_areas_have_names() -> None:
    """Those of the configuration are those of the records."""

    assert set(CONFIGURED) == {one.value for one in Area}
