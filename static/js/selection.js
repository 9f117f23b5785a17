// Which batches are selected, in this tab and for this view: its other pages and its refreshes keep them. A bar says how
// many there are, and what can be done to them. Without this script the boxes of the page are a plain form.
(() => {
  const bar = document.getElementById("selected");
  if (!bar) return;

  const KEY = `selected:${bar.dataset.view}`;
  const list = () => document.getElementById("batch-list");
  const boxes = () => [...list().querySelectorAll("[name=batch]")];
  const total = () => list().dataset.total ?? "";
  const matching = bar.querySelector("[data-select-matching]");
  // With `isAll` those are selected that match the filter, whatever they are.
  let ids = new Set();
  let isAll = false;
  let newest = null;
  let focused = null;

  function load() {
    try {
      const kept = JSON.parse(sessionStorage.getItem(KEY)) ?? {};
      ids = new Set(kept.ids);
      isAll = kept.isAll === true;
    } catch {
      // Storage is switched off: the selection lasts as long as the page.
    }
  }

  function keep() {
    try {
      if (ids.size || isAll) sessionStorage.setItem(KEY, JSON.stringify({ ids: [...ids], isAll }));
      else sessionStorage.removeItem(KEY);
    } catch {}
  }

  // What the next page starts ends this selection (static/js/started.js).
  function hand() {
    try {
      sessionStorage.setItem("selected-last", KEY);
    } catch {}
  }

  function text() {
    if (isAll) return total() ? `All ${total()} selected` : "All selected";
    const elsewhere = ids.size - boxes().filter((box) => ids.has(box.value)).length;
    return `${ids.size} selected${elsewhere ? `, ${elsewhere} not on this page` : ""}`;
  }

  function show() {
    const onPage = boxes();
    for (const box of onPage) box.checked = isAll || ids.has(box.value);
    const checked = onPage.filter((box) => box.checked).length;
    for (const all of document.querySelectorAll("[data-select-page]")) {
      all.hidden = onPage.length === 0;
      all.checked = checked > 0 && checked === onPage.length;
      all.indeterminate = checked > 0 && !all.checked;
    }
    bar.classList.toggle("is-on", !list().matches(".is-stale") && (isAll || ids.size > 0));
    bar.elements.scope.value = isAll ? "filter" : "selection";
    matching.hidden = isAll || ids.size >= Number(total() || Number.POSITIVE_INFINITY);
    matching.textContent = total() ? `Select all ${total()} that match` : "Select all that match";
    const said = bar.querySelector("[data-selected]");
    if (said.textContent !== text()) said.textContent = text();
  }

  function change(select) {
    // Whoever deselects a row of all has chosen those that are seen.
    if (isAll) ids = new Set(boxes().map((box) => box.value));
    isAll = false;
    select();
    keep();
    show();
  }

  const set = (box, isSelected) => (isSelected ? ids.add(box.value) : ids.delete(box.value));

  // With shift, all from the box that was chosen before to this one.
  function range(box) {
    const onPage = boxes();
    const [from, to] = [onPage.findIndex((other) => other.value === newest), onPage.indexOf(box)].sort((a, b) => a - b);
    return from < 0 ? [box] : onPage.slice(from, to + 1);
  }

  document.addEventListener("click", (event) => {
    const box = event.target;
    if (!box.matches("#batch-list [name=batch]")) return;
    const isSelected = box.checked;
    const meant = event.shiftKey ? range(box) : [box];
    newest = box.value;
    change(() => {
      for (const other of meant) set(other, isSelected);
    });
  });
  // Shift would select the text between the two as well.
  document.addEventListener("mousedown", (event) => {
    if (event.shiftKey && event.target.matches("#batch-list [name=batch]")) event.preventDefault();
  });
  document.addEventListener("change", (event) => {
    if (!event.target.matches("[data-select-page]")) return;
    const isSelected = event.target.checked;
    change(() => {
      for (const box of boxes()) set(box, isSelected);
    });
  });

  matching.addEventListener("click", () => {
    isAll = true;
    keep();
    show();
    bar.querySelector("[name=kind]").focus();
  });
  bar.querySelector("[data-clear]").addEventListener("click", () => {
    change(() => ids.clear());
    (boxes().find((box) => box.value === newest) ?? boxes()[0])?.focus();
  });

  // Those of other pages have no box here.
  bar.addEventListener("formdata", (event) => {
    hand();
    event.formData.delete("batch");
    if (!isAll) for (const id of ids) event.formData.append("batch", id);
  });

  document.body.addEventListener("htmx:beforeSwap", () => {
    const focus = document.activeElement;
    focused = focus.matches("#batch-list [name=batch]") ? focus.value : null;
  });
  document.body.addEventListener("htmx:afterSwap", () => {
    show();
    boxes()
      .find((box) => box.value === focused)
      ?.focus({ preventScroll: true });
  });
  document.addEventListener("row-changed", show);

  function open() {
    bar.hidden = false;
    load();
    show();
  }
  // A browser that comes back to the page has checked boxes of its own.
  window.addEventListener("pageshow", open);
  open();
})();
