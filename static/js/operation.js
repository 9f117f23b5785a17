// What comes with the page of an operation that is not over, or of a recent stop: the parts that refresh themselves leave the reader alone.

const notice = document.getElementById("operation-notice");
let refreshedAt = new Date();
const isPart = (event) =>
  ["operation-progress", "operation-items", "operation-silence"].includes(event.detail.requestConfig?.elt?.id);

// A row that moves away under a pointer, or a selection that is gone, is worse than one that is a little old.
function isInUse(part) {
  const selection = getSelection();
  return (
    part.contains(document.activeElement) ||
    part.querySelector("a:hover, button:hover, :active") !== null ||
    (!selection.isCollapsed && selection.containsNode(part, true))
  );
}

// Screen readers announce a new text, so the same text is not set again.
function tell(text) {
  if (notice.textContent !== text) notice.textContent = text;
}

function tellStale() {
  tell(`Not refreshed since ${refreshedAt.toLocaleTimeString()}. This page may be out of date.`);
}

document.body.addEventListener("htmx:beforeSwap", (event) => {
  if (!isPart(event)) return;
  if (event.detail.isError) {
    tellStale();
    // The page shows the failure, so the console need not.
    event.detail.isError = false;
    return;
  }
  refreshedAt = new Date();
  tell("");
  if (isInUse(event.detail.target)) event.detail.shouldSwap = false;
});

// What was clicked leads to another page: a part that reloads this one meanwhile would call that off. After a while the
// parts refresh themselves again, as the visitor may have called it off.
const LEAVING_MS = 30000;
let leavesUntil = 0;

window.addEventListener("beforeunload", () => {
  leavesUntil = Date.now() + LEAVING_MS;
});

window.addEventListener("pageshow", () => {
  leavesUntil = 0;
});

document.body.addEventListener("htmx:beforeOnLoad", (event) => {
  if (isPart(event) && Date.now() < leavesUntil) event.preventDefault();
});

for (const failure of ["htmx:sendError", "htmx:timeout"]) {
  document.body.addEventListener(failure, (event) => {
    if (isPart(event)) tellStale();
  });
}
