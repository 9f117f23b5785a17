// The picker of an expiry: what the clocks of the campaign show at the moment that is picked on those of the reader.
(() => {
  const there = document.querySelector("[data-expiry-there]");
  const picker = document.querySelector("[name=expires_on]");
  if (!there || !picker) return;

  const shown = there.querySelector("span");
  const output = there.querySelector("output");
  const { onClock, moment } = window.zoneClock;

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
