/** MD5 (RFC 1321) of bytes that come in pieces; browsers have none of their own. */

const BLOCK = 64;

export class Md5 {
  #a = 0x67452301;
  #b = 0xefcdab89 | 0;
  #c = 0x98badcfe | 0;
  #d = 0x10325476;
  #length = 0;
  /** The bytes after the last whole block. */
  #rest = new Uint8Array(BLOCK);

  /**
   * Takes more bytes in.
   * @param {Uint8Array} bytes
   */
  update(bytes) {
    let at = 0;
    const held = this.#length % BLOCK;
    this.#length += bytes.length;
    if (held > 0) {
      at = Math.min(BLOCK - held, bytes.length);
      this.#rest.set(bytes.subarray(0, at), held);
      if (held + at < BLOCK) return;
      this.#block(new DataView(this.#rest.buffer), 0);
    }
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    for (; at + BLOCK <= bytes.length; at += BLOCK) this.#block(view, at);
    this.#rest.set(bytes.subarray(at));
  }

  /**
   * The hash of everything taken in, in lower-case hexadecimal digits. Nothing can be added after.
   * @returns {string}
   */
  finish() {
    const bits = this.#length * 8;
    const held = this.#length % BLOCK;
    const end = new Uint8Array(held < 56 ? BLOCK - held : 2 * BLOCK - held);
    end[0] = 0x80;
    const view = new DataView(end.buffer);
    view.setUint32(end.length - 8, bits, true);
    view.setUint32(end.length - 4, bits / 2 ** 32, true);
    this.update(end);
    const hash = new DataView(new ArrayBuffer(16));
    [this.#a, this.#b, this.#c, this.#d].forEach((word, index) => hash.setInt32(index * 4, word, true));
    return Array.from({ length: 16 }, (_, at) => hash.getUint8(at).toString(16).padStart(2, "0")).join("");
  }

  /**
   * The four rounds, written out: a loop over tables is a quarter as fast. Sums are cut to 32 bits
   * on the way, so that they stay integers.
   * @param {DataView} view
   * @param {number} at
   */
  #block(view, at) {
    let [a, b, c, d] = [this.#a, this.#b, this.#c, this.#d];
    const w0 = view.getInt32(at + 0, true);
    const w1 = view.getInt32(at + 4, true);
    const w2 = view.getInt32(at + 8, true);
    const w3 = view.getInt32(at + 12, true);
    const w4 = view.getInt32(at + 16, true);
    const w5 = view.getInt32(at + 20, true);
    const w6 = view.getInt32(at + 24, true);
    const w7 = view.getInt32(at + 28, true);
    const w8 = view.getInt32(at + 32, true);
    const w9 = view.getInt32(at + 36, true);
    const w10 = view.getInt32(at + 40, true);
    const w11 = view.getInt32(at + 44, true);
    const w12 = view.getInt32(at + 48, true);
    const w13 = view.getInt32(at + 52, true);
    const w14 = view.getInt32(at + 56, true);
    const w15 = view.getInt32(at + 60, true);

    a = (((a + ((b & c) | (~b & d))) | 0) + ((0xd76aa478 + w0) | 0)) | 0; a = ((a << 7) | (a >>> 25)) + b | 0;
    d = (((d + ((a & b) | (~a & c))) | 0) + ((0xe8c7b756 + w1) | 0)) | 0; d = ((d << 12) | (d >>> 20)) + a | 0;
    c = (((c + ((d & a) | (~d & b))) | 0) + ((0x242070db + w2) | 0)) | 0; c = ((c << 17) | (c >>> 15)) + d | 0;
    b = (((b + ((c & d) | (~c & a))) | 0) + ((0xc1bdceee + w3) | 0)) | 0; b = ((b << 22) | (b >>> 10)) + c | 0;
    a = (((a + ((b & c) | (~b & d))) | 0) + ((0xf57c0faf + w4) | 0)) | 0; a = ((a << 7) | (a >>> 25)) + b | 0;
    d = (((d + ((a & b) | (~a & c))) | 0) + ((0x4787c62a + w5) | 0)) | 0; d = ((d << 12) | (d >>> 20)) + a | 0;
    c = (((c + ((d & a) | (~d & b))) | 0) + ((0xa8304613 + w6) | 0)) | 0; c = ((c << 17) | (c >>> 15)) + d | 0;
    b = (((b + ((c & d) | (~c & a))) | 0) + ((0xfd469501 + w7) | 0)) | 0; b = ((b << 22) | (b >>> 10)) + c | 0;
    a = (((a + ((b & c) | (~b & d))) | 0) + ((0x698098d8 + w8) | 0)) | 0; a = ((a << 7) | (a >>> 25)) + b | 0;
    d = (((d + ((a & b) | (~a & c))) | 0) + ((0x8b44f7af + w9) | 0)) | 0; d = ((d << 12) | (d >>> 20)) + a | 0;
    c = (((c + ((d & a) | (~d & b))) | 0) + ((0xffff5bb1 + w10) | 0)) | 0; c = ((c << 17) | (c >>> 15)) + d | 0;
    b = (((b + ((c & d) | (~c & a))) | 0) + ((0x895cd7be + w11) | 0)) | 0; b = ((b << 22) | (b >>> 10)) + c | 0;
    a = (((a + ((b & c) | (~b & d))) | 0) + ((0x6b901122 + w12) | 0)) | 0; a = ((a << 7) | (a >>> 25)) + b | 0;
    d = (((d + ((a & b) | (~a & c))) | 0) + ((0xfd987193 + w13) | 0)) | 0; d = ((d << 12) | (d >>> 20)) + a | 0;
    c = (((c + ((d & a) | (~d & b))) | 0) + ((0xa679438e + w14) | 0)) | 0; c = ((c << 17) | (c >>> 15)) + d | 0;
    b = (((b + ((c & d) | (~c & a))) | 0) + ((0x49b40821 + w15) | 0)) | 0; b = ((b << 22) | (b >>> 10)) + c | 0;

    a = (((a + ((d & b) | (~d & c))) | 0) + ((0xf61e2562 + w1) | 0)) | 0; a = ((a << 5) | (a >>> 27)) + b | 0;
    d = (((d + ((c & a) | (~c & b))) | 0) + ((0xc040b340 + w6) | 0)) | 0; d = ((d << 9) | (d >>> 23)) + a | 0;
    c = (((c + ((b & d) | (~b & a))) | 0) + ((0x265e5a51 + w11) | 0)) | 0; c = ((c << 14) | (c >>> 18)) + d | 0;
    b = (((b + ((a & c) | (~a & d))) | 0) + ((0xe9b6c7aa + w0) | 0)) | 0; b = ((b << 20) | (b >>> 12)) + c | 0;
    a = (((a + ((d & b) | (~d & c))) | 0) + ((0xd62f105d + w5) | 0)) | 0; a = ((a << 5) | (a >>> 27)) + b | 0;
    d = (((d + ((c & a) | (~c & b))) | 0) + ((0x02441453 + w10) | 0)) | 0; d = ((d << 9) | (d >>> 23)) + a | 0;
    c = (((c + ((b & d) | (~b & a))) | 0) + ((0xd8a1e681 + w15) | 0)) | 0; c = ((c << 14) | (c >>> 18)) + d | 0;
    b = (((b + ((a & c) | (~a & d))) | 0) + ((0xe7d3fbc8 + w4) | 0)) | 0; b = ((b << 20) | (b >>> 12)) + c | 0;
    a = (((a + ((d & b) | (~d & c))) | 0) + ((0x21e1cde6 + w9) | 0)) | 0; a = ((a << 5) | (a >>> 27)) + b | 0;
    d = (((d + ((c & a) | (~c & b))) | 0) + ((0xc33707d6 + w14) | 0)) | 0; d = ((d << 9) | (d >>> 23)) + a | 0;
    c = (((c + ((b & d) | (~b & a))) | 0) + ((0xf4d50d87 + w3) | 0)) | 0; c = ((c << 14) | (c >>> 18)) + d | 0;
    b = (((b + ((a & c) | (~a & d))) | 0) + ((0x455a14ed + w8) | 0)) | 0; b = ((b << 20) | (b >>> 12)) + c | 0;
    a = (((a + ((d & b) | (~d & c))) | 0) + ((0xa9e3e905 + w13) | 0)) | 0; a = ((a << 5) | (a >>> 27)) + b | 0;
    d = (((d + ((c & a) | (~c & b))) | 0) + ((0xfcefa3f8 + w2) | 0)) | 0; d = ((d << 9) | (d >>> 23)) + a | 0;
    c = (((c + ((b & d) | (~b & a))) | 0) + ((0x676f02d9 + w7) | 0)) | 0; c = ((c << 14) | (c >>> 18)) + d | 0;
    b = (((b + ((a & c) | (~a & d))) | 0) + ((0x8d2a4c8a + w12) | 0)) | 0; b = ((b << 20) | (b >>> 12)) + c | 0;

    a = (((a + (b ^ c ^ d)) | 0) + ((0xfffa3942 + w5) | 0)) | 0; a = ((a << 4) | (a >>> 28)) + b | 0;
    d = (((d + (a ^ b ^ c)) | 0) + ((0x8771f681 + w8) | 0)) | 0; d = ((d << 11) | (d >>> 21)) + a | 0;
    c = (((c + (d ^ a ^ b)) | 0) + ((0x6d9d6122 + w11) | 0)) | 0; c = ((c << 16) | (c >>> 16)) + d | 0;
    b = (((b + (c ^ d ^ a)) | 0) + ((0xfde5380c + w14) | 0)) | 0; b = ((b << 23) | (b >>> 9)) + c | 0;
    a = (((a + (b ^ c ^ d)) | 0) + ((0xa4beea44 + w1) | 0)) | 0; a = ((a << 4) | (a >>> 28)) + b | 0;
    d = (((d + (a ^ b ^ c)) | 0) + ((0x4bdecfa9 + w4) | 0)) | 0; d = ((d << 11) | (d >>> 21)) + a | 0;
    c = (((c + (d ^ a ^ b)) | 0) + ((0xf6bb4b60 + w7) | 0)) | 0; c = ((c << 16) | (c >>> 16)) + d | 0;
    b = (((b + (c ^ d ^ a)) | 0) + ((0xbebfbc70 + w10) | 0)) | 0; b = ((b << 23) | (b >>> 9)) + c | 0;
    a = (((a + (b ^ c ^ d)) | 0) + ((0x289b7ec6 + w13) | 0)) | 0; a = ((a << 4) | (a >>> 28)) + b | 0;
    d = (((d + (a ^ b ^ c)) | 0) + ((0xeaa127fa + w0) | 0)) | 0; d = ((d << 11) | (d >>> 21)) + a | 0;
    c = (((c + (d ^ a ^ b)) | 0) + ((0xd4ef3085 + w3) | 0)) | 0; c = ((c << 16) | (c >>> 16)) + d | 0;
    b = (((b + (c ^ d ^ a)) | 0) + ((0x04881d05 + w6) | 0)) | 0; b = ((b << 23) | (b >>> 9)) + c | 0;
    a = (((a + (b ^ c ^ d)) | 0) + ((0xd9d4d039 + w9) | 0)) | 0; a = ((a << 4) | (a >>> 28)) + b | 0;
    d = (((d + (a ^ b ^ c)) | 0) + ((0xe6db99e5 + w12) | 0)) | 0; d = ((d << 11) | (d >>> 21)) + a | 0;
    c = (((c + (d ^ a ^ b)) | 0) + ((0x1fa27cf8 + w15) | 0)) | 0; c = ((c << 16) | (c >>> 16)) + d | 0;
    b = (((b + (c ^ d ^ a)) | 0) + ((0xc4ac5665 + w2) | 0)) | 0; b = ((b << 23) | (b >>> 9)) + c | 0;

    a = (((a + (c ^ (b | ~d))) | 0) + ((0xf4292244 + w0) | 0)) | 0; a = ((a << 6) | (a >>> 26)) + b | 0;
    d = (((d + (b ^ (a | ~c))) | 0) + ((0x432aff97 + w7) | 0)) | 0; d = ((d << 10) | (d >>> 22)) + a | 0;
    c = (((c + (a ^ (d | ~b))) | 0) + ((0xab9423a7 + w14) | 0)) | 0; c = ((c << 15) | (c >>> 17)) + d | 0;
    b = (((b + (d ^ (c | ~a))) | 0) + ((0xfc93a039 + w5) | 0)) | 0; b = ((b << 21) | (b >>> 11)) + c | 0;
    a = (((a + (c ^ (b | ~d))) | 0) + ((0x655b59c3 + w12) | 0)) | 0; a = ((a << 6) | (a >>> 26)) + b | 0;
    d = (((d + (b ^ (a | ~c))) | 0) + ((0x8f0ccc92 + w3) | 0)) | 0; d = ((d << 10) | (d >>> 22)) + a | 0;
    c = (((c + (a ^ (d | ~b))) | 0) + ((0xffeff47d + w10) | 0)) | 0; c = ((c << 15) | (c >>> 17)) + d | 0;
    b = (((b + (d ^ (c | ~a))) | 0) + ((0x85845dd1 + w1) | 0)) | 0; b = ((b << 21) | (b >>> 11)) + c | 0;
    a = (((a + (c ^ (b | ~d))) | 0) + ((0x6fa87e4f + w8) | 0)) | 0; a = ((a << 6) | (a >>> 26)) + b | 0;
    d = (((d + (b ^ (a | ~c))) | 0) + ((0xfe2ce6e0 + w15) | 0)) | 0; d = ((d << 10) | (d >>> 22)) + a | 0;
    c = (((c + (a ^ (d | ~b))) | 0) + ((0xa3014314 + w6) | 0)) | 0; c = ((c << 15) | (c >>> 17)) + d | 0;
    b = (((b + (d ^ (c | ~a))) | 0) + ((0x4e0811a1 + w13) | 0)) | 0; b = ((b << 21) | (b >>> 11)) + c | 0;
    a = (((a + (c ^ (b | ~d))) | 0) + ((0xf7537e82 + w4) | 0)) | 0; a = ((a << 6) | (a >>> 26)) + b | 0;
    d = (((d + (b ^ (a | ~c))) | 0) + ((0xbd3af235 + w11) | 0)) | 0; d = ((d << 10) | (d >>> 22)) + a | 0;
    c = (((c + (a ^ (d | ~b))) | 0) + ((0x2ad7d2bb + w2) | 0)) | 0; c = ((c << 15) | (c >>> 17)) + d | 0;
    b = (((b + (d ^ (c | ~a))) | 0) + ((0xeb86d391 + w9) | 0)) | 0; b = ((b << 21) | (b >>> 11)) + c | 0;

    this.#a = (this.#a + a) | 0;
    this.#b = (this.#b + b) | 0;
    this.#c = (this.#c + c) | 0;
    this.#d = (this.#d + d) | 0;
  }
}
