"""Licences as other programs want them: an SPDX id or web address in, a web address or a short id out."""

from __future__ import annotations

import re

_CC = re.compile(r"^cc-by(?:-(?:nc|sa|nd))*-\d\.\d$")
_CC_PAGE = re.compile(r"creativecommons\.org/licenses/([a-z-]+)/(\d\.\d)")
_PAGES = {
    "cc0-1.0": "https://creativecommons.org/publicdomain/zero/1.0/",
    "apache-2.0": "https://www.apache.org/licenses/LICENSE-2.0",
    "mit": "https://opensource.org/license/mit",
    "odbl-1.0": "https://opendatacommons.org/licenses/odbl/1-0/",
    "pddl-1.0": "https://opendatacommons.org/licenses/pddl/1-0/",
    "bsd-3-clause": "https://opensource.org/license/bsd-3-clause",
}
_SHORT = {"odbl-1.0": "odbl", "pddl-1.0": "pddl"}
"""Where a hub's short id is not the SPDX id in lower case."""


def licence_page(text: str) -> str:
    """Give the web address of a licence; a text that is no known id stays as it is.

    Examples
    --------
    >>> licence_page("CC-BY-4.0"), licence_page("ours alone")
    ('https://creativecommons.org/licenses/by/4.0/', 'ours alone')
    """
    name = text.strip().lower().replace(" ", "-")
    if _CC.match(name):
        kind, _, version = name.removeprefix("cc-").rpartition("-")
        return f"https://creativecommons.org/licenses/{kind}/{version}/"
    return _PAGES.get(name, text)


def licence_id(text: str) -> str | None:
    """Give a licence's short id as hubs write it; None where it is not a known one.

    Examples
    --------
    >>> licence_id("https://creativecommons.org/licenses/by/4.0/"), licence_id("MIT"), licence_id("ours")
    ('cc-by-4.0', 'mit', None)
    """
    name = text.strip().lower().replace(" ", "-")
    if found := _CC_PAGE.search(name):
        return f"cc-{found.group(1)}-{found.group(2)}"
    if _CC.match(name):
        return name
    known = {page.lower(): key for key, page in _PAGES.items()}
    key = known.get(text.strip().lower(), name)
    return _SHORT.get(key, key) if key in _PAGES else None
