// Small behaviours of every page. Each page works without them.

for (const button of document.querySelectorAll("[data-theme-switch]")) {
  button.hidden = false;
  button.addEventListener("click", window.switchTheme);
}

// Menus close on a click elsewhere and on Escape, which gives the focus back to what opened them.
const openMenus = () => document.querySelectorAll("details[data-menu][open]");

document.addEventListener("click", (event) => {
  for (const menu of openMenus()) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of openMenus()) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// A double click sends a form once. After a while it may be sent again: the first time may have been stopped.
const DOUBLE_CLICK_MS = 5000;

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  const address = event.submitter?.formAction || form.action;
  if (form.dataset.sent === address) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = address;
  setTimeout(() => delete form.dataset.sent, DOUBLE_CLICK_MS);
});

// Coming back with the browser's back button, the form may be sent again.
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});
