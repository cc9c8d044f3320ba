//! JPEG, by libjpeg.
//!
//! Its fatal errors unwind through C that was compiled for it (`-fexceptions`); [`crate::decode`]
//! catches them. Its warnings are counted: a photo that is decoded with some is damaged.

use std::cell::Cell;
use std::io;
use std::os::raw::c_int;
use std::panic::resume_unwind;
use std::ptr;

use image::{DynamicImage, GrayImage, RgbImage, RgbaImage};
use mozjpeg::decompress::{DecompressBuilder, DecompressStarted};
use mozjpeg::{ColorSpace, Decompress, Marker};
use mozjpeg_sys::{jpeg_common_struct, jpeg_error_mgr};
use photo_format::PhotoFormat;

use crate::color::{Layout, Pixels};
use crate::decode_error::DecodeError;
use crate::shrink;
use crate::wanted::{EXTRA, Wanted};

/// What libjpeg holds of a pixel at most while it collects the scans of a photo: three or four
/// components of 16 bits.
pub(crate) const MOST_COEFFICIENT_BYTES: u64 = 8;

/// More scans than any encoder makes. Each goes over the whole photo, so that a few bytes could
/// keep a processor busy for hours.
const MOST_SCANS: usize = 100;

/// The markers that say what the colours mean: the colour profile, and Adobe's.
const COLOR_MARKERS: [Marker; 2] = [Marker::APP(2), Marker::APP(14)];

/// What a segment with a piece of a colour profile begins with. The piece's number and the number
/// of pieces follow.
const PROFILE: &[u8] = b"ICC_PROFILE\0";

/// The divisors of eight that libjpeg decodes by without loss of quality.
const EIGHTHS: [u8; 4] = [8, 4, 2, 1];

thread_local! {
    /// The warnings of the photo that is being decoded in this thread.
    static WARNINGS: Cell<u32> = const { Cell::new(0) };
}

pub(crate) fn decode(photo: &[u8], wanted: Wanted) -> Result<Pixels, DecodeError> {
    let frame = Frame::find(photo);
    if frame.scans > MOST_SCANS {
        return Err(unsupported(format!("it has {} scans", frame.scans)));
    }
    let builder = DecompressBuilder::new().with_err(error_manager()).with_markers(&COLOR_MARKERS);
    let mut decompress = builder.from_mem(photo).map_err(damaged)?;
    let profile = profile(&decompress);
    let is_adobe = decompress
        .markers()
        .any(|it| it.marker == Marker::APP(14) && it.data.starts_with(b"Adobe"));
    decompress.scale(choose_scale(&decompress, &frame, wanted)?);
    // What the header's warnings are about, such as a newer version of JFIF, shows nowhere.
    WARNINGS.set(0);
    let (image, layout) = match decompress.color_space() {
        ColorSpace::JCS_GRAYSCALE => {
            let mut started = decompress.grayscale().map_err(damaged)?;
            let (width, height, bytes) = read(&mut started)?;
            (GrayImage::from_raw(width, height, bytes).map(DynamicImage::from), Layout::Gray)
        }
        ColorSpace::JCS_CMYK | ColorSpace::JCS_YCCK => {
            let started = decompress.to_colorspace(ColorSpace::JCS_CMYK);
            let (width, height, mut bytes) = read(&mut started.map_err(damaged)?)?;
            // Adobe writes how much light is left, and not how much ink there is.
            if is_adobe {
                for byte in &mut bytes {
                    *byte = 255 - *byte;
                }
            }
            (RgbaImage::from_raw(width, height, bytes).map(DynamicImage::from), Layout::Cmyk)
        }
        ColorSpace::JCS_RGB | ColorSpace::JCS_YCbCr => {
            let mut started = decompress.rgb().map_err(damaged)?;
            let (width, height, bytes) = read(&mut started)?;
            (RgbImage::from_raw(width, height, bytes).map(DynamicImage::from), Layout::Rgb)
        }
        _ => return Err(unsupported("it has an unknown number of colours".to_owned())),
    };
    let image = image.ok_or_else(|| DecodeError::Damaged("rows are missing".to_owned()))?;
    Ok(Pixels { image, layout, profile, is_damaged: WARNINGS.get() > 0 })
}

fn read(started: &mut DecompressStarted<&[u8]>) -> Result<(u32, u32, Vec<u8>), DecodeError> {
    let side =
        |side: usize| u32::try_from(side).map_err(|error| DecodeError::Damaged(error.to_string()));
    let (width, height) = (side(started.width())?, side(started.height())?);
    Ok((width, height, started.read_scanlines().map_err(damaged)?))
}

/// How many eighths of its size the photo is decoded to: as few as leave enough pixels for what is
/// wanted, and fewer where that would take too much memory.
fn choose_scale(
    photo: &Decompress<&[u8]>,
    frame: &Frame,
    wanted: Wanted,
) -> Result<u8, DecodeError> {
    let (width, height) = (photo.width() as u64, photo.height() as u64);
    let components = photo.components();
    let factors = |factor: fn(&mozjpeg_sys::jpeg_component_info) -> c_int| {
        components.iter().map(factor).map(|it| u64::from(it.unsigned_abs())).collect::<Vec<_>>()
    };
    let (across, down) = (factors(|it| it.h_samp_factor), factors(|it| it.v_samp_factor));
    let most = across.iter().max().unwrap_or(&1) * down.iter().max().unwrap_or(&1);
    let share: u64 = across.iter().zip(&down).map(|(across, down)| across * down).sum();
    // All coefficients are held, at whole size, where there is more than one scan.
    let coefficients = if frame.is_in_several_scans {
        width.next_multiple_of(64) * height.next_multiple_of(64) * share * 2 / most.max(1)
    } else {
        0
    };
    let needed = |eighths: u8| {
        let pixels = (width * height * u64::from(eighths).pow(2)).div_ceil(64);
        // The picture, and what is made of it.
        coefficients + pixels * 2 * components.len() as u64 + EXTRA
    };
    let eighths = match wanted.max_side {
        None => &EIGHTHS[..1],
        Some(side) => {
            let longest = u32::try_from(width.max(height)).unwrap_or(u32::MAX);
            let divisor = shrink::divisor(longest, side);
            let first = EIGHTHS.iter().rposition(|eighths| 8 / u32::from(*eighths) <= divisor);
            &EIGHTHS[first.unwrap_or(0)..]
        }
    };
    let fitting = eighths.iter().find(|eighths| needed(**eighths) <= wanted.memory);
    fitting.copied().ok_or_else(|| DecodeError::TooLarge {
        needed: needed(*eighths.last().unwrap_or(&8)),
        limit: wanted.memory,
    })
}

/// The colour profile, put together from its pieces in the order of their numbers.
fn profile(photo: &Decompress<&[u8]>) -> Option<Vec<u8>> {
    let mut pieces: Vec<(u8, &[u8])> = photo
        .markers()
        .filter(|it| it.marker == Marker::APP(2))
        .filter_map(|it| match it.data.strip_prefix(PROFILE)? {
            [number, _, piece @ ..] => Some((*number, piece)),
            _ => None,
        })
        .collect();
    pieces.sort_by_key(|(number, _)| *number);
    let profile: Vec<u8> = pieces.into_iter().flat_map(|(_, piece)| piece).copied().collect();
    (!profile.is_empty()).then_some(profile)
}

/// How a photo is put together, by its markers.
struct Frame {
    scans: usize,
    is_in_several_scans: bool,
}

impl Frame {
    /// Goes over the segments. In the pixels between them the next marker is looked for, so that
    /// damage hides none.
    fn find(photo: &[u8]) -> Self {
        let mut frame = Self { scans: 0, is_in_several_scans: false };
        let (mut at, mut components) = (2, 0);
        while let Some(marker) = photo.get(at..at + 2) {
            let [0xFF, code] = *marker else {
                at += 1;
                continue;
            };
            match code {
                0xFF => {
                    at += 1;
                    continue;
                }
                0 | 1 | 0xD0..=0xD9 => {
                    at += 2;
                    continue;
                }
                0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF => {
                    frame.is_in_several_scans |= matches!(code, 0xC2 | 0xC6 | 0xCA | 0xCE);
                    components = photo.get(at + 9).copied().unwrap_or(0);
                }
                0xDA => {
                    frame.scans += 1;
                    frame.is_in_several_scans |=
                        photo.get(at + 4).is_some_and(|in_scan| *in_scan < components);
                }
                _ => {}
            }
            let length =
                photo.get(at + 2..at + 4).map_or(2, |it| u16::from_be_bytes([it[0], it[1]]));
            // A segment that damage made long must not hide scans from the count.
            at += if frame.scans > 0 { 2 } else { 2 + usize::from(length.max(2)) };
        }
        frame
    }
}

/// Counts warnings, and unwinds from fatal errors.
fn error_manager() -> jpeg_error_mgr {
    jpeg_error_mgr {
        error_exit: Some(unwind),
        emit_message: Some(count_warning),
        output_message: Some(ignore),
        format_message: Some(ignore_format),
        reset_error_mgr: Some(ignore),
        msg_code: 0,
        msg_parm: mozjpeg_sys::msg_parm_union::default(),
        trace_level: 0,
        num_warnings: 0,
        jpeg_message_table: ptr::null(),
        last_jpeg_message: 0,
        addon_message_table: ptr::null(),
        first_addon_message: 0,
        last_addon_message: 0,
    }
}

extern "C-unwind" fn unwind(_: &mut jpeg_common_struct) {
    // Not a panic of ours: no hook is called.
    resume_unwind(Box::new("libjpeg cannot go on with it".to_owned()));
}

extern "C-unwind" fn count_warning(_: &mut jpeg_common_struct, level: c_int) {
    if level < 0 {
        WARNINGS.set(WARNINGS.get().saturating_add(1));
    }
}

extern "C-unwind" fn ignore(_: &mut jpeg_common_struct) {}

extern "C-unwind" fn ignore_format(_: &mut jpeg_common_struct, _: &[u8; 80]) {}

#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` hands over")]
fn damaged(error: io::Error) -> DecodeError {
    DecodeError::Damaged(error.to_string())
}

fn unsupported(kind: String) -> DecodeError {
    DecodeError::Unsupported { format: PhotoFormat::Jpeg, kind }
}
