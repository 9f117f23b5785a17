// Sets the theme before anything is drawn, so that a dark page does not flash. Django's admin keeps its choice, which may
// also be "auto", under the same name.
(() => {
  let chosen = null;
  try {
    chosen = localStorage.getItem("theme");
  } catch {
    // Storage is switched off: the system's theme is used.
  }
  const system = matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    const known = chosen === "dark" || chosen === "light";
    document.documentElement.dataset.bsTheme = known ? chosen : system.matches ? "dark" : "light";
  };
  apply();
  system.addEventListener("change", apply);
  window.switchTheme = () => {
    chosen = document.documentElement.dataset.bsTheme === "dark" ? "light" : "dark";
    try {
      localStorage.setItem("theme", chosen);
    } catch {
      // It lasts for this page then.
    }
    apply();
  };
})();
