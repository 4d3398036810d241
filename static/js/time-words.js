// Times in a reader's words: the twin of organization/time_words.py, so that an open page stays true.
// Pure functions. Days are counted in the zone that the server wrote into the datetime ("+08:00"), not in the
// zone of this computer, and `now` comes with the difference between the server's clock and this one's.

const MINUTE = 60_000, HOUR = 60 * MINUTE, DAY = 24 * HOUR;
const two = (n) => String(n).padStart(2, "0");

/** The moment as the wall clock of its own zone shows it, held in the UTC fields of a Date. */
function wall(milliseconds, zone) {
  return new Date(milliseconds + zone * MINUTE);
}

/** Minutes east of UTC in an ISO datetime. */
export function zoneOf(iso) {
  const found = /([+-])(\d\d):?(\d\d)$/.exec(iso);
  return found ? (found[1] === "-" ? -1 : 1) * (Number(found[2]) * 60 + Number(found[3])) : 0;
}

export function momentWords(say, now, iso) {
  const zone = zoneOf(iso), here = wall(now, zone), there = wall(Date.parse(iso), zone);
  const days = Math.floor(there / DAY) - Math.floor(here / DAY);
  const month = there.getUTCMonth() + 1, day = there.getUTCDate();
  const parts = {
    year: there.getUTCFullYear(), month, day, mm: two(month), dd: two(day),
    time: `${two(there.getUTCHours())}:${two(there.getUTCMinutes())}`,
    weekday: say.weekdays[(there.getUTCDay() + 6) % 7],
  };
  const near = { "-1": "yesterday", 0: "today", 1: "tomorrow" }[days];
  if (near) return say(near, parts);
  if (days > 1 && days < 7) return say("weekday", parts);
  return say(parts.year === here.getUTCFullYear() ? "this_year" : "other_year", parts);
}

export function remainingWords(say, now, iso) {
  const left = Date.parse(iso) - now;
  if (left <= 0) {
    const late = -left;
    if (late < HOUR) return say("late_minutes", { n: Math.max(1, Math.floor(late / MINUTE)) });
    if (late < DAY) return say("late_hours", { n: Math.floor(late / HOUR) });
    return say("late_days", { n: Math.floor(late / DAY) });
  }
  if (left >= say.countdown * 1000) return momentWords(say, now, iso);
  const minutes = Math.ceil(left / MINUTE), hours = Math.floor(minutes / 60), rest = minutes % 60;
  if (minutes < 60) return say("left_minutes", { n: minutes });
  if (left < say.with_minutes * 1000 && rest) return say("left_hours_minutes", { h: hours, n: rest });
  return say("left_hours", { n: hours });
}

export function remainingTone(say, now, iso) {
  const left = Date.parse(iso) - now;
  if (left <= 0) return "late";
  return left < say.soon * 1000 ? "soon" : "";
}

export function agoWords(say, now, iso) {
  const since = now - Date.parse(iso);
  if (since >= 0 && since < MINUTE) return say("now");
  if (since > 0 && since < HOUR) return say("minutes_ago", { n: Math.floor(since / MINUTE) });
  return momentWords(say, now, iso);
}
