"""`cordboard outage words`: what customers are told of one outage, printed."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import UTC, datetime

from backends.port import Backend
from backends.records import Operator, Outage
from console.cli import codes, options
from console.cli.lookup import Brands, brands
from console.cli.setting import Setting
from console.data.texts import Texts, texts_of
from console.i18n import N_, _
from console.present.outage_texts import Kind, concerns, text_of, voice_of, with_towns

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


def _operator(outage: Outage, brand: Brands) -> Operator | None:
    """Return in whose name is spoken: the one asked for, else the first that it hits; several say nobody's."""
    theirs = [
        one for key, one in brand.by_key.items()
        if (not brand.chosen or key in brand.chosen)
        and concerns(outage, one)
    ]  # fmt: skip
    return theirs[0] if theirs else None


def _languages(asked: list[str], texts: Texts, operator: Operator | None) -> tuple[str, ...]:
    if unknown := [one for one in asked if one not in texts.languages]:
        says = _('there are no texts in "{language}"; known: {known}')
        raise codes.Stop(says.format(language=unknown[0], known=", ".join(texts.languages)), codes.USAGE)
    first = (operator.language,) if operator and operator.language in texts.languages else ()
    return tuple(dict.fromkeys(asked or (*first, *texts.languages)))


async def towns_of(
    backend: Backend, outage: Outage, operator: Operator | None, brand: Brands, setting: Setting
) -> Sequence[str]:
    """Return the towns where an operator's customers are hit, most first; none where the records cannot be listed."""
    from console.desk.desk import Desk, agent_for
    from console.desk.restoring import affected

    desk = Desk(backend, agent_for(setting.actor), setting.zone, operators=brand.by_key)
    desk.operator_keys = frozenset({operator.key}) if operator else brand.chosen
    return (await affected(desk, outage)).towns


async def words(backend: Backend, outage: Outage, args: argparse.Namespace, setting: Setting) -> int:
    """Print the texts of an outage: for people under headings, for programs as rows of language, kind and text."""
    brand = await brands(backend, setting, args.operator)
    operator = _operator(outage, brand)
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
