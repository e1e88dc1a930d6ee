/** Theme: whether the page around is dark, and when that changes. JupyterLab says it, else the system does. */

export type Theme = "dark" | "light";

const SYSTEM = "(prefers-color-scheme: dark)";
const LIGHT = "data-jp-theme-light";

/** Calls `tell` now and at each change; returns how to stop. */
export function watchTheme(page: Document, tell: (theme: Theme) => void): () => void {
  const system = (page.defaultView as Window).matchMedia(SYSTEM);
  const say = () => tell(themeOf(page, system.matches));
  const observer = new MutationObserver(say);
  observer.observe(page.body, { attributeFilter: [LIGHT] });
  system.addEventListener("change", say);
  say();
  return () => {
    observer.disconnect();
    system.removeEventListener("change", say);
  };
}

function themeOf(page: Document, systemIsDark: boolean): Theme {
  const light = page.body.getAttribute(LIGHT);
  if (light === null) return systemIsDark ? "dark" : "light";
  return light === "false" ? "dark" : "light";
}
