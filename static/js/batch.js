// The edit form of a batch: quick choices for the expiry, and only those controls that apply to the chosen status.
(() => {
  const form = document.querySelector("[data-batch-form]");
  if (!form) return;

  const status = form.elements.status;
  const picker = form.elements.expires_on;
  const noExpiry = form.elements.clear_expiry;
  const expiry = form.querySelector("[data-expiry]");
  const reason = form.querySelector("[data-reason]");
  const why = form.querySelector("[data-why]");
  const quick = form.querySelector("[data-quick]");

  // What is added is added to the expiry that is shown, or to now where that is later.
  const chosen = (button) => {
    const { onClock, moment, later } = window.zoneClock;
    const { zone } = form.dataset;
    const minutes = Number(button.dataset.addMinutes ?? 0);
    if (!minutes || !picker.value) return button.dataset.setExpiry;
    try {
      const from = Math.max(Date.now(), moment(zone, picker.value));
      return later(zone, onClock(zone, from).replace(" ", "T"), minutes);
    } catch {
      // A zone that this browser does not know, or a year that has no time.
      return button.dataset.setExpiry;
    }
  };

  const follow = () => {
    const canceling = status.value === "CANCELED";
    reason.hidden = !canceling;
    why.hidden = canceling;
    // Inert and read-only controls are still sent, disabled ones are not: what was typed would be lost.
    expiry.inert = canceling;
    // A batch that has expired is offered no way to go without an expiry.
    picker.readOnly = Boolean(noExpiry?.checked);
  };

  quick.hidden = false;
  quick.addEventListener("click", (event) => {
    const button = event.target.closest("[data-set-expiry]");
    if (!button) return;
    if (noExpiry) noExpiry.checked = false;
    picker.value = chosen(button);
    follow();
    picker.focus();
  });
  status.addEventListener("change", () => {
    follow();
    if (status.value === "CANCELED") form.elements.deleted_reason.focus();
  });
  noExpiry?.addEventListener("change", follow);
  // A page restored from the browser's history keeps what was typed, but says so only after this event.
  window.addEventListener("pageshow", follow);
  follow();
})();
