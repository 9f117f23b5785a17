// One click on a row changes that row where it is, and a toast says what came of it. Nothing else moves, and the address
// stays. Without this script the click leads to a page that says the same.
(() => {
  const toast = document.getElementById("toast");
  if (!toast) return;

  const LONGEST_MS = 60_000;
  const DOING = { pause: "Pausing…", resume: "Resuming…", undo: "Undoing…" };
  const part = (id) => document.getElementById(id).content.cloneNode(true);
  const addressOf = (form, button) => (button.hasAttribute("formaction") ? button.formAction : form.action);
  let cameFrom = null;

  function begin(button, address) {
    const word = DOING[new URL(address).pathname.split("/").at(-2)];
    const text = [...button.childNodes].find((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
    const before = { text: text.data, label: button.ariaLabel };
    const row = button.closest("tr") ?? toast;
    text.data = word;
    if (before.label) button.ariaLabel = before.label.replace(before.text.trim(), word);
    button.setAttribute("aria-disabled", "true");
    row.setAttribute("aria-busy", "true");
    return () => {
      text.data = before.text;
      button.ariaLabel = before.label;
      button.removeAttribute("aria-disabled");
      row.removeAttribute("aria-busy");
    };
  }

  function show(outcome, button) {
    // Who works elsewhere meanwhile keeps the focus.
    const hadFocus = [button, document.body, toast].includes(document.activeElement) || toast.contains(button);
    outcome.append(part("toast-close"));
    toast.replaceChildren(outcome);
    if (hadFocus) toast.focus({ preventScroll: true });
  }

  // The row keeps its place, also where the list as it was asked for would no longer have it.
  function replaceRow(row) {
    const link = row?.querySelector("a[id^='open-']");
    const old = link && document.getElementById(link.id)?.closest("tr");
    if (!old) return;
    cameFrom = link.id;
    old.replaceWith(row);
  }

  function tell(answer, button) {
    const heads = answer.querySelector("#app-heads");
    document.getElementById(heads.id)?.replaceWith(heads);
    replaceRow(answer.querySelector("#one-click-row > tr"));
    show(answer.querySelector("#one-click-outcome > *"), button);
    document.dispatchEvent(new CustomEvent("row-changed"));
  }

  function tellLost(button) {
    const lost = part("toast-lost").firstElementChild;
    const open = button.closest("tr")?.querySelector("a[id^='open-']") ?? toast.querySelector(".notice-batch a");
    lost.querySelector("a").href = open.href;
    lost.querySelector("bdi").textContent = open.textContent;
    show(lost, button);
  }

  async function send(form, button) {
    const address = addressOf(form, button);
    const finish = begin(button, address);
    let response = null;
    let answer = null;
    try {
      response = await fetch(address, {
        method: "POST",
        body: new URLSearchParams(new FormData(form)),
        headers: { "HX-Request": "true" },
        signal: AbortSignal.timeout(LONGEST_MS),
      });
      answer = new DOMParser().parseFromString(await response.text(), "text/html").getElementById("one-click-answer");
    } catch {
      // No answer, or not all of it: what came of the click is not known.
    }
    finish();
    delete form.dataset.sent;
    if (answer) tell(answer, button);
    else if (response?.headers.has("HX-Refresh")) location.reload();
    else if (response && response.status >= 400 && response.status < 500) askOnPage(form, button);
    else tellLost(button);
  }

  // Nothing was written: the dashboard refuses, or asks for something. Its page says so.
  function askOnPage(form, button) {
    form.dataset.inPlace = "no";
    form.requestSubmit(button);
    // A browser that comes back finds the form as it was.
    form.dataset.inPlace = "";
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    const button = event.submitter;
    if (form.dataset.inPlace !== "" || !button || event.defaultPrevented) return;
    event.preventDefault();
    if (button.ariaDisabled !== "true") send(form, button);
  });

  function close() {
    const hadFocus = toast.contains(document.activeElement);
    toast.replaceChildren();
    if (hadFocus) document.getElementById(cameFrom)?.focus({ preventScroll: true });
  }

  toast.addEventListener("click", (event) => {
    if (event.target.closest(".app-toast-close")) close();
  });
  toast.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
  });
})();
