"""The rule packs in words, for the terminal."""

from __future__ import annotations

import textwrap

from ..audit.profile_evidence import TABLES
from ..audit.profile_packs import pack_named, packs
from .view_profiles import status_line
from .wording import say

WIDTH = 100


def listing() -> str:
    """List all packs: id, status, date, name.

    Examples
    --------
    >>> listing().splitlines()[0].split()[0]
    'colorado-10-1-1'
    """
    found = packs()
    widest = max(map(len, found))
    states = {name: say(f"profiles.status.{pack.status}") for name, pack in found.items()}
    broad = max(map(len, states.values()))
    lines = [
        f"{name:<{widest}}  {states[name]:<{broad}}  {pack.status_date}  {pack.name}"
        for name, pack in found.items()
    ]
    return "\n".join([*lines, "", say("profiles.listing.more"), say("profiles.listing.dated")])


def explanation(name: str) -> str:
    """Explain one pack.

    Raises
    ------
    SettingsError
        There is none of this name.

    Examples
    --------
    >>> explanation("nyc-ll144").splitlines()[2]
    'In force (New York City, USA), 2023-07-05: enforced since this day. Pack 2026.1, dated 2026-10-31.'
    """
    pack = pack_named(name)
    blocks = [
        (pack.name,),
        (status_line(pack),),
        (say("profiles.asks", id=pack.id), *(f"{ask.text} ({ask.cites})" for ask in pack.asks)),
        (
            say("profiles.options"),
            *(
                f"{TABLES[pack.method]}.{key} = {one.default:g}: {one.meaning}"
                for key, one in pack.options.items()
            ),
        ),
        (say("profiles.not_covered"), *pack.not_covered),
        (say("profiles.uncertain"), *pack.uncertain),
        (
            say("profiles.listing.sources"),
            *(say("profiles.source", name=item.name, cites=item.cites) for item in pack.sources),
        ),
        (pack.no_advice,),
    ]
    shown = [
        block for place, block in enumerate(blocks) if len(block) > 1 or place in (0, 1, len(blocks) - 1)
    ]
    return "\n\n".join("\n".join([_wrapped(block[0]), *map(_item, block[1:])]) for block in shown)


def _wrapped(text: str) -> str:
    return textwrap.fill(text, WIDTH)


def _item(text: str) -> str:
    return textwrap.fill(text, WIDTH, initial_indent="  - ", subsequent_indent="    ")
