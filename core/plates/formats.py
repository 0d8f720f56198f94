"""Every kind of plate seen at a gate: id, names, grammar and layout. Data; nothing here decides.

A grammar is one or more patterns with one symbol per character: `L` is a letter of the format's own set, `A` a letter
that names the area, `D` a digit, `R` a digit of the region code; a lower-case letter stands for itself. Characters are
canonical (`core.plates.canonical`). A two-line plate is read line by line; its upper line has `top` characters. On a
Kazakh one, the region at the left of the lower line is read last, as on a one-line plate.

Sources: GOST R 50577-93 with its amendments and GOST R 50577-2018 for Russia, the registration rules of the other
countries. `weight` is how common a kind is at a gate near Moscow, relative to the others: a prior, never a filter.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

from core.plates.alphabet import CYRILLIC_ONLY, DIGITS, LATIN

RU_LETTERS = "ABEKMHOPCTYX"
"""The twelve letters of Russian plates; they look alike in both scripts."""
SOVIET_LETTERS = RU_LETTERS + CYRILLIC_ONLY
UA_LETTERS = "ABCEHIKMOPTX"
BY_LETTERS = "ABCEHIKMOPTX"
KZ_AREAS = "ABCDEFHKLMNOPRSTUVWXZ"
KG_AREAS = "ABCDEINOSTZ"
"""Kazakhstan (1993) and Kyrgyzstan (1994) had one letter for each region, or two for some."""
UZ_LETTERS = LATIN.replace("I", "")
"""Every Latin letter but I occurs among the 1,472 letters of 500 labelled Uzbek street photographs."""


@dataclass(frozen=True, slots=True)
class PlateFormat:
    """One kind of plate."""

    id: str
    country: str
    """ISO 3166-1 alpha-2; `SU` Soviet, `XA` Abkhazia, `XO` South Ossetia, `XT` Transnistria, `EU` any other European."""
    name_ru: str
    name_en: str
    patterns: tuple[str, ...]
    """A pattern that is several times as common is listed several times."""
    letters: str = RU_LETTERS
    areas: str = ""
    """Letters possible for the area (`A`)."""
    regions: str = ""
    """Key of `core.plates.regions.REGIONS` for the `R` characters; empty = any digits."""
    top: int = 0
    """Characters on the upper line; 0 = the plate has one line."""
    weight: float = 1e-4
    ground: str = "white"
    ink: str = "black"

    @property
    def lines(self) -> int:
        return 2 if self.top else 1

    def symbols(self, slot_class: str) -> str:
        """The characters possible where a pattern has `slot_class`."""
        if slot_class in "DR":
            return DIGITS
        if slot_class == "L":
            return self.letters
        if slot_class == "A":
            return self.areas
        return slot_class.upper()

    def match(self, text: str) -> str | None:
        """The pattern that fits the canonical `text`, or None."""
        for pattern in self.patterns:
            if len(pattern) == len(text) and all(
                char in self.symbols(slot) for char, slot in zip(text, pattern, strict=True)
            ):
                return pattern
        return None


def region_span(pattern: str) -> tuple[int, int] | None:
    """The place of the region code in `pattern`: its first character and one past its last; None without one."""
    start = pattern.find("R")
    return None if start < 0 else (start, start + pattern.count("R"))


def _ru(
    format_id: str,
    name_ru: str,
    name_en: str,
    stem: str,
    *,
    top: int = 0,
    weight: float = 1e-4,
    ground: str = "white",
    ink: str = "black",
    three: bool = True,
) -> PlateFormat:
    """A Russian format: `stem`, then a region code of two digits or, with `three`, of two or three."""
    patterns = (stem + "RR", stem + "RRR") if three else (stem + "RR",)
    return PlateFormat(
        format_id, "RU", name_ru, name_en, patterns,
        regions="ru", top=top, weight=weight, ground=ground, ink=ink,
    )  # fmt: skip


_RUSSIA = (
    _ru("ru_1", "легковые, грузовые, автобусы (тип 1)", "cars, trucks, buses (type 1)", "LDDDLL", weight=0.90),
    _ru("ru_1a", "двухстрочный автомобильный (тип 1А)", "two-line car (type 1A)", "LDDDLL", top=4, weight=0.01),
    _ru("ru_1b", "такси и автобусы (тип 1Б)", "taxi and bus (type 1B)", "LLDDD", weight=0.01, ground="yellow"),
    _ru("ru_2", "прицепы (тип 2)", "trailers (type 2)", "LLDDDD", weight=0.01),
    _ru("ru_3", "тракторы и самоходные машины (тип 3)", "tractors (type 3)", "DDDDLL", top=4, weight=1e-3),
    _ru("ru_4", "мотоциклы (тип 4)", "motorcycles (type 4)", "DDDDLL", top=4, weight=2e-3),
    _ru("ru_4a", "внедорожные мототранспортные (тип 4А)", "off-road motor vehicles (type 4A)", "DDDDLL", top=4),
    _ru("ru_4b", "мопеды (тип 4Б)", "mopeds (type 4B)", "LLDDLL", top=4, weight=3e-4),
    _ru("ru_5", "военные автомобили (тип 5)", "military cars (type 5)", "DDDDLL", weight=1e-3, ground="black", ink="white"),
    _ru("ru_6", "военные прицепы (тип 6)", "military trailers (type 6)", "LLDDDD", ground="black", ink="white"),
    _ru("ru_7", "военные мотоциклы (тип 7)", "military motorcycles (type 7)", "DDDDLL", top=4, ground="black", ink="white"),
    _ru("ru_8", "военные тракторы (тип 8)", "military tractors (type 8)", "DDDDLL", top=4, ground="black", ink="white"),
    _ru("ru_9", "главы дипломатических миссий (тип 9, CD)", "heads of missions (type 9, CD)", "DDDcdD", weight=3e-4, ground="red", ink="white"),
    _ru("ru_10d", "дипломатические (тип 10, D)", "diplomatic (type 10, D)", "DDDdDDD", weight=5e-4, ground="red", ink="white"),
    _ru("ru_10t", "сотрудники миссий (тип 10, T)", "staff of missions (type 10, T)", "DDDtDDD", weight=3e-4, ground="red", ink="white"),
    PlateFormat(
        "ru_10m", "RU", "дипломатические мотоциклы (2018)", "diplomatic motorcycles (2018)",
        ("DDDdDDRR", "DDDdDDRRR", "DDDtDDRR", "DDDtDDRRR"), regions="ru", top=4, ground="red", ink="white",
    ),
    _ru("ru_15", "транзитные (тип 15)", "transit (type 15)", "LLDDDL", weight=2e-3),
    _ru("ru_19", "выбывающие из России (тип 19, Т)", "leaving Russia (type 19, T)", "tLLDDD", weight=5e-4),
    _ru("ru_20", "полиция, автомобили (тип 20)", "police cars (type 20)", "LDDDD", weight=2e-3, ground="blue", ink="white"),
    _ru("ru_21", "полиция, прицепы (тип 21)", "police trailers (type 21)", "DDDL", ground="blue", ink="white"),
    _ru("ru_22", "полиция, мотоциклы (тип 22)", "police motorcycles (type 22)", "DDDDL", top=4, ground="blue", ink="white"),
    # The 2018 series of old and racing cars are in the standard but hardly issued: the letter stands apart, behind a bar.
    _ru("ru_classic", "классические автомобили (2018, К)", "classic cars (2018, K)", "LLDDDk", three=False),
    _ru("ru_classic_moto", "классические мотоциклы (2018, К)", "classic motorcycles (2018, K)", "LLDDk", top=4, three=False),
    _ru("ru_racing", "спортивные автомобили (2018, С)", "racing cars (2018, C)", "LLDDDc", three=False),
    _ru("ru_racing_moto", "спортивные мотоциклы (2018, С)", "racing motorcycles (2018, C)", "LLDDc", top=4, three=False),
    PlateFormat("ru_dpr", "RU", "ДНР и ЛНР до 2023", "DPR and LPR before 2023", ("LDDDLLdpr", "LDDDLLlpr"), weight=5e-4),
    PlateFormat("su_white", "SU", "СССР, белые (1980)", "Soviet, white (1980)", ("LDDDDLL", "DDDDLLL"), letters=SOVIET_LETTERS, weight=1e-3),
    PlateFormat("su_black", "SU", "СССР, чёрные (1959)", "Soviet, black (1959)", ("DDDDLLL", "LDDDDLL"), letters=SOVIET_LETTERS, weight=5e-4, ground="black", ink="white"),
    PlateFormat("su_moto", "SU", "СССР, мотоциклы", "Soviet motorcycles", ("DDDDLLL",), letters=SOVIET_LETTERS, top=4),
)  # fmt: skip

_NEIGHBOURS = (
    PlateFormat("by_car", "BY", "Беларусь, легковые", "Belarus, cars", ("DDDDLLD",), letters=BY_LETTERS, weight=0.01),
    PlateFormat("by_electric", "BY", "Беларусь, электромобили", "Belarus, electric", ("eDDDLLD",), letters=BY_LETTERS, weight=3e-4),
    PlateFormat("by_truck", "BY", "Беларусь, грузовые", "Belarus, trucks", ("LLDDDDD",), letters=BY_LETTERS, weight=3e-3),
    PlateFormat("by_trailer", "BY", "Беларусь, прицепы", "Belarus, trailers", ("LDDDDLD",), letters=BY_LETTERS, weight=1e-3),
    PlateFormat("by_taxi", "BY", "Беларусь, такси", "Belarus, taxi", ("DtaxDDDD",), letters=BY_LETTERS, weight=2e-4, ground="yellow"),
    PlateFormat("by_square", "BY", "Беларусь, двухстрочные", "Belarus, two-line", ("DDDDLLD",), letters=BY_LETTERS, top=4, weight=3e-4),
    PlateFormat("kz_1993", "KZ", "Казахстан (1993)", "Kazakhstan (1993)", ("ADDDLLL", "ADDDLL", "ADDDDLL"), letters=LATIN, areas=KZ_AREAS, weight=2e-3),
    PlateFormat("kz_2012", "KZ", "Казахстан (2012)", "Kazakhstan (2012)", ("DDDLLLRR", "DDDLLRR"), letters=LATIN, regions="kz", weight=5e-3),
    PlateFormat("kz_2012_square", "KZ", "Казахстан (2012), двухстрочные", "Kazakhstan (2012), two-line", ("DDDLLLRR", "DDDLLRR"), letters=LATIN, regions="kz", top=3, weight=3e-4),
    PlateFormat("kg_1994", "KG", "Киргизия (1994)", "Kyrgyzstan (1994)", ("ADDDDL", "ADDDDLL"), letters=LATIN, areas=KG_AREAS, weight=5e-4),
    PlateFormat("kg_2016", "KG", "Киргизия (2016)", "Kyrgyzstan (2016)", ("RRkgDDDLLL", "RRkgDDDLL"), letters=LATIN, regions="kg", weight=3e-3),
    PlateFormat("uz_private", "UZ", "Узбекистан, граждане", "Uzbekistan, private", ("RRLDDDLL",), letters=UZ_LETTERS, regions="uz", weight=4e-3),
    PlateFormat("uz_legal", "UZ", "Узбекистан, организации", "Uzbekistan, companies", ("RRDDDLLL", "RRhDDDDDD", "RRmDDDDDD"), letters=UZ_LETTERS, regions="uz", weight=1e-3),
    PlateFormat("uz_square", "UZ", "Узбекистан, двухстрочные", "Uzbekistan, two-line", ("RRLDDDLL", "RRDDDLLL"), letters=UZ_LETTERS, regions="uz", top=2, weight=1e-4),
    PlateFormat("tj", "TJ", "Таджикистан", "Tajikistan", ("DDDDLLRR", "DDDLLRR"), letters=LATIN, regions="tj", weight=2e-3),
    PlateFormat("tm", "TM", "Туркмения", "Turkmenistan", ("LLDDDDag", "LLDDDDah", "LLDDDDbn", "LLDDDDdz", "LLDDDDlb", "LLDDDDmr"), letters=LATIN, weight=3e-4),
    PlateFormat("am", "AM", "Армения", "Armenia", ("DDLLDDD", "DDDLLDD"), letters=LATIN, weight=4e-3),
    PlateFormat("am_square", "AM", "Армения, двухстрочные", "Armenia, two-line", ("DDLLDDD", "DDDLLDD"), letters=LATIN, top=4, weight=1e-4),
    PlateFormat("az", "AZ", "Азербайджан", "Azerbaijan", ("RRLLDDD",), letters=LATIN, regions="az", weight=2e-3),
    PlateFormat("ge_2014", "GE", "Грузия (2014)", "Georgia (2014)", ("LLDDDLL",), letters=LATIN, weight=2e-3),
    PlateFormat("ge_1993", "GE", "Грузия (1993)", "Georgia (1993)", ("LLLDDD",), letters=LATIN, weight=5e-4),
    PlateFormat("md_2015", "MD", "Молдавия (2015)", "Moldova (2015)", ("LLLDDD",), letters=LATIN, weight=1e-3),
    PlateFormat("md_1992", "MD", "Молдавия (1992)", "Moldova (1992)", ("LLLDDD", "LLLLDDD"), letters=LATIN, weight=3e-4),
    PlateFormat("md_transnistria", "XT", "Приднестровье", "Transnistria", ("LDDDLL",), weight=2e-4),
    PlateFormat("ua_2004", "UA", "Украина (2004)", "Ukraine (2004)", ("LLDDDDLL",), letters=UA_LETTERS, weight=1e-3),
    PlateFormat("ua_2015", "UA", "Украина (2015)", "Ukraine (2015)", ("LLDDDDLL",), letters=UA_LETTERS, weight=2e-3),
    PlateFormat("ua_square", "UA", "Украина, двухстрочные", "Ukraine, two-line", ("LLDDDDLL",), letters=UA_LETTERS, top=2, weight=1e-4),
    PlateFormat("ua_tractor", "UA", "Украина, тракторы", "Ukraine, tractors", ("DDDDDLL",), letters=UA_LETTERS, top=5, weight=1e-4),
    PlateFormat("ua_1995", "UA", "Украина (1995)", "Ukraine (1995)", ("DDDDDLL",), letters=SOVIET_LETTERS + "I", weight=2e-4),
    PlateFormat("ab", "XA", "Абхазия", "Abkhazia", ("LDDDLLabh", "LDDDLL"), weight=2e-4),
    PlateFormat("so", "XO", "Южная Осетия", "South Ossetia", ("LDDDLLrso", "LDDDLL"), weight=2e-4),
    PlateFormat("mn", "MN", "Монголия", "Mongolia", ("DDDDLLL",), letters=SOVIET_LETTERS, weight=1e-4),
    PlateFormat(
        "eu", "EU", "Европейский Союз", "European Union",
        ("LLLDDD", "DDDLLL", "LLDDDD", "LLDDDDD", "LLLDDDD", "LLDDDLL", "LLLDDDDD", "LLLLDDD", "LLLLDDDD", "DDDDLLL",
         "DLLLDDD", "LLDDDDLL", "DLDDDDD", "LLDDLLL", *3 * ("LLDDDLL",)),
        letters=LATIN, weight=3e-3,
    ),
)  # fmt: skip

FORMATS = MappingProxyType({plate_format.id: plate_format for plate_format in (*_RUSSIA, *_NEIGHBOURS)})
"""Every format by its id, in the order of the reader's format head."""

FORMAT_IDS = tuple(FORMATS)

UNKNOWN = "unknown"
"""The format head's class for plates of an unknown kind: such a plate is shown as it was read, but never accepted."""
LOOKS = (*FORMAT_IDS, UNKNOWN)
"""The classes of a reader's format head."""


def lacks_region(text: str) -> bool:
    """Whether the canonical `text` is a Russian plate without its region code."""
    return any(
        region_span(pattern) == (len(text), len(pattern))
        and all(char in plate_format.symbols(slot) for char, slot in zip(text, pattern, strict=False))
        for plate_format in FORMATS.values()
        if plate_format.country == "RU"
        for pattern in plate_format.patterns
    )
