"""Guesses which column tells who, which company, when and what, from names and contents."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from relay_cli.history import values
from relay_cli.history.sketch.guessing import Guess

# The first name that fits names the member; dots make objects.
_TRAITS = (
    (r"e ?mail( address)?|mail", "email"), (r"first ?name|given ?name|vorname|fornavn", "firstName"),
    (r"last ?name|family ?name|surname|nachname|efternavn", "lastName"), (r"(full ?)?name|contact( name)?", "name"),
    (r"(mobile |work )?phone( number)?|mobile|telefon|telephone", "phone"),
    (r"(job ?)?title|position|role|jobtitel", "title"), (r"website|url|web ?site", "website"),
    (r"((primary|associated) )*(company|organi[sz]ation|account|firma|virksomhed)( name)?", "company"),
    (r"street( address)?|address( 1| line 1)?", "address.street"), (r"city|town|ort|by", "address.city"),
    (r"(state|region|province)( code)?", "address.state"),
    (r"(post|postal|zip)( ?code)?|postcode|plz", "address.postalCode"),
    (r"country( code)?|land", "address.country"),
)  # fmt: skip
_NUMBER = r" ?(id|no|nr|number|nummer)"
_USER_IDS = (
    r"user ?id",
    r"(contact|customer|person|lead|client|member|subscriber|kunde|kunden|debitor) ?(id|no|nr|number|nummer)",
)
_GROUP_IDS = (
    r"((primary|associated) )*(company|account|organi[sz]ation|org|group|workspace|firma|tenant)" + _NUMBER,
    r"(company )?domain",
)
_THINGS = (
    (r"invoice|faktura|rechnung", "Invoice Created"), (r"payment|zahlung|betaling", "Payment Received"),
    (r"subscription|abonnement", "Subscription Created"), (r"deal|opportunity", "Deal Created"),
    (r"order|bestellung|ordre", "Order Placed"), (r"transaction", "Transaction Made"),
    (r"meeting|booking|termin", "Meeting Booked"), (r"ticket|case\b", "Ticket Opened"), (r"event", "Event Imported"),
)  # fmt: skip
# Of people there may be a revenue, too.
_SUMS, _SOMETHING = re.compile(r"amount|total|price|revenue|betrag|beløb|umsatz"), "Record Imported"
_THING_IDS = re.compile(r"\b(?:id|no|nr|number|nummer)\b")
_DATES_OF_PEOPLE = re.compile(r"creat|sign|regist|first|since|erstellt|oprettet")
_DATES_OF_THINGS = re.compile(r"paid|clos|invoice|order|date|datum|dato|payment|rechnung|faktura|booked|at$")


@dataclass(slots=True)
class Roles:
    """Columns by their purpose; the values of ``person`` and ``thing`` become traits and properties."""

    user: str = ""
    group: str = ""
    unique: str = ""
    person_time: str = ""
    thing_time: str = ""
    event: str = ""
    person: dict[str, str] = field(default_factory=dict)
    thing: dict[str, str] = field(default_factory=dict)


def words_of(name: str) -> str:
    """Return the name in words: lower case, with single blanks."""
    apart = re.sub(r"(?<=[a-zæøåäöü0-9])(?=[A-ZÆØÅÄÖÜ])", " ", name)
    return " ".join(re.findall(r"\w+", apart.replace("_", " ").casefold()))


def member_of(name: str) -> str:
    """Return the name in the spelling of event members."""
    letters = name.replace("ø", "o").replace("Ø", "O").replace("æ", "ae").replace("ß", "ss").replace("å", "a")
    plain = unicodedata.normalize("NFKD", letters).encode("ascii", "ignore").decode()
    first, *rest = words_of(plain).split() or ["value"]
    return first + "".join(word.capitalize() for word in rest)


def roles_of(guesses: Mapping[str, Guess], emails: Sequence[str]) -> Roles:
    """Return the purpose of each column; ``emails`` are those that hold addresses."""
    found, words = Roles(), {name: words_of(name) for name in guesses}
    names = [*guesses]
    times = [name for name in names if guesses[name].type == values.TIMESTAMP]
    found.user = _first(names, words, _USER_IDS) or (emails[0] if emails else "")
    found.group = _first(names, words, _GROUP_IDS)
    found.event = _event(words)
    unique = [
        name
        for name in names
        if guesses[name].is_unique and guesses[name].type not in (values.DECIMAL, values.TIMESTAMP)
    ]
    found.unique = next((name for name in unique if _THING_IDS.search(words[name])), "") or next(
        (name for name in unique if name == found.user), ""
    )
    if not found.user:
        found.user = found.unique or (names[0] if names else "")
    found.thing_time = _time(times, words, _DATES_OF_THINGS, guesses) if found.event else ""
    others = [name for name in times if name != found.thing_time] or times
    found.person_time = _time(others, words, _DATES_OF_PEOPLE, guesses)
    _share_out(found, names, words, guesses, emails)
    return found


def _event(words: Mapping[str, str]) -> str:
    """Return what the records describe besides people, if anything."""
    for sign, event in _THINGS:
        if any(re.search(sign, text) for text in words.values()):
            return event
    of_people = any(re.fullmatch(sign, text) for sign, _ in _TRAITS[1:3] for text in words.values())
    return _SOMETHING if not of_people and any(map(_SUMS.search, words.values())) else ""


def _share_out(
    found: Roles, names: Sequence[str], words: Mapping[str, str], guesses: Mapping[str, Guess], emails: Sequence[str]
) -> None:
    used = {found.user, found.group, found.thing_time} if found.event else {found.user, found.group, found.person_time}
    for name in names:
        is_person = (
            "email" if name in emails[:1] else next((to for sign, to in _TRAITS if re.fullmatch(sign, words[name])), "")
        )
        if is_person and is_person not in found.person.values():
            found.person[name] = is_person
        elif name not in used and guesses[name].filled:
            side = found.thing if found.event else found.person
            side[name] = _free(member_of(name), side)


def _free(member: str, taken: Mapping[str, str]) -> str:
    count, free = 1, member
    while free in taken.values():
        count += 1
        free = f"{member}{count}"
    return free


def _first(names: Sequence[str], words: Mapping[str, str], signs: Sequence[str]) -> str:
    return next((name for sign in signs for name in names if re.fullmatch(sign, words[name])), "")


def _time(times: Sequence[str], words: Mapping[str, str], sign: re.Pattern[str], guesses: Mapping[str, Guess]) -> str:
    """Return the time column that most records have."""
    fitting = [name for name in times if sign.search(words[name])] or list(times)
    return max(fitting, key=lambda name: guesses[name].filled, default="")
