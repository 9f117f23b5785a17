// The picker of an expiry: what the clocks of the campaign show at the moment that is picked on those of the reader.
(() => {
  const there = document.querySelector("[data-expiry-there]");
  const picker = document.querySelector("[name=expires_on]");
  if (!there || !picker) return;

  const shown = there.querySelector("span");
  const output = there.querySelector("output");

  // "2026-12-01 17:00", as the clocks of a zone show a moment.
  const onClock = (zone, at) =>
    new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short", timeStyle: "short" }).format(at);

  // The moment at which the clocks of a zone show a text such as "2026-12-01T17:00".
  const moment = (zone, text) => {
    const asUtc = Date.parse(`${text.slice(0, 16)}Z`);
    const before = (at) => Date.parse(`${onClock(zone, at).replace(" ", "T")}Z`) - at;
    // The offset at the moment itself may be another one than at the first guess.
    const guess = asUtc - before(asUtc);
    return asUtc - before(guess);
  };

  const follow = () => {
    let text = "";
    try {
      text = picker.value && onClock(there.dataset.otherZone, moment(there.dataset.zone, picker.value));
    } catch {
      // A zone that this browser does not know, or a year that has no time.
    }
    output.textContent = text;
    shown.hidden = !text;
  };

  picker.addEventListener("input", follow);
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-set-expiry]")) follow();
  });
  window.addEventListener("pageshow", follow);
})();
