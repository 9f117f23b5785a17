// What the clocks of a zone show, and when they show something. Both throw where the browser does not know the zone.
window.zoneClock = {
  // "2026-12-01 17:00", as the clocks of a zone show a moment in milliseconds.
  onClock(zone, at) {
    return new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short", timeStyle: "short" }).format(at);
  },

  // The moment at which the clocks of a zone show a text such as "2026-12-01T17:00".
  moment(zone, text) {
    const asUtc = Date.parse(`${text.slice(0, 16)}Z`);
    const ahead = (at) => Date.parse(`${window.zoneClock.onClock(zone, at).replace(" ", "T")}Z`) - at;
    // The offset at the moment itself may be another one than at the first guess.
    return asUtc - ahead(asUtc - ahead(asUtc));
  },

  // A text so many minutes later. Whole days are those of the calendar, also where clocks change in between.
  later(zone, text, minutes) {
    const { onClock, moment } = window.zoneClock;
    const isDays = minutes % (24 * 60) === 0;
    const ms = minutes * 60_000;
    const shown = isDays ? new Date(Date.parse(`${text.slice(0, 16)}Z`) + ms).toISOString() : "";
    return onClock(zone, isDays ? moment(zone, shown) : moment(zone, text) + ms).replace(" ", "T");
  },
};
