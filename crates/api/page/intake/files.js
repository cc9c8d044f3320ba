/** The files that were dropped, chosen or pasted. */

/**
 * A file and its path below the folder that was chosen.
 * @typedef {{file: File, name: string}} Found
 */

/** After how many files it is told how many were found. */
const STEP = 100;

/** As people number their photos: 2 before 10. */
const ORDER = new Intl.Collator(undefined, { numeric: true });

/**
 * The files of a drop, those in folders included.
 * @param {DataTransfer} transfer
 * @param {(found: number) => void} looking told how many were found so far
 * @returns {Promise<Found[]>}
 */
export async function dropped(transfer, looking) {
  // Entries must be taken at once: the transfer is empty as soon as its event is over.
  const entries = Array.from(transfer.items, (item) => item.webkitGetAsEntry?.() ?? null);
  if (entries.every((entry) => entry === null)) return chosen(Array.from(transfer.files));
  /** @type {Found[]} */
  const found = [];
  for (const entry of entries) if (entry) await walk(entry, "", found, looking);
  return found;
}

/**
 * The files of an input, of a folder or not. They come in the order of the disk.
 * @param {File[]} files
 * @returns {Found[]}
 */
export function chosen(files) {
  const found = files.map((file) => ({ file, name: file.webkitRelativePath || file.name }));
  return found.sort((a, b) => ORDER.compare(a.name, b.name));
}

/**
 * @param {FileSystemEntry} entry
 * @param {string} above
 * @param {Found[]} found
 * @param {(found: number) => void} looking
 */
async function walk(entry, above, found, looking) {
  const name = above + entry.name;
  if (entry.isDirectory) {
    const inside = await listing(/** @type {FileSystemDirectoryEntry} */ (entry).createReader());
    for (const child of inside) await walk(child, `${name}/`, found, looking);
    return;
  }
  /** @type {File | null} */
  const file = await new Promise((resolve) => {
    /** @type {FileSystemFileEntry} */ (entry).file(resolve, () => resolve(null));
  });
  if (file) found.push({ file, name });
  if (found.length % STEP === 0) looking(found.length);
}

/**
 * Everything in a folder, by name. A reader gives some at a time, and none at the end.
 * @param {FileSystemDirectoryReader} reader
 * @returns {Promise<FileSystemEntry[]>}
 */
async function listing(reader) {
  /** @type {FileSystemEntry[]} */
  const all = [];
  for (;;) {
    /** @type {FileSystemEntry[]} */
    const some = await new Promise((resolve) => reader.readEntries(resolve, () => resolve([])));
    if (some.length === 0) break;
    all.push(...some);
  }
  return all.sort((a, b) => ORDER.compare(a.name, b.name));
}
