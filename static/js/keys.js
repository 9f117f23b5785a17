// Single keys, for those whose settings have them. They are off in fields and together with other keys.
(() => {
  const LIST_OF_KEYS = document.currentScript.dataset.list;
  const PLACES = { c: "/campaigns/", b: "/batches/" };
  const SEARCH = "#filter-q";
  // No element has this id: the browser would move the focus there.
  const EDIT = "#editing";
  const FIELD = "input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable], dialog";
  let isGoing = false;
  // The row that the keys are about, also while the focus is elsewhere: its link, and where that stood.
  let newest = { id: "", at: -1 };

  const links = () =>
    [...document.querySelectorAll(".list-table tbody tr")].map((row) => row.querySelector("a[id]")).filter(Boolean);

  function current() {
    const focused = document.activeElement.closest(".list-table tbody tr")?.querySelector("a[id]");
    return focused ?? document.getElementById(newest.id);
  }

  function move(step) {
    const all = links();
    const at = all.indexOf(current());
    // Where the row has left the list, the next one has its place.
    const next = at >= 0 ? at + step : step > 0 ? newest.at : newest.at - 1;
    const link = all[Math.min(Math.max(next, 0), all.length - 1)];
    if (!link) return;
    newest = { id: link.id, at: all.indexOf(link) };
    link.focus();
    link.closest("tr").scrollIntoView({ block: "nearest" });
  }

  function pause() {
    const row = current()?.closest("tr");
    const button =
      document.querySelector(".list-bar.is-on [value=pause]") ??
      row?.querySelector("button[id^='pause-']") ??
      document.querySelector("#batch-actions form[action$='/pause/'] button");
    button?.click();
  }

  function edit() {
    const field = document.querySelector(".batch-edit :is(select, input:not([type=hidden]))");
    const link = current();
    if (field) field.focus();
    else if (link?.id.startsWith("open-")) location.assign(link.href + EDIT);
  }

  function search() {
    const field = document.querySelector("main [type=search]");
    if (field) field.select();
    else location.assign(PLACES.b + SEARCH);
  }

  async function listKeys() {
    const response = await fetch(LIST_OF_KEYS, { headers: { "HX-Request": "true" } });
    const found = new DOMParser().parseFromString(await response.text(), "text/html").querySelector("dl");
    if (!found) return location.assign(LIST_OF_KEYS);
    const dialog = document.createElement("dialog");
    dialog.className = "app-dialog";
    dialog.ariaLabel = "Keyboard shortcuts";
    dialog.closedBy = "any";
    dialog.append(found);
    dialog.addEventListener("close", () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
  }

  const DOES = {
    "/": search,
    j: () => move(1),
    k: () => move(-1),
    x: () => current()?.closest("tr").querySelector("[name=batch]")?.click(),
    p: pause,
    e: edit,
    "?": () => listKeys().catch(() => location.assign(LIST_OF_KEYS)),
  };

  document.addEventListener("keydown", (event) => {
    const { key } = event;
    if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    if (event.target.closest(FIELD) || (event.repeat && key !== "j" && key !== "k")) return;
    const goesTo = isGoing ? PLACES[key] : undefined;
    if (key !== "Shift") isGoing = key === "g";
    if (!goesTo && !DOES[key]) return;
    event.preventDefault();
    if (goesTo) location.assign(goesTo);
    else DOES[key]();
  });

  if (location.hash === SEARCH) search();
  if (location.hash === EDIT) edit();
})();
