"""Tells events that mean revenue: Dreamdata makes stages of them, which take a number, a currency and a person."""

import math

from dreamdata_relay.attribution.reading import Amount, Properties

# What completed sales are called, in the spellings of _spellings.
_SALES = (
    "order completed,order placed,order paid,order confirmed,order updated,order refunded,order cancelled,purchase,"
    "purchased,purchase completed,checkout completed,payment completed,payment succeeded,payment received,invoice paid,"
    "subscription started,subscription created,subscription renewed,subscription upgraded,subscription purchased,"
    "deal won,deal closed,closed won,opportunity won,contract signed"
)
# ISO 4217: currencies in use, and funds; no metals, tests or "no currency".
_CODES = """
AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE
CHF CHW CLF CLP CNY COP COU CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD
HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD
MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR
RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH
UGX USD USN UYI UYU UYW UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG
"""
_CURRENCIES = frozenset(_CODES.split())


def _spellings(name: str) -> set[str]:
    """Return the ways in which people write the name of an event."""
    title = name.title()
    joined = {form.replace(" ", mark) for form in (name, title, name.upper()) for mark in " _-.:"}
    return {*joined, name.capitalize(), title.replace(" ", ""), name[0] + title.replace(" ", "")[1:]}


_NAMES = frozenset(way for name in _SALES.split(",") for way in _spellings(name))


def is_stage(name: str | None, properties: Properties) -> bool:
    """Whether a track means revenue: by a member of its properties, or by its name."""
    if (
        properties.revenue is not None
        or properties.stageValue is not None
        or properties.stageId is not None
        or properties.stageName is not None
    ):
        return True
    return name in _NAMES


def has_value(properties: Properties) -> bool:
    """Whether there is a number."""
    given = (properties.stageValue, properties.revenue, properties.total, properties.value, properties.amount)
    return any(map(_is_number, given))


def is_currency(code: str | None) -> bool:
    """Whether ``code`` is one of ISO 4217."""
    return code in _CURRENCIES


def _is_number(given: Amount) -> bool:
    return type(given) is int or (type(given) is float and math.isfinite(given))
