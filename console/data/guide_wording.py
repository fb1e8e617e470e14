"""What is wrong with a guide's file, in words for whoever edits it: what, and what to write instead."""

from __future__ import annotations

from collections.abc import Mapping

from console.i18n import N_, _
from console.rules.guide_conditions import FACTS
from console.rules.guide_faults import Fault
from console.rules.guides import CUSTOMER_FIELDS, PLACES, TICKET_FIELDS

_SAYS: Mapping[str, str] = {
    "unknown_target": N_('leads to a step "{value}" that is not there'),
    "dead_end": N_('is a dead end: say where it goes on with goto = "…", or what comes of it with end = "…"'),
    "nowhere_without": N_("may be passed over, and then nothing follows: add a goto"),
    "never_ends": N_("no way from here comes to an end"),
    "circle": N_("the way from here comes back without a question: it would never end"),
    "unreachable": N_("no way leads to this step"),
    "goes_on": N_("an end asks nothing and leads nowhere: leave out ask, options, answers, branches and goto"),
    "missing_language": N_('the words in "{value}" are missing'),
    "unknown_language": N_('"{value}" is not among the guide\'s languages'),
    "unknown_place": N_("{{{value}}} is neither a step nor one of: {places}"),
    "few_options": N_("a choice needs two options at least"),
    "not_chosen": N_("only a choice, yes-no, line or advice has options and answers"),
    "twice": N_('"{value}" stands here twice'),
    "unknown_answer": N_('"{value}" is none of the answers'),
    "unknown_field": N_('"{value}" cannot be filled; one of: {fields}'),
    "unknown_side": N_('side is "customer" or left out, not "{value}"'),
    "pattern": N_('"{value}" is not a pattern; leave it out when in doubt'),
    "attach_without_outage": N_(
        'hangs the caller on an outage, so it needs when = "outage" and a goto for when there is none'
    ),
    "unknown_step": N_('"{value}" asks for a step that is not there'),
    "lowers_protection": N_(
        'lowers the customer\'s protection, which no guide may do: "{value}"; find the fault with everything left on'
    ),
    "unknown_key": N_('there is no key "{value}"'),
    "not_a_table": N_('"{value}" must be a table'),
    "bad_name": N_('"{value}" is no name for a step: small letters, digits, - and _ only'),
    "no_steps": N_("has no steps; each begins with [steps.its-name]"),
    "unknown_shared": N_('there is no shared step "{value}"'),
    "only_at_end": N_('"{value}" belongs to a step with end = "…"'),
    "bad_branch": N_('a branch is { when = "…", to = "…" }'),
    "bad_condition": N_('cannot be understood: "{value}"; one may ask for: {facts}, answer.<step>'),
    "not_a_text": N_('"{value}" must be a text in quotes'),
    "key_needed": N_('"{value}" is needed'),
    "not_words": N_('"{value}" must be words by language, as in {{ en = "…", it = "…" }}'),
    "too_long": N_("nobody reads out more than {value} letters; make two steps of it"),
    "not_a_list": N_('"{value}" must be a list, as in ["en", "it"]'),
    "not_a_flag": N_('"{value}" is true or false, without quotes'),
    "not_a_number": N_('"{value}" must be a number, without quotes'),
    "unknown_code": N_("unknown: {value}"),
}


def worded(fault: Fault) -> tuple[str, str]:
    """Return where in the file a fault is, and what it says."""
    where = ".".join(part for part in (f"steps.{fault.step}" if fault.step else "", fault.key) if part)
    fields = ", ".join((*TICKET_FIELDS, "detail:<code>", *(f"customer.{one}" for one in CUSTOMER_FIELDS)))
    says = _(_SAYS[fault.code])
    if fault.code == "bad_branch":
        return where, says
    return where, says.format(value=fault.value, places=", ".join(PLACES), fields=fields, facts=", ".join(FACTS))
