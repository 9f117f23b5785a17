// Keeps a list of batches, or of campaigns, fresh without getting in the reader's way. The page works without it.

const EVERY = 10_000;
const notice = document.getElementById("list-notice");
const filter = document.getElementById("list-filter");
let asked = Date.now();
// A click changed a row after the refresh that is on its way had left: its answer would take that back.
let isOvertaken = false;
let scrolled = [];

const LIST = ".list[hx-get]";
const list = () => document.querySelector(LIST);
const isList = (event) => event.detail.requestConfig?.elt?.matches(LIST) ?? false;
const scrollers = () => [...list().querySelectorAll(".list-tabs ul, .list-scroll")];

// A row that moves away under a pointer or a thumb would put another batch's button there. A box or a link gets the focus
// back, so these do not count.
function isInUse() {
  const selection = getSelection();
  const focus = document.activeElement;
  return (
    list().querySelector("[aria-busy]") !== null ||
    (list().contains(focus) && !focus.matches("[name=batch], a[id]")) ||
    list().querySelector("a:hover, button:hover, :active") !== null ||
    (!selection.isCollapsed && selection.containsNode(list(), true))
  );
}

function refresh() {
  if (document.hidden || isInUse()) return;
  asked = Date.now();
  isOvertaken = false;
  htmx.trigger(list(), "refresh");
  const bands = document.getElementById("holds");
  if (bands) htmx.trigger(bands, "refresh");
}

function refreshWhenDue() {
  if (Date.now() - asked >= EVERY) refresh();
}

// Screen readers announce a new text, so the same text is not set again.
function tell(text, { shown }) {
  notice.classList.toggle("visually-hidden", !shown);
  if (notice.textContent !== text) notice.textContent = text;
}

function stale(reason) {
  const readAt = list().dataset.readAt;
  tell(readAt ? `Not refreshed since ${readAt}. ${reason}` : reason, { shown: true });
  list().classList.add("is-stale");
}

function reasonIn(xhr) {
  const isReason = xhr.getResponseHeader("Content-Type")?.startsWith("text/plain");
  return isReason ? xhr.responseText : `The dashboard answered with an error (${xhr.status}).`;
}

document.addEventListener("row-changed", () => {
  asked = Date.now();
  isOvertaken = true;
});

setInterval(refreshWhenDue, 1000);
document.addEventListener("visibilitychange", refresh);
window.addEventListener("pageshow", (event) => {
  if (event.persisted) refresh();
});

document.body.addEventListener("htmx:beforeSwap", (event) => {
  if (!isList(event)) return;
  if (event.detail.isError) {
    stale(reasonIn(event.detail.xhr));
    // The page shows the failure, so the console need not.
    event.detail.isError = false;
  } else if (isInUse() || isOvertaken) {
    event.detail.shouldSwap = false;
  }
  scrolled = scrollers().map((element) => element.scrollLeft);
});

document.body.addEventListener("htmx:afterSwap", (event) => {
  if (!isList(event)) return;
  for (const [at, element] of scrollers().entries()) element.scrollLeft = scrolled[at] ?? 0;
  // A list that says itself how old it is needs only to be heard.
  tell(list().dataset.stale ?? "", { shown: false });
});

for (const failure of ["htmx:sendError", "htmx:timeout"]) {
  document.body.addEventListener(failure, (event) => {
    if (isList(event)) stale("The dashboard is not answering.");
  });
}

// On a phone the tabs are wider than the page.
const tab = list().querySelector(".list-tabs [aria-current]");
if (tab) scrollers()[0].scrollLeft = tab.offsetLeft - scrollers()[0].offsetLeft - 48;

filter?.addEventListener("change", (event) => {
  if (event.target.matches("select")) filter.requestSubmit();
});

// An address to be sent to a colleague says only what was chosen. A name may have several values.
filter?.addEventListener("formdata", (event) => {
  const defaults = new Map([...filter.elements].map((field) => [field.name, field.dataset.default ?? ""]));
  for (const name of new Set(event.formData.keys())) {
    const chosen = event.formData.getAll(name).filter((value) => value !== defaults.get(name));
    event.formData.delete(name);
    for (const value of chosen) event.formData.append(name, value);
  }
});
