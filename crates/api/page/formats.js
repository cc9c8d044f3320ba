/** Which files are photos, told from their first bytes as the server does it. */

/** How many bytes of a file are looked at. */
export const HEAD_LENGTH = 64;

// HEIC, AVIF and CR3.
const BRANDS = new Set(["heic", "heix", "heim", "heis", "hevc", "hevx", "avif", "avis", "crx "]);

// JPEG XL, JPEG 2000, PSD, and camera RAW that is no TIFF.
const OTHERS = /^(\xff\n|\0\0\0\fJXL |\xff\x4f\xff\x51|\0\0\0\fjP  |8BPS\0[\x01\x02]|IIU\0|IIR[OS]|MMOR|FUJIFILMCCD-RAW )/;

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
  if (OTHERS.test(text)) return true;
  if (text.startsWith("BM")) return head.length >= 18 && BMP_HEADER_SIZES.has(view.getUint32(14, true));
  if (text.slice(4, 8) !== "ftyp") return false;
  // The box holds the major brand, a version, and the compatible brands.
  const brands = text.slice(8, view.getUint32(0)).match(/[^]{4}/g) ?? [];
  return brands.some((brand) => BRANDS.has(brand));
}
