"""`cordboard outage words`: what customers are told of one outage, printed."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from backends.port import Backend
from backends.records import Operator, Outage
from console.cli import codes, options
from console.cli.lookup import Brands, brands
from console.cli.setting import Setting
from console.data.texts import Texts, texts_of
from console.i18n import N_, _
from console.present.outage_texts import Kind, text_of, voice_of, with_towns
from console.rules.concerned import Concern, with_operators

if TYPE_CHECKING:
    from console.desk.desk import Desk

LABELS = {
    Kind.GREETING: N_("Telephone greeting"),
    Kind.WEB: N_("Web page"),
    Kind.MESSAGE: N_("Message"),
    Kind.SAY: N_("On the telephone"),
}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `outage words` takes."""
    parser.add_argument("reference", metavar="REFERENCE", help=_("the outage's reference"))
    parser.add_argument(
        "--language", action="append", default=[], metavar="CODE", help=_("only in this language; may be repeated")
    )
    options.choosable(parser, "--kind", tuple(Kind), _("only these texts"))
    options.add_operator(parser)
    options.add_json(parser)


def _operator(concern: Concern, brand: Brands, languages: Sequence[str]) -> Operator | None:
    """Return in whose name is spoken: the one asked for, else of those whom it hits the first who speaks as asked.

    Raises Stop where nobody who was asked for is hit, and where nobody knows whom it hits: no customer is greeted in
    the name of an operator who has nothing to do with it.
    """
    theirs = [one for one in concern.operators if not brand.chosen or one.key in brand.chosen]
    if brand.chosen and not theirs and brand.by_key:
        says = _("it hits no customer of {operators}; whom it concerns: {known}")
        asked = ", ".join(sorted(brand.code(key) for key in brand.chosen))
        known = ", ".join(sorted(one.code for one in concern.operators)) or "-"
        raise codes.Stop(says.format(operators=asked, known=known), codes.USAGE)
    if not concern.certain and len(theirs) > 1:
        says = _("whom it hits is not known; name the operator with --operator, one of: {known}")
        raise codes.Stop(says.format(known=", ".join(sorted(one.code for one in theirs))), codes.USAGE)
    return next((one for one in theirs if one.language in languages), theirs[0] if theirs else None)


def _languages(asked: list[str], texts: Texts, operator: Operator | None) -> tuple[str, ...]:
    if unknown := [one for one in asked if one not in texts.languages]:
        says = _('there are no texts in "{language}"; known: {known}')
        raise codes.Stop(says.format(language=unknown[0], known=", ".join(texts.languages)), codes.USAGE)
    first = (operator.language,) if operator and operator.language in texts.languages else ()
    return tuple(dict.fromkeys(asked or (*first, *texts.languages)))


def _desk(backend: Backend, brand: Brands, setting: Setting) -> Desk:
    from console.desk.desk import Desk, agent_for

    return Desk(backend, agent_for(setting.actor), setting.zone, operators=brand.by_key)


async def whom_it_concerns(backend: Backend, outage: Outage, brand: Brands, setting: Setting) -> Concern:
    """Return whose customers an outage concerns, also of operators who were not asked for."""
    from console.desk.restoring import concern_of

    return await concern_of(_desk(backend, brand, setting), outage)


async def towns_of(
    backend: Backend, outage: Outage, operator: Operator | None, brand: Brands, setting: Setting
) -> Sequence[str]:
    """Return the towns where an operator's customers are hit, most first; none where the records cannot be listed."""
    from console.desk.restoring import affected

    desk = _desk(backend, brand, setting)
    desk.operator_keys = frozenset({operator.key}) if operator else brand.chosen
    return (await affected(desk, outage)).towns


async def words(backend: Backend, outage: Outage, args: argparse.Namespace, setting: Setting) -> int:
    """Print the texts of an outage: for people under headings, for programs as rows of language, kind and text."""
    brand = await brands(backend, setting, args.operator)
    concern = await whom_it_concerns(backend, outage, brand, setting)
    operator = _operator(concern, brand, args.language)
    outage = with_operators(outage, concern)
    texts = texts_of(setting.rules.texts_file, operator.code if operator else "")
    if with_towns(outage, ("",)) is not outage:
        outage = with_towns(outage, await towns_of(backend, outage, operator, brand, setting))
    voice = voice_of(operator, texts, datetime.now(UTC), setting.zone, brand.by_key.values())
    kinds = [Kind(one) for one in args.kind] or list(Kind)
    told = {
        language: {kind.value: text_of(outage, kind, language, voice) for kind in kinds}
        for language in _languages(args.language, texts, operator)
    }
    if args.json:
        setting.json(told)
        return codes.OK
    for language, each in told.items():
        for kind, text in each.items():
            if setting.out.tty:
                setting.out.line(f"{_(LABELS[Kind(kind)])} ({language})")
                setting.out.line(f"  {text}")
            else:
                setting.out.row((language, kind, text))
    return codes.OK
