// Comes with the status page: says when the page is old, since an old page may claim that everything works.

const notice = document.getElementById("status-notice");
let refreshedAt = new Date();
const isStatus = (event) => event.detail.requestConfig?.elt?.id === "status";

// Screen readers announce a new text, so the same text is not set again.
function tell(text) {
  if (notice.textContent !== text) notice.textContent = text;
}

function tellStale() {
  tell(`Not refreshed since ${refreshedAt.toLocaleTimeString()}. This page may be out of date.`);
}

document.body.addEventListener("htmx:beforeSwap", (event) => {
  if (!isStatus(event)) return;
  if (event.detail.isError) {
    tellStale();
    // The page shows the failure, so the console need not.
    event.detail.isError = false;
    return;
  }
  refreshedAt = new Date();
  tell("");
  // Somebody copies an advice.
  const selection = getSelection();
  if (!selection.isCollapsed && selection.containsNode(event.detail.target, true)) event.detail.shouldSwap = false;
});

for (const failure of ["htmx:sendError", "htmx:timeout"]) {
  document.body.addEventListener(failure, (event) => {
    if (isStatus(event)) tellStale();
  });
}
