"""Holidays and make-up working days of mainland China, as announced by the State Council.

Data, reviewed by hand against the notices named; a test compares every day with the ``holidays``
package. The notice for the next year comes in October or November: until it is entered here (or in
the calendar's own rows) its make-up days are unknown, and deadlines that reach it are provisional.
A range holds every day off of the holiday, weekends too, for those who work at weekends.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta
from zoneinfo import ZoneInfo

from organization.working_time import Periods, WorkingCalendar


@dataclass(frozen=True)
class Holiday:
    """One holiday of one year: its days off, and the weekend days worked in exchange (调休)."""

    name: str
    first: date
    last: date
    make_up: tuple[date, ...] = ()


#: Half past eight to noon and half past one to half past five.
STANDARD_HOURS: Periods = ((time(8, 30), time(12, 0)), (time(13, 30), time(17, 30)))

#: The last date that the notices below settle.
COMPLETE_THROUGH = date(2026, 12, 31)

HOLIDAYS: tuple[Holiday, ...] = (
    # 国办发明电〔2023〕7号
    Holiday("元旦", date(2024, 1, 1), date(2024, 1, 1)),
    Holiday("春节", date(2024, 2, 10), date(2024, 2, 17), (date(2024, 2, 4), date(2024, 2, 18))),
    Holiday("清明节", date(2024, 4, 4), date(2024, 4, 6), (date(2024, 4, 7),)),
    Holiday("劳动节", date(2024, 5, 1), date(2024, 5, 5), (date(2024, 4, 28), date(2024, 5, 11))),
    Holiday("端午节", date(2024, 6, 8), date(2024, 6, 10)),
    Holiday("中秋节", date(2024, 9, 15), date(2024, 9, 17), (date(2024, 9, 14),)),
    Holiday("国庆节", date(2024, 10, 1), date(2024, 10, 7), (date(2024, 9, 29), date(2024, 10, 12))),
    # 国办发明电〔2024〕12号
    Holiday("元旦", date(2025, 1, 1), date(2025, 1, 1)),
    Holiday("春节", date(2025, 1, 28), date(2025, 2, 4), (date(2025, 1, 26), date(2025, 2, 8))),
    Holiday("清明节", date(2025, 4, 4), date(2025, 4, 6)),
    Holiday("劳动节", date(2025, 5, 1), date(2025, 5, 5), (date(2025, 4, 27),)),
    Holiday("端午节", date(2025, 5, 31), date(2025, 6, 2)),
    Holiday("国庆节、中秋节", date(2025, 10, 1), date(2025, 10, 8), (date(2025, 9, 28), date(2025, 10, 11))),
    # 国办发明电〔2025〕7号
    Holiday("元旦", date(2026, 1, 1), date(2026, 1, 3), (date(2026, 1, 4),)),
    Holiday("春节", date(2026, 2, 15), date(2026, 2, 23), (date(2026, 2, 14), date(2026, 2, 28))),
    Holiday("清明节", date(2026, 4, 4), date(2026, 4, 6)),
    Holiday("劳动节", date(2026, 5, 1), date(2026, 5, 5), (date(2026, 5, 9),)),
    Holiday("端午节", date(2026, 6, 19), date(2026, 6, 21)),
    Holiday("中秋节", date(2026, 9, 25), date(2026, 9, 27)),
    Holiday("国庆节", date(2026, 10, 1), date(2026, 10, 7), (date(2026, 9, 20), date(2026, 10, 10))),
)


def labelled_days(hours: Periods = STANDARD_HOURS) -> Mapping[date, tuple[Periods, str]]:
    """Every exception in order of date, with its periods (none on a day off) and its label."""
    days: dict[date, tuple[Periods, str]] = {}
    for holiday in HOLIDAYS:
        for n in range((holiday.last - holiday.first).days + 1):
            days[holiday.first + timedelta(days=n)] = ((), holiday.name)
        for day in holiday.make_up:
            days[day] = (hours, f"{holiday.name}调休上班")
    return dict(sorted(days.items()))


def china_calendar(hours: Periods = STANDARD_HOURS) -> WorkingCalendar:
    """Monday to Friday in the given hours, with China's holidays and make-up days."""
    return WorkingCalendar(
        zone=ZoneInfo("Asia/Shanghai"),
        weekly=(hours, hours, hours, hours, hours, (), ()),
        days={day: periods for day, (periods, _) in labelled_days(hours).items()},
        complete_through=COMPLETE_THROUGH,
    )
