//! How far a photo is made smaller while it is decoded. The rest is done on the pixels.

/// How many times longer than wanted the decoded sides are at least, so that each pixel that is
/// wanted is the mean of several.
const MARGIN: u32 = 2;

/// The most pixels that are decoded where this side is wanted: no decoder leaves more than twice
/// the margin.
pub(crate) fn most_decoded(side: u32) -> u64 {
    let longest = u64::from(side) * u64::from(MARGIN) * 2;
    longest * longest
}

/// By how much a photo's sides can be divided while it is decoded.
pub(crate) fn divisor(longest: u32, wanted: u32) -> u32 {
    (longest / wanted.max(1).saturating_mul(MARGIN)).max(1)
}
