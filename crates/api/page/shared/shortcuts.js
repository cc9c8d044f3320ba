/** Single keys that do something, unless somebody types or has turned them off. */

import { control, h, byId } from "./dom.js";
import { keepSetting, setting } from "./settings.js";

/** @typedef {{key: string, does: string, run: () => void}} Shortcut */

/**
 * Listens for keys, and lists them in the help.
 * @param {Shortcut[]} shortcuts
 */
export function listenForKeys(shortcuts) {
  const help = control("help", HTMLDialogElement);
  const isOn = control("keys-on", HTMLInputElement);
  isOn.checked = setting("keys", true);
  isOn.addEventListener("change", () => keepSetting("keys", isOn.checked));
  byId("help-open").addEventListener("click", () => help.showModal());
  byId("help-close").addEventListener("click", () => help.close());
  const all = [...shortcuts, { key: "?", does: "Show this help", run: () => help.showModal() }];
  byId("keys").replaceChildren(...all.map(({ key, does }) => h("div", {}, h("dt", {}, h("kbd", {}, key)), h("dd", {}, does))));
  addEventListener("keydown", (event) => {
    if (!isOn.checked || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (isTyping(event.target) || document.querySelector("dialog[open]")) return;
    const shortcut = all.find(({ key }) => key === event.key);
    if (!shortcut) return;
    event.preventDefault();
    shortcut.run();
  });
}

/** @param {EventTarget | null} target */
function isTyping(target) {
  if (target instanceof HTMLInputElement) return target.type !== "checkbox" && target.type !== "button";
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}
