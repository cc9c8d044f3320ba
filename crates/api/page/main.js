/** Puts the page together. */

import { Chooser } from "./intake/chooser.js";
import { listenForFiles } from "./intake/drop.js";
import { Hasher } from "./intake/hasher.js";
import { Intake } from "./intake/intake.js";
import { showLeftOut, showLooking } from "./intake/left-out.js";
import { Limits } from "./intake/limits.js";
import { Gallery } from "./list/gallery.js";
import { keepList } from "./kept/keep.js";
import { isFinal } from "./list/states.js";
import { Operators } from "./operators/operators.js";
import { QueuePoll } from "./operators/queue-poll.js";
import { readView } from "./server/api.js";
import { Streams } from "./server/streams.js";
import { byId, setText } from "./shared/dom.js";
import { counted } from "./shared/format.js";
import { notice } from "./shared/notices.js";
import { listenForKeys } from "./shared/shortcuts.js";
import { listenForTheme, toggleTheme } from "./shared/theme.js";

/** @typedef {import("./list/photos.js").Photo} Photo */
/** @typedef {import("./intake/files.js").Found} Found */

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
  follow: (hashes) => streams.follow(hashes),
  forget: (hashes) => streams.forget(hashes),
});
const streams = new Streams({
  seen: (text) => gallery.see(readView(text)),
  unknown: (hashes) => gallery.miss(hashes),
  heard: (text) => gallery.hear(readView(text)),
  more: (images) => gallery.hearMore(images),
  health: showHealth,
  wanted: () => gallery.mine.all.flatMap(({ phase, hash, view }) =>
    (phase === "there" && hash && !(view && isFinal(view.status)) ? [hash] : [])),
});
const intake = new Intake({
  photos: gallery.mine,
  hasher: new Hasher(),
  streams,
  limits: new Limits(),
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
  const { untaken, twice } = await intake.add(files, chooser.chosen);
  showLeftOut(untaken);
  if (twice > 0) notice(`${counted(twice, "photo was", "photos were")} in the list already.`);
}

/** @type {Map<string, string>} */
const healths = new Map();

/** @param {"watch" | "feed" | "models"} of @param {import("./server/connection.js").Health} health */
function showHealth(of, health) {
  healths.set(of, health);
  const all = new Set(healths.values());
  const [group, text] = all.has("broken")
    ? ["failed", "No connection, trying again"]
    : all.has("troubled") ? ["waiting", "Server in trouble, trying again"] : ["done", "Live"];
  byId("health").dataset.group = group;
  setText(byId("health"), text);
}

function showView() {
  scrollTo(0, 0);
  const isOperators = location.hash === "#operators";
  byId("photos").hidden = isOperators;
  byId("operators").hidden = !isOperators;
  byId("to-photos").setAttribute("aria-current", isOperators ? "false" : "page");
  byId("to-operators").setAttribute("aria-current", isOperators ? "page" : "false");
  if (isOperators) queuePoll.wake();
}

const list = keepList(gallery.mine, intake, streams);
const queuePoll = new QueuePoll({
  isLookedAt: () => location.hash === "#operators",
  heard: (queues) => {
    chooser.show(queues);
    operators.show(queues);
  },
  failed: (error) => operators.fail(error),
  health: (health) => showHealth("models", health),
});
const operators = new Operators({ open: (hash) => gallery.open(hash) });
addEventListener("hashchange", showView);
addEventListener("beforeunload", (event) => {
  // Bytes that are on their way are gone with the page.
  if (gallery.mine.all.some(({ file, phase }) => file && phase !== "refused")) event.preventDefault();
});
listenForFiles(take, showLooking);
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
