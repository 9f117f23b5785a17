"""The icons, which are Tabler's files."""

from functools import cache
from xml.etree import ElementTree

from django.conf import settings
from django.utils.safestring import SafeString, mark_safe

ICONS = settings.BASE_DIR / "static" / "vendor" / "tabler-icons"
NAMESPACE = "{http://www.w3.org/2000/svg}"


@cache
def icon(name: str, extra_class: str = "") -> SafeString:
    """Return the Tabler icon `name` as decoration. Its meaning must be in words beside it or in an aria-label."""
    drawing = ElementTree.parse(ICONS / f"{name}.svg").getroot()  # noqa: S314 - our own files
    # What all icons have in common stands in static/css/base.css: a list has hundreds.
    about = {"viewBox": drawing.attrib["viewBox"], "width": "24", "height": "24", "aria-hidden": "true"}
    svg = ElementTree.Element("svg", about | {"class": f"icon icon-{name} {extra_class}".strip()})
    for part in drawing:
        if part.get("stroke") != "none":
            svg.append(ElementTree.Element(part.tag.removeprefix(NAMESPACE), part.attrib))
    return mark_safe(ElementTree.tostring(svg, encoding="unicode"))  # noqa: S308 - our own files
