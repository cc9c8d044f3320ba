/** Telling what the numbers of boxes mean, and where in the photo they are. */

/** @typedef {import("./boxes.js").Layout} Layout */
/** @typedef {import("./boxes.js").Mark} Mark */

/** Which picture a model saw: the pixels as they are stored, or as the photo is meant to be held. @typedef {"stored" | "upright"} Frame */

/** The size of the stored picture, and how it is turned to be seen (EXIF, 1 to 8). @typedef {{width: number, height: number, orientation: number}} Size */

/** What a person chose for a model. @typedef {{layout?: Layout, frame?: Frame}} Choice */

/**
 * How boxes are read. What is not certain is a guess.
 * @typedef {{layout: Layout, isLayoutGuess: boolean, frame: Frame, isFrameGuess: boolean, inParts: boolean}} Reading
 */

/** A part of the photo as it is seen, in parts of its width and height. @typedef {{x: number, y: number, width: number, height: number, label: string}} Box */

/** @type {[Layout, string][]} */
export const LAYOUTS = [
  ["xyxy", "left, top, right, bottom"],
  ["xywh", "left, top, width, height"],
  ["cxcywh", "centre x, centre y, width, height"],
  ["yxyx", "top, left, bottom, right"],
];

/** @type {[Frame, string][]} */
export const FRAMES = [["stored", "as it is stored"], ["upright", "turned upright"]];

/** How far beyond the edge a box may lie: models round, and guess what is cut off. */
const SLACK = 0.02;

/**
 * How the boxes of one result are read: all in the same way.
 * @param {Mark[]} marks
 * @param {Size} size
 * @param {Choice} [choice]
 * @returns {Reading}
 */
export function readingOf(marks, size, choice = {}) {
  const open = marks.filter(({ layout }) => !layout);
  const inParts = marks.every(({ numbers, whole }) => !whole && numbers.every((it) => Math.abs(it) <= 1 + SLACK));
  /** @type {Frame[]} */
  const frames = isTurned(size) ? (choice.frame ? [choice.frame] : ["stored", "upright"]) : ["stored"];
  const layouts = choice.layout ? [choice.layout] : LAYOUTS.map(([layout]) => layout).filter((layout) => layout !== "yxyx");
  const fits = (/** @type {Layout} */ layout, /** @type {Frame} */ frame) =>
    marks.every((mark) => isInside(edgesOf(mark, mark.layout ?? layout, frame, inParts, size)));
  const fitting = frames.filter((frame) => layouts.some((layout) => fits(layout, frame)));
  const frame = fitting[0] ?? frames[0];
  const possible = layouts.filter((layout) => fits(layout, frame));
  const likely = choice.layout ?? open[0]?.likely ?? "xyxy";
  const layout = possible.length === 0 || possible.includes(likely) ? likely : possible[0];
  return {
    layout, frame, inParts,
    isLayoutGuess: open.length > 0 && !choice.layout && possible.length !== 1,
    isFrameGuess: isTurned(size) && !choice.frame && fitting.length !== 1,
  };
}

/**
 * Where boxes are, and how many are not in the photo at all.
 * @param {Mark[]} marks
 * @param {Reading} reading
 * @param {Size} size
 * @returns {{boxes: Box[], outside: number}}
 */
export function placed(marks, { layout, frame, inParts }, size) {
  const boxes = marks.flatMap((mark) => {
    const edges = edgesOf(mark, mark.layout ?? layout, frame, inParts, size);
    const [left, top, right, bottom] = edges;
    if (!(right > left && bottom > top) || right <= 0 || bottom <= 0 || left >= 1 || top >= 1) return [];
    const turned = frame === "stored" ? turn(edges, size.orientation) : edges;
    const [x, y, x2, y2] = turned.map((it) => Math.min(1, Math.max(0, it)));
    return [{ x, y, width: x2 - x, height: y2 - y, label: mark.label }];
  });
  return { boxes, outside: marks.length - boxes.length };
}

/** Whether it matters which of the two pictures a model saw. @param {Size} size */
export function isTurned({ orientation }) {
  return orientation > 1 && orientation <= 8;
}

/**
 * Left, top, right and bottom in parts of the picture that the model saw.
 * @param {Mark} mark
 * @param {Layout} layout
 * @param {Frame} frame
 * @param {boolean} inParts
 * @param {Size} size
 */
function edgesOf({ numbers, whole }, layout, frame, inParts, { width, height, orientation }) {
  const [a, b, c, d] = numbers;
  const edges = {
    xyxy: [a, b, c, d],
    xywh: [a, b, a + c, b + d],
    cxcywh: [a - c / 2, b - d / 2, a + c / 2, b + d / 2],
    yxyx: [b, a, d, c],
  }[layout];
  const isOnSide = frame === "upright" && orientation >= 5;
  const [across, down] = whole ? [whole, whole] : inParts ? [1, 1] : isOnSide ? [height, width] : [width, height];
  return [edges[0] / across, edges[1] / down, edges[2] / across, edges[3] / down];
}

/** @param {number[]} edges */
function isInside([left, top, right, bottom]) {
  return right > left && bottom > top && left >= -SLACK && top >= -SLACK && right <= 1 + SLACK && bottom <= 1 + SLACK;
}

/**
 * Where a part of the stored picture is when it is held as its EXIF orientation says.
 * @param {number[]} edges
 * @param {number} orientation
 */
function turn([left, top, right, bottom], orientation) {
  switch (orientation) {
    case 2: return [1 - right, top, 1 - left, bottom];
    case 3: return [1 - right, 1 - bottom, 1 - left, 1 - top];
    case 4: return [left, 1 - bottom, right, 1 - top];
    case 5: return [top, left, bottom, right];
    case 6: return [1 - bottom, left, 1 - top, right];
    case 7: return [1 - bottom, 1 - right, 1 - top, 1 - left];
    case 8: return [top, 1 - right, bottom, 1 - left];
    default: return [left, top, right, bottom];
  }
}
