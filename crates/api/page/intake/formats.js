/** What files are, told from their first bytes as the server does it. */

/** How many bytes of a file are looked at. */
export const HEAD_LENGTH = 64;

/**
 * What a file is.
 * @typedef {object} Kind
 * @property {string} name for people: `JPEG`, `a PDF document`
 * @property {string} [format] of a picture: the server's word for it
 */

const HEIC_BRANDS = new Set(["heic", "heix", "heim", "heis", "hevc", "hevx"]);
const BMP_HEADER_SIZES = new Set([12, 16, 40, 52, 56, 64, 108, 124]);

/** Pictures by how they begin. @type {[RegExp, string, string][]} */
const PICTURES = [
  [/^\xff\xd8\xff/, "jpeg", "JPEG"],
  [/^\x89PNG\r\n\x1a\n/, "png", "PNG"],
  [/^GIF8[79]a/, "gif", "GIF"],
  [/^RIFF[^]{4}WEBP/, "webp", "WebP"],
  [/^(II[*+]\0|MM\0[*+])/, "tiff", "TIFF"],
  [/^(\xff\n|\0\0\0\fJXL )/, "jxl", "JPEG XL"],
  [/^(\xff\x4f\xff\x51|\0\0\0\fjP {2})/, "jp2", "JPEG 2000"],
  [/^8BPS\0[\x01\x02]/, "psd", "a Photoshop document"],
  [/^FUJIFILMCCD-RAW /, "raf", "a camera's raw file (RAF)"],
  [/^IIU\0/, "rw2", "a camera's raw file (RW2)"],
  [/^(IIR[OS]|MMOR)/, "orf", "a camera's raw file (ORF)"],
];

/** Other files by how they begin. @type {[RegExp, string][]} */
const OTHERS = [
  [/^%PDF-/, "a PDF document"],
  [/^PK\x03\x04/, "a ZIP archive or an office document"],
  [/^(<\?xml|<svg)/i, "an SVG or XML text"],
  [/^<(!doctype html|html)/i, "a web page"],
  [/^(\x1a\x45\xdf\xa3|RIFF[^]{4}AVI |\0\0\x01[\xb3\xba])/, "a video"],
  [/^(ID3|RIFF[^]{4}WAVE|OggS|fLaC)/, "a sound"],
  [/^\0\0\x01\0/, "an icon"],
  [/^\0\x05\x16\x07/, "a macOS sidecar file"],
];

/**
 * @param {Uint8Array} head the file's first {@link HEAD_LENGTH} bytes, or all of them
 * @returns {Kind}
 */
export function kindOf(head) {
  if (head.length === 0) return { name: "an empty file" };
  const text = String.fromCharCode(...head.subarray(0, HEAD_LENGTH));
  const picture = PICTURES.find(([pattern]) => pattern.test(text));
  if (picture) return { format: picture[1], name: picture[2] };
  if (text.startsWith("BM") && isBitmap(head)) return { format: "bmp", name: "BMP" };
  if (text.slice(4, 8) === "ftyp") return mediaOf(text, head);
  const other = OTHERS.find(([pattern]) => pattern.test(text));
  if (other) return { name: other[1] };
  return { name: /[\0-\x08\x0e-\x1a\x7f]/.test(text) ? "of a kind that is not known" : "a text" };
}

/** @param {Uint8Array} head */
function isBitmap(head) {
  return head.length >= 18 && BMP_HEADER_SIZES.has(new DataView(head.buffer, head.byteOffset, head.length).getUint32(14, true));
}

/**
 * A file of the ISO base media format: its first box holds the major brand, a version, and the
 * compatible brands.
 * @param {string} text
 * @param {Uint8Array} head
 * @returns {Kind}
 */
function mediaOf(text, head) {
  const end = new DataView(head.buffer, head.byteOffset, head.length).getUint32(0);
  /** @type {string[]} */
  const brands = text.slice(8, end).match(/[^]{4}/g) ?? [];
  if (brands.includes("crx ")) return { format: "cr3", name: "a camera's raw file (CR3)" };
  if (brands.some((brand) => HEIC_BRANDS.has(brand))) return { format: "heic", name: "HEIC" };
  if (brands.some((brand) => brand === "avif" || brand === "avis")) return { format: "avif", name: "AVIF" };
  if (brands[0] === "mif1" || brands[0] === "msf1") return { format: "heif", name: "HEIF without HEVC or AV1" };
  return { name: "a video" };
}
