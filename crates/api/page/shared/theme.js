/** Light and dark: as the system has it, until the person chooses. */

import { byId } from "./dom.js";
import { keepSetting } from "./settings.js";

/** Has the button, and whoever else, change it. */
export function listenForTheme() {
  byId("theme").addEventListener("click", toggleTheme);
}

/** Dark becomes light, and light dark. */
export function toggleTheme() {
  const root = document.documentElement;
  const isDark = (root.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  root.dataset.theme = isDark ? "light" : "dark";
  keepSetting("theme", root.dataset.theme);
}
