/** Puts the page together. */

import { get } from "./api.js";
import { Chooser } from "./chooser.js";
import { healthAfter } from "./connection.js";
import { byId, setText } from "./dom.js";
import { listenForFiles } from "./drop.js";
import { followFeed } from "./feed.js";
import { counted } from "./format.js";
import { Gallery } from "./gallery.js";
import { Hasher } from "./hasher.js";
import { Intake } from "./intake.js";
import { notice } from "./notices.js";
import { Operators } from "./operators.js";
import { listenForKeys } from "./shortcuts.js";
import { Storage } from "./storage.js";
import { listenForTheme, toggleTheme } from "./theme.js";
import { pause } from "./upload.js";
import { Watch } from "./watch.js";

/** @typedef {import("./photos.js").Photo} Photo */
/** @typedef {import("./photos.js").Change} Change */
/** @typedef {import("./files.js").Found} Found */

/** How often the models are asked for. */
const MODELS_MS = 3_000;

/** Files that came while no model was chosen. @type {Found[]} */
let held = [];

const chooser = new Chooser(() => {
  const files = held;
  if (files.length > 0 && chooser.chosen.length > 0) {
    held = [];
    take(files);
  }
});
const gallery = new Gallery({
  models: () => chooser.names,
  run: (photos) => {
    if (chooser.chosen.length === 0) notice("Choose at least one model first.");
    else intake.run(photos.map((photo) => adopt(photo)), chooser.chosen);
  },
});
const watch = new Watch({
  seen: (view) => gallery.see(view),
  unknown: (hashes) => {
    for (const hash of hashes) {
      const photo = gallery.mine.withHash(hash);
      if (photo?.phase === "there") gallery.mine.change(photo, { phase: "lost", view: undefined });
    }
  },
  health: (health) => showHealth("watch", health),
});
const intake = new Intake({
  photos: gallery.mine,
  hasher: new Hasher(),
  watch,
  keep: async (photos) => (await list).put(photos),
});

/**
 * A photo of this person's list that stands for the same image.
 * @param {Photo} photo
 */
function adopt(photo) {
  if (gallery.mine.has(photo) || !photo.hash) return photo;
  const known = gallery.mine.withHash(photo.hash);
  if (known) return known;
  const own = { ...photo, id: `${Date.now()}-${photo.hash}`, batch: Date.now(), models: Object.keys(photo.view?.jobs ?? {}) };
  gallery.mine.add([own]);
  return own;
}

/** @param {Found[]} files */
async function take(files) {
  if (files.length === 0) return;
  await list;
  location.hash = "#photos";
  byId("mine").click();
  if (chooser.chosen.length === 0) {
    held.push(...files);
    notice(`Choose at least one model, and ${counted(files.length, "file")} will be looked at.`);
    chooser.focus();
    return;
  }
  const { notPhotos, twice } = await intake.add(files, chooser.chosen);
  const said = [
    notPhotos > 0 && `${counted(notPhotos, "file is no photo and was", "files are no photos and were")} left out`,
    twice > 0 && `${counted(twice, "photo was", "photos were")} in the list already`,
  ].filter(Boolean);
  if (said.length > 0) notice(`${said.join("; ")}.`);
}

/** @type {Map<string, string>} */
const healths = new Map();

/** @param {string} of @param {import("./connection.js").Health} health */
function showHealth(of, health) {
  healths.set(of, health);
  const all = new Set(healths.values());
  const [group, text] = all.has("broken")
    ? ["failed", "No connection, trying again"]
    : all.has("troubled") ? ["waiting", "Server in trouble, trying again"] : ["done", "Live"];
  byId("health").dataset.group = group;
  setText(byId("health"), text);
}

async function followModels() {
  for (;;) {
    if (!document.hidden) {
      try {
        const { models, details } = await get("/models");
        chooser.show(models, details ?? {});
        showHealth("models", "open");
      } catch (error) {
        showHealth("models", healthAfter(error));
      }
    }
    await pause(MODELS_MS);
  }
}

/** Shows the list as it was when the page was left, and keeps it from then on. */
async function keepList() {
  const storage = await Storage.open();
  if (!storage.keeps) notice("This browser keeps nothing for the page: the list is gone when the page is closed.");
  const photos = await storage.all();
  gallery.mine.add(photos);
  gallery.mine.addEventListener("change", (event) => {
    const { changed, removed } = /** @type {CustomEvent<Change>} */ (event).detail;
    storage.put(changed);
    storage.remove(removed);
    intake.drop(removed);
  });
  intake.resume(photos);
  return storage;
}

function showView() {
  scrollTo(0, 0);
  const isOperators = location.hash === "#operators";
  byId("photos").hidden = isOperators;
  byId("operators").hidden = !isOperators;
  byId("to-photos").setAttribute("aria-current", isOperators ? "false" : "page");
  byId("to-operators").setAttribute("aria-current", isOperators ? "page" : "false");
  if (isOperators) operators.wake();
}

const list = keepList();
const operators = new Operators({
  isVisible: () => location.hash === "#operators",
  open: (hash) => gallery.open(hash),
});
addEventListener("hashchange", showView);
addEventListener("beforeunload", (event) => {
  // Bytes that are on their way are gone with the page.
  if (gallery.mine.all.some(({ file, phase }) => file && phase !== "refused")) event.preventDefault();
});
listenForFiles(take);
listenForTheme();
listenForKeys([
  { key: "u", does: "Choose photos", run: () => byId("choose-files").click() },
  { key: "f", does: "Choose a folder", run: () => byId("choose-folder").click() },
  { key: "/", does: "Search the list", run: () => gallery.filter.focus() },
  { key: "j", does: "Next photo (or ↓)", run: () => gallery.move(1) },
  { key: "k", does: "Previous photo (or ↑)", run: () => gallery.move(-1) },
  { key: "p", does: "Photos", run: () => (location.hash = "#photos") },
  { key: "o", does: "Operators’ view", run: () => (location.hash = "#operators") },
  { key: "t", does: "Light or dark", run: toggleTheme },
]);
showView();
followModels();
followFeed((view) => gallery.see(view), (health) => showHealth("feed", health));
