//! Photos made on the spot.

/// A small BMP, another one for every `seed`: 8 by 8 pixels, 24 bit.
pub fn bmp(seed: u64) -> Vec<u8> {
    bmp_of(8, 8, seed)
}

/// A BMP of this size in pixels, `54 + 3 * width * height` bytes where `width` is a multiple of 4.
/// Its pixels are noise that depends on `seed`.
pub fn bmp_of(width: u32, height: u32, seed: u64) -> Vec<u8> {
    let row = (width as usize * 3).next_multiple_of(4);
    let len = 54 + row * height as usize;
    let mut file = Vec::with_capacity(len);
    file.extend(b"BM");
    file.extend(u32::try_from(len).unwrap_or(0).to_le_bytes());
    file.extend([0; 4]);
    file.extend(54u32.to_le_bytes());
    file.extend(40u32.to_le_bytes());
    file.extend(width.to_le_bytes());
    file.extend(height.to_le_bytes());
    file.extend(1u16.to_le_bytes());
    file.extend(24u16.to_le_bytes());
    file.extend([0; 24]);
    // xorshift64*, Vigna 2014; the state must not be zero.
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    while file.len() < len {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        let noise = state.wrapping_mul(0x2545_F491_4F6C_DD1D).to_le_bytes();
        file.extend(&noise[..noise.len().min(len - file.len())]);
    }
    file
}
