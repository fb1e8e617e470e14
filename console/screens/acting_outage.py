"""What an agent does about an outage that hits the open customer: one key attaches the caller to it (R26, R27)."""

from __future__ import annotations

from console.desk.acts.attaching import attach
from console.i18n import _
from console.present import results
from console.present.banners import say_words, title_words, why_words
from console.present.labels import plain
from console.rules.attaching import attachable, contacts_about, word_of
from console.rules.coverage import Hit
from console.screens.acting import ActsOnCustomer
from console.screens.picking import PickScreen
from console.words import moment
from widgets.views import ChoiceView, Tone


class ActsOnOutages(ActsOnCustomer):
    """What an agent does about an outage that hits the open customer."""

    def _attachable(self) -> tuple[Hit, ...]:
        return attachable(self.picture.hits, self.now().at) if self.picture is not None else ()

    def act_attach(self) -> None:
        """Attach the caller to the outage that hits them; with several, ask which."""
        hits = self._attachable()
        if len(hits) == 1:
            self._attach_to(hits[0])
        elif hits:
            now = self.now()
            choices = tuple(
                ChoiceView(one.outage.key, results.outage_line(one.outage, now), str(number), why_words(one))
                for number, one in enumerate(hits[:9], start=1)
            )
            self.app.push_screen(PickScreen(_("Which outage is it about?"), choices), self._chosen)

    def act_outages(self) -> None:
        """Show the outages, the cursor on the one that hits this customer."""
        from console.screens.outages import OutagesScreen

        hits = self.picture.hits if self.picture is not None else ()
        self.app.push_screen(OutagesScreen(at=hits[0].outage.key if hits else ""))

    def command_attach(self, words: str) -> None:
        """`:attach O-0012` names the outage."""
        asked = words.strip().casefold()
        found = [one for one in self._attachable() if one.outage.reference.casefold() == asked]
        if found:
            self._attach_to(found[0])
        else:
            self.say(_("No outage “{words}” hits this customer.").format(words=plain(words, 30)), Tone.WARN)

    def _chosen(self, key: str | None) -> None:
        for one in self._attachable():
            if one.outage.key == key:
                self._attach_to(one)

    def _attach_to(self, hit: Hit) -> None:
        """Store the call and the promised word; what is told is what the banner says, in the customer's language."""
        assert self.picture is not None
        outage, file, now = hit.outage, self.picture.file, self.now()
        reference = plain(outage.reference)
        before = word_of(file.promises, outage.key)
        if before is None:
            words = _("Attached to {reference}: word when it is over.").format(reference=reference)
        else:
            count = contacts_about(file.recent_inbound, before) + 1
            when = moment(before.made_at, now.at, now.zone, short=True)
            words = _("Attached to {reference} since {when}: contact {n} about it.")
            words = words.format(reference=reference, when=when, n=count)
        told = say_words(outage, now, file.customer.language, file.customer.operator_key)
        subject = plain(f"{reference} {title_words(outage)}", 120)
        self.try_to_do(lambda: attach(self.scene(), hit, told=told, subject=subject), "attach", reference, words)
