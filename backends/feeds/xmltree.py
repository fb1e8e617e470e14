"""XML from strangers: no document type, no entities, nothing fetched, a limit on elements; names without namespace."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from backends.errors import Unavailable

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

SIZE_LIMIT = 4 * 1024 * 1024
"""Bytes of one document."""
ELEMENT_LIMIT = 100_000
"""Tags of one document, counted before it is parsed: a million empty elements would take 100 MB."""


def tree(content: bytes, source: str = "") -> Element:
    """Return the root of a document; raises Unavailable for what is no XML or what only an attacker would send."""
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import ParseError, fromstring

    why = ""
    if len(content) > SIZE_LIMIT:
        why = f"longer than {SIZE_LIMIT} bytes"
    elif content.count(b"<") > 2 * ELEMENT_LIMIT:
        why = f"more than {ELEMENT_LIMIT} elements"
    else:
        try:
            root: Element = fromstring(content, forbid_dtd=True, forbid_entities=True, forbid_external=True)
            return root
        except DefusedXmlException as error:
            why = f"a document type or entities ({type(error).__name__})"
        except ParseError as error:
            why = f"not well-formed (line {error.position[0]}, column {error.position[1]})"
        except (ValueError, LookupError):  # an encoding that nobody knows
            why = "in an unknown encoding"
    raise Unavailable(f"the answer is no usable XML: {why}", source=source)


def local(element: Element) -> str:
    """Return the element's name without its namespace, in lower case; comments have none."""
    tag: object = element.tag
    return tag.rpartition("}")[2].lower() if isinstance(tag, str) else ""


def children(element: Element, name: str) -> Iterator[Element]:
    """Yield the children with this local name."""
    return (child for child in element if local(child) == name)


def text_of(element: Element, name: str) -> str:
    """Return the text of the first child with this local name, empty when there is none; markup inside is dropped."""
    for child in children(element, name):
        return "".join(child.itertext()).strip()
    return ""
