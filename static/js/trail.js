// The filter of the trail: a choice is shown at once, and an address says only what was chosen. The page works without it.

const filter = document.getElementById("trail-filter");

filter.classList.add("is-live");

filter.addEventListener("change", (event) => {
  if (event.target.matches("select")) filter.requestSubmit();
});

// Without seconds and blanks, so that the address can be sent to a colleague.
filter.addEventListener("formdata", (event) => {
  for (const field of filter.elements) {
    if (field.name && field.value === "") event.formData.delete(field.name);
  }
});
