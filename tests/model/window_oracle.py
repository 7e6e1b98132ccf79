"""A minute-by-minute oracle of schedules and maintenance windows: no rule is expanded cleverly.

Reads cases from a file, one a line: ZONE CLOCK WINDOW[|WINDOW...], a window being FIRST;MINUTES;RULE
with FIRST as 2026-03-29T02:30 and CLOCK local or utc. Prints for each case the minutes of the year
2026 (UTC) at which the state changes, the first being an opening.

Every minute that clocks of the zone show from 2025 on is asked whether the rule names it, by the
words of RFC 5545 3.3.10; the minutes of the year are then opened one by one. A time that comes
twice counts when it comes first; one that clocks skip is as far behind the jump as it would have
been without (RFC 5545 3.3.5).
"""
import bisect
import calendar
import datetime
import sys
import zoneinfo

UTC = datetime.timezone.utc
EPOCH = datetime.datetime(1970, 1, 1)
YEAR = range(int(datetime.datetime(2026, 1, 1, tzinfo=UTC).timestamp()) // 60,
             int(datetime.datetime(2027, 1, 1, tzinfo=UTC).timestamp()) // 60)
DAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
clocks = {}


class Clock:
    """What clocks of a zone show at each minute of UTC, from a day before the year to a day behind."""
    def __init__(self, zone, kind):
        tz = UTC if kind == "utc" else zoneinfo.ZoneInfo(zone)
        self.first = YEAR.start - 3 * 1440
        self.shown = []
        for minute in range(self.first, YEAR.stop + 3 * 1440, 15):  # no zone changes in between
            offset = int(datetime.datetime.fromtimestamp(minute * 60, tz).utcoffset().total_seconds()) // 60
            self.shown.extend(range(minute + offset, minute + offset + 15))
        # The minutes at which clocks show a time that they never showed before.
        self.new, most = [], -1
        for at, wall in enumerate(self.shown):
            if wall > most:
                self.new.append((wall, at))
                most = wall

    def minute_of(self, wall):
        """Of the last new time that is not later: the same, or as far behind it as before the jump."""
        at = bisect.bisect_right(self.new, (wall, sys.maxsize)) - 1
        if at < 0:
            return None
        shown, place = self.new[at]
        return self.first + place + (wall - shown)


class Rule:
    def __init__(self, first, text):
        self.first = first
        self.parts = dict(part.split("=") for part in text.split(";")) if text else {}
        self.frequency = self.parts.get("FREQ")
        self.interval = int(self.parts.get("INTERVAL", 1))
        numbers = lambda key: [int(each) for each in self.parts[key].split(",")] if key in self.parts else None
        self.months, self.month_days = numbers("BYMONTH"), numbers("BYMONTHDAY")
        self.hours, self.minutes, self.positions = numbers("BYHOUR"), numbers("BYMINUTE"), numbers("BYSETPOS")
        self.days = self.parts["BYDAY"].split(",") if "BYDAY" in self.parts else None
        # The minutes of an hour and of a day that it may name, asked one by one.
        minutes = self.minutes or [first.minute]
        self.of_hour = [minute for minute in range(60) if minute in minutes]
        self.of_day = [minute for minute in range(1440)
                       if minute // 60 in (self.hours or [first.hour]) and minute % 60 in minutes]

    def week(self, day):
        return (day.toordinal() - 1 - DAYS.index(self.parts.get("WKST", "MO"))) // 7

    def period(self, day):
        """The number of the day's period, the first's being 0; nothing for one that INTERVAL skips."""
        first = self.first.date()
        number = {"YEARLY": day.year - first.year, "MONTHLY": (day.year - first.year) * 12 + day.month - first.month,
                  "WEEKLY": self.week(day) - self.week(first)}.get(self.frequency, (day - first).days)
        if self.frequency == "HOURLY":
            return number
        return number // self.interval if number % self.interval == 0 else None

    def names_weekday(self, day):
        for each in self.days:
            number, name = each[:-2], each[-2:]
            if DAYS[day.weekday()] != name:
                continue
            if not number:
                return True
            length = calendar.monthrange(day.year, day.month)[1]
            if int(number) == (day.day - 1) // 7 + 1 or -int(number) == (length - day.day) // 7 + 1:
                return True
        return False

    def names_day(self, day):
        first = self.first.date()
        if self.months and day.month not in self.months:
            return False
        if self.month_days:
            length = calendar.monthrange(day.year, day.month)[1]
            if not any(day.day == (each if each > 0 else length + 1 + each) for each in self.month_days):
                return False
        if self.days:
            return self.names_weekday(day)
        if self.month_days:
            return True
        if self.frequency == "WEEKLY":
            return day.weekday() == first.weekday()
        if self.frequency == "MONTHLY":
            return day.day == first.day
        if self.frequency == "YEARLY":
            return day.day == first.day and (bool(self.months) or day.month == first.month)
        return True

    def times(self, day):
        """The minutes of a day that it names."""
        if self.frequency != "HOURLY":
            return self.of_day
        passed = (day - self.first.date()).days * 24 - self.first.hour
        return [hour * 60 + minute for hour in range(24) if (passed + hour) % self.interval == 0
                for minute in self.of_hour]

    def occurrences(self, until):
        """The walls of the occurrences, in order."""
        if not self.frequency:
            yield self.first
            return
        found, last = 0, None
        limit = int(self.parts.get("COUNT", 0))
        if "UNTIL" in self.parts:
            last = datetime.datetime.strptime(self.parts["UNTIL"], "%Y%m%dT%H%M%S")
        for times in self.sets(until):
            for time in times:
                if time < self.first or (last and time > last):
                    continue
                yield time
                found += 1
                if found == limit:
                    return

    def sets(self, until):
        """The times of one period after the other, BYSETPOS applied."""
        # The first period begins before the first time does.
        day = self.first.date()
        if self.frequency == "YEARLY":
            day = day.replace(month=1, day=1)
        elif self.frequency == "MONTHLY":
            day = day.replace(day=1)
        elif self.frequency == "WEEKLY":
            while self.week(day - datetime.timedelta(1)) == self.week(day):
                day -= datetime.timedelta(1)
        period, times = None, []
        # What stands last in a period is known when all of it is.
        while day <= until or (self.positions and period is not None and self.period(day) == period):
            number = self.period(day)
            if number != period:
                yield self.chosen(times)
                period, times = number, []
            if number is not None and self.names_day(day):
                start = datetime.datetime.combine(day, datetime.time())
                times += [start + datetime.timedelta(minutes=minute) for minute in self.times(day)]
            day += datetime.timedelta(1)
        yield self.chosen(times)

    def chosen(self, times):
        if not self.positions:
            return times
        places = {each - 1 if each > 0 else len(times) + each for each in self.positions}
        return [time for place, time in enumerate(times) if place in places]


def changes(zone, kind, windows):
    key = (zone, kind) if kind == "local" else ("UTC", "utc")
    if key not in clocks:
        clocks[key] = Clock(zone, kind)
    clock = clocks[key]
    opened = bytearray(len(YEAR))
    for window in windows:
        first, minutes, rule = window.split(";", 2)
        begin = datetime.datetime.strptime(first, "%Y-%m-%dT%H:%M")
        for time in Rule(begin, rule).occurrences(datetime.date(2027, 1, 2)):
            minute = clock.minute_of(int((time - EPOCH).total_seconds()) // 60)
            if minute is None:
                continue
            begin_at, end_at = max(minute, YEAR.start), min(minute + int(minutes), YEAR.stop)
            if begin_at < end_at:
                opened[begin_at - YEAR.start:end_at - YEAR.start] = b"\1" * (end_at - begin_at)
    before = 0
    for at, state in enumerate(opened):
        if state != before:
            yield at
            before = state


for line in open(sys.argv[1], encoding="ascii"):
    zone, kind, windows = line.rstrip("\n").split(" ")
    print(" ".join(str(at) for at in changes(zone, kind, windows.split("|"))))
