/** Which files are photos, told from their first bytes as the server does it. */

/** How many bytes of a file are looked at. */
export const HEAD_LENGTH = 64;

const HEIC_BRANDS = new Set(["heic", "heix", "heim", "heis", "hevc", "hevx"]);
const BMP_HEADER_SIZES = new Set([12, 16, 40, 52, 56, 64, 108, 124]);

/**
 * Whether a file that begins so is a photo the server takes.
 * @param {Uint8Array} head
 * @returns {boolean}
 */
export function isPhoto(head) {
  const text = String.fromCharCode(...head.subarray(0, HEAD_LENGTH));
  const view = new DataView(head.buffer, head.byteOffset, head.length);
  if (text.startsWith("\xff\xd8\xff") || text.startsWith("\x89PNG\r\n\x1a\n")) return true;
  if (/^GIF8[79]a/.test(text) || /^RIFF[^]{4}WEBP/.test(text)) return true;
  if (/^(II[*+]\0|MM\0[*+])/.test(text)) return true;
  if (text.startsWith("BM")) return head.length >= 18 && BMP_HEADER_SIZES.has(view.getUint32(14, true));
  if (text.slice(4, 8) !== "ftyp") return false;
  // The box holds the major brand, a version, and the compatible brands.
  const brands = text.slice(8, view.getUint32(0)).match(/[^]{4}/g) ?? [];
  return brands.some((brand) => HEIC_BRANDS.has(brand));
}
