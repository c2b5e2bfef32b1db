// Before anything is painted, so that nobody who prefers dark sees a white flash. src/app/theme.ts changes it.
(function () {
  var chosen = null;
  try {
    chosen = localStorage.getItem("vibefollow.theme");
  } catch {
    // Storage may be closed to us; then the system decides.
  }
  var dark = chosen === "dark" || (chosen !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
})();
