"""What an agent does about the caller's number: bind it to whom they turned out to be."""

from __future__ import annotations

from collections.abc import Iterable

from console.actions import Need
from console.desk.acts import calls
from console.i18n import _
from console.screens.acting import ActsOnCustomer


class ActsOnCalls(ActsOnCustomer):
    """The part of the customer's screen that knows who is on the line."""

    def there(self) -> Iterable[Need]:
        """Return what this view offers to actions, with the number of whoever is on the line."""
        yield from super().there()
        if self.picture is not None and self.console_app.phone.number_to_bind(self.picture.file.customer):
            yield Need.CALLER

    def act_bind(self) -> None:
        """Note that the caller's number is this customer's."""
        assert self.picture is not None
        number = self.console_app.phone.number_to_bind(self.picture.file.customer)
        if number:
            words = _("{number} is theirs from now on.").format(number=number)
            self.try_to_do(lambda: calls.bind_number(self.scene(), number), "bind", number, words)
