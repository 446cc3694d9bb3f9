// Before anything is painted. Storage may be forbidden, as in a private window: then the choice lasts for the page.
const remembered = {
  get() { try { return localStorage.getItem("duality-theme"); } catch { return null; } },
  set(theme) { try { localStorage.setItem("duality-theme", theme); } catch { /* not remembered */ } },
};
const chosen = remembered.get();
if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
