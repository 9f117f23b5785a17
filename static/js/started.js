// Whoever starts an operation is done with what was selected for it.

document.querySelector("[data-starts]").addEventListener("submit", () => {
  try {
    const key = sessionStorage.getItem("selected-last");
    if (key) sessionStorage.removeItem(key);
  } catch {
    // Storage is switched off: then nothing was kept.
  }
});
