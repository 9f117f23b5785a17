// Keeps the parts of a page fresh that the server sends anew, and takes neither focus nor scroll nor a selection from the
// reader. The page works without it.

const live = document.getElementById("live");
const notice = document.getElementById("live-notice");
const every = Number(live.dataset.live) * 1000;
const LEAVING_MS = 30_000;
// Each part as the server last sent it: the same again needs no swap.
const sent = new Map();
let asked = Date.now();
let refreshedAt = new Date();
let leavesUntil = 0;

const isOurs = (event) => event.detail.requestConfig?.elt === live;

function refresh() {
  if (document.hidden) return;
  asked = Date.now();
  htmx.trigger(live, "refresh");
}

// Screen readers announce a new text, so the same text is not set again.
function tell(text) {
  if (notice.textContent !== text) notice.textContent = text;
}

function tellStale(reason) {
  tell(`Not refreshed since ${refreshedAt.toLocaleTimeString([], { hour12: false })}. ${reason}`);
  document.body.classList.add("is-not-live");
}

function reasonIn(xhr) {
  const isReason = xhr.getResponseHeader("Content-Type")?.startsWith("text/plain");
  return isReason ? xhr.responseText : `The dashboard answered with an error (${xhr.status}).`;
}

// What has an id gets the focus back from htmx. Anything else would lose the focus, and so would what is being clicked or
// selected. Where a click writes, not even a pointer may be near.
function isInUse(part) {
  const focus = document.activeElement;
  const selection = getSelection();
  const isNear = part.matches("[data-careful]") && part.querySelector("a:hover, button:hover, :focus") !== null;
  return (
    isNear ||
    (part.contains(focus) && focus.id === "") ||
    part.querySelector(":active") !== null ||
    (!selection.isCollapsed && selection.containsNode(part, true))
  );
}

setInterval(() => {
  if (Date.now() - asked >= every) refresh();
}, 1000);
document.addEventListener("visibilitychange", refresh);
window.addEventListener("pageshow", (event) => {
  leavesUntil = 0;
  if (event.persisted) refresh();
});
// What was clicked leads to another page: a part that reloads this one meanwhile would call that off.
window.addEventListener("beforeunload", () => {
  leavesUntil = Date.now() + LEAVING_MS;
});

document.body.addEventListener("htmx:beforeOnLoad", (event) => {
  if (isOurs(event) && Date.now() < leavesUntil) event.preventDefault();
});

document.body.addEventListener("htmx:beforeSwap", (event) => {
  if (!isOurs(event)) return;
  if (event.detail.isError) {
    tellStale(reasonIn(event.detail.xhr));
    // The page shows the failure, so the console need not.
    event.detail.isError = false;
    return;
  }
  refreshedAt = new Date();
  document.body.classList.remove("is-not-live");
  tell("");
});

document.body.addEventListener("htmx:oobBeforeSwap", (event) => {
  const { target, fragment } = event.detail;
  const part = fragment.firstElementChild;
  const isSame = sent.get(target.id) === part.outerHTML;
  const version = target.dataset.version;
  if (isSame || isInUse(target) || (version !== undefined && version === part.dataset.version)) {
    event.detail.shouldSwap = false;
    return;
  }
  sent.set(target.id, part.outerHTML);
  for (const open of target.querySelectorAll("details[open][id]")) {
    const again = part.querySelector(`#${CSS.escape(open.id)}`);
    if (again) again.open = true;
  }
});

for (const failure of ["htmx:sendError", "htmx:timeout"]) {
  document.body.addEventListener(failure, (event) => {
    if (isOurs(event)) tellStale("The dashboard is not answering.");
  });
}
