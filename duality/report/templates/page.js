const root = document.documentElement;
const announcer = document.getElementById("announcer");

const themeButton = document.getElementById("theme");
const system = matchMedia("(prefers-color-scheme: dark)");
const isDark = () => (root.dataset.theme ?? (system.matches ? "dark" : "light")) === "dark";
const showTheme = () => themeButton.setAttribute("aria-pressed", String(isDark()));
themeButton.addEventListener("click", () => {
  root.dataset.theme = isDark() ? "light" : "dark";
  remembered.set(root.dataset.theme);
  showTheme();
});
system.addEventListener("change", showTheme);
themeButton.hidden = false;
showTheme();

const filter = document.getElementById("filter");
const claims = [...document.querySelectorAll("[data-verdict]")];
const articles = claims.filter((claim) => claim.matches("article"));
const showChosen = () => {
  const { verdict, part } = Object.fromEntries(new FormData(filter));
  for (const claim of claims) {
    claim.hidden = (verdict && claim.dataset.verdict !== verdict) || (part && claim.dataset.part !== part);
  }
  for (const group of document.querySelectorAll("#index section, .part")) {
    group.hidden = ![...group.querySelectorAll("[data-verdict]")].some((claim) => !claim.hidden);
  }
  const shown = articles.filter((claim) => !claim.hidden).length;
  filter.querySelector("output").textContent = `${shown} of ${articles.length} claims`;
};
filter.addEventListener("change", showChosen);
filter.addEventListener("submit", (event) => event.preventDefault());
filter.hidden = false;
showChosen();

// A link leads to its claim even where the filter has hidden it.
const showTarget = () => {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target?.closest("[hidden]")) {
    filter.reset();
    showChosen();
    target.scrollIntoView();
  }
};
addEventListener("hashchange", showTarget);
showTarget();

for (const link of document.querySelectorAll(".permalink")) {
  link.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(link.href);
      announcer.textContent = `Link to ${link.hash.slice(1)} copied`;
    } catch { /* the address bar has it */ }
  });
}
