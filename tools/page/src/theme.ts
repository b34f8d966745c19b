/** Light, dark, or as the system has it: chosen by an attribute that the style sheet knows. */

export type Theme = "auto" | "light" | "dark";

const NEXT: Record<Theme, Theme> = { auto: "light", light: "dark", dark: "auto" };
const KEY = "streamtape-theme";

export function currentTheme(): Theme {
  try {
    const kept = localStorage.getItem(KEY);
    if (kept === "light" || kept === "dark") return kept;
  } catch {
    // A page in a frame or of a file may have no storage.
  }
  return "auto";
}

export function setTheme(theme: Theme): void {
  const root = document.documentElement;
  if (theme === "auto") delete root.dataset.theme;
  else root.dataset.theme = theme;
  try {
    if (theme === "auto") localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, theme);
  } catch {
    // Not kept, then.
  }
}

export const nextTheme = (theme: Theme): Theme => NEXT[theme];
