use std::io::Cursor;

use proptest::prelude::*;

use super::*;

fn read(photo: &[u8]) -> Option<Header> {
    Header::read(PhotoFormat::sniff(photo)?, Cursor::new(photo)).ok()
}

fn told(photo: &[u8]) -> Option<(PhotoFormat, u32, u32, u8)> {
    let Header { format, dimensions, orientation, .. } = read(photo)?;
    Some((format, dimensions.width, dimensions.height, orientation.number()))
}

/// One TIFF directory with these entries of one 32-bit number each, little end first.
fn directory(entries: &[(u16, u32)], next: u32) -> Vec<u8> {
    let count = u16::try_from(entries.len()).unwrap().to_le_bytes();
    let entries = entries.iter().flat_map(|(tag, value)| {
        [&tag.to_le_bytes()[..], b"\x04\0\x01\0\0\0", &value.to_le_bytes()].concat()
    });
    count.into_iter().chain(entries).chain(next.to_le_bytes()).collect()
}

/// Exif with nothing but an orientation.
fn exif(orientation: u32) -> Vec<u8> {
    [b"II*\0\x08\0\0\0".to_vec(), directory(&[(274, orientation)], 0)].concat()
}

fn boxed(kind: &[u8], content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len() + 8).unwrap();
    [&length.to_be_bytes(), kind, content].concat()
}

/// Both digits of a byte in hexadecimal.
fn hex_digits(byte: u8) -> [char; 2] {
    [byte >> 4, byte & 15].map(|digit| char::from(b"0123456789abcdef"[usize::from(digit)]))
}

/// A HEIC of two tiles: the primary item is the grid, which is turned and mirrored.
fn heic(brand: &[u8], transforms: &[Vec<u8>]) -> Vec<u8> {
    let size = |width: u32, height: u32| {
        boxed(b"ispe", &[[0; 4], width.to_be_bytes(), height.to_be_bytes()].concat())
    };
    let properties = [vec![size(512, 512), size(1000, 500)], transforms.to_vec()].concat().concat();
    let own: Vec<u8> = (2..3 + u8::try_from(transforms.len()).unwrap()).collect();
    let count = u8::try_from(own.len()).unwrap();
    let associations = [
        b"\0\0\0\0\0\0\0\x02\0\x01\x01\x81\0\x03".as_slice(),
        &[count],
        &own.iter().map(|it| it | 0x80).collect::<Vec<u8>>(),
    ];
    let properties = [boxed(b"ipco", &properties), boxed(b"ipma", &associations.concat())].concat();
    let meta =
        [b"\0\0\0\0".to_vec(), boxed(b"pitm", b"\0\0\0\0\0\x03"), boxed(b"iprp", &properties)];
    let kind = [brand, b"\0\0\0\0mif1", brand].concat();
    [boxed(b"ftyp", &kind), boxed(b"meta", &meta.concat()), boxed(b"mdat", b"")].concat()
}

#[test]
fn a_photo_of_tiles_has_the_size_of_all_of_them_and_the_turns_of_its_boxes() {
    assert_eq!(told(&heic(b"heic", &[])), Some((PhotoFormat::Heic, 1000, 500, 1)));
    assert_eq!(told(&heic(b"avif", &[])), Some((PhotoFormat::Avif, 1000, 500, 1)));
    let turn = |quarters: u8| boxed(b"irot", &[quarters]);
    let mirror = |axis: u8| boxed(b"imir", &[axis]);
    for (transforms, orientation) in [
        (vec![turn(3)], 6),
        (vec![turn(2)], 3),
        (vec![turn(1)], 8),
        (vec![mirror(1)], 2),
        (vec![mirror(0)], 4),
        (vec![turn(1), mirror(0)], 5),
        (vec![turn(1), mirror(1)], 7),
        (vec![mirror(1), turn(1)], 5),
    ] {
        let found = told(&heic(b"heic", &transforms)).unwrap();
        assert_eq!(found, (PhotoFormat::Heic, 1000, 500, orientation), "{transforms:?}");
    }
}

#[test]
fn a_photo_that_is_cropped_has_the_size_of_what_is_left() {
    let crop = |sides: [u32; 4]| {
        let offsets = [0, 1, 0, 1];
        boxed(
            b"clap",
            &[sides, offsets].concat().into_iter().flat_map(u32::to_be_bytes).collect::<Vec<u8>>(),
        )
    };
    let turn = boxed(b"irot", &[1]);
    for (transforms, width, height, orientation) in [
        (vec![crop([999, 1, 499, 1])], 999, 499, 1),
        (vec![crop([1999, 2, 1997, 4])], 1000, 499, 1),
        (vec![crop([900, 1, 400, 1]), turn.clone()], 900, 400, 8),
        // What is cropped after the turn is what stands upright.
        (vec![turn, crop([400, 1, 900, 1])], 900, 400, 8),
        // What makes no sense counts for nothing.
        (vec![crop([1001, 1, 499, 1])], 1000, 500, 1),
        (vec![crop([999, 0, 499, 1])], 1000, 500, 1),
        (vec![crop([0, 1, 499, 1])], 1000, 500, 1),
        (vec![boxed(b"clap", b"\0\0")], 1000, 500, 1),
    ] {
        let found = told(&heic(b"heic", &transforms)).unwrap();
        assert_eq!(found, (PhotoFormat::Heic, width, height, orientation), "{transforms:?}");
    }
}

#[test]
fn exif_tells_the_orientation_in_every_spelling() {
    let with_prefix = [b"Exif\0\0".to_vec(), exif(6)].concat();
    let length = u16::try_from(with_prefix.len() + 2).unwrap().to_be_bytes();
    let frame = b"\xFF\xC0\x00\x0B\x08\x00\x10\x00\x20\x01\x01\x11\x00";
    // Behind another segment of the kind.
    let other = b"\xFF\xE1\x00\x0Ahttp://x";
    let jpeg = [b"\xFF\xD8", other.as_slice(), b"\xFF\xE1", &length, &with_prefix, frame].concat();
    assert_eq!(told(&jpeg), Some((PhotoFormat::Jpeg, 32, 16, 6)));

    let chunk = |kind: &[u8], content: &[u8]| {
        let length = u32::try_from(content.len()).unwrap().to_be_bytes();
        [&length, kind, content, b"sums"].concat()
    };
    let head = [32_u32.to_be_bytes(), 16_u32.to_be_bytes()].concat();
    let head = chunk(b"IHDR", &[&head, b"\x08\x02\0\0\0".as_slice()].concat());
    let digits: String = with_prefix.iter().copied().flat_map(hex_digits).collect();
    let (first, second) = digits.split_at(20);
    let text = format!("\nexif\n      {}\n{first}\n{second}\n", with_prefix.len());
    let packed = miniz_oxide::deflate::compress_to_vec_zlib(text.as_bytes(), 6);
    for exif in [
        chunk(b"eXIf", &exif(6)),
        chunk(b"eXIf", &with_prefix),
        chunk(b"tEXt", &[b"Raw profile type exif\0", text.as_bytes()].concat()),
        chunk(b"tEXt", &[b"Raw profile type APP1\0", text.as_bytes()].concat()),
        chunk(b"zTXt", &[b"Raw profile type exif\0\0".as_slice(), &packed].concat()),
        chunk(b"iTXt", &[b"Raw profile type exif\0\0\0\0\0", text.as_bytes()].concat()),
        chunk(b"iTXt", &[b"Raw profile type exif\0\x01\0\0\0".as_slice(), &packed].concat()),
    ] {
        // It may stand behind the pixels.
        let pixels = chunk(b"IDAT", b"");
        let png = [b"\x89PNG\r\n\x1A\n".as_slice(), &head, &pixels, &exif].concat();
        assert_eq!(told(&png), Some((PhotoFormat::Png, 32, 16, 6)), "{exif:?}");
    }

    for exif in [exif(6), with_prefix] {
        let length = u32::try_from(exif.len()).unwrap().to_le_bytes();
        let size = b"VP8X\x0A\0\0\0\x08\0\0\0\x1F\0\0\x0F\0\0";
        let webp = [b"RIFF\xFF\0\0\0WEBP".as_slice(), size, b"EXIF", &length, &exif].concat();
        assert_eq!(told(&webp), Some((PhotoFormat::WebP, 32, 16, 6)));
    }
}

/// A camera's RAW as makers write it: a thumbnail first, and below it a preview and the sensor's
/// data.
fn raw(maker: &[u8], is_dng: bool) -> Vec<u8> {
    const PREVIEW_AT: u32 = 500;
    const MOSAIC_AT: u32 = 600;
    const MAKER_AT: u32 = 700;
    const PIXELS_AT: u32 = 800;
    let mut first =
        vec![(254, 1), (256, 160), (257, 120), (271, MAKER_AT), (274, 8), (330, 400), (50_706, 1)];
    first.truncate(if is_dng { 7 } else { 6 });
    let mut file = [b"II*\0\x08\0\0\0".to_vec(), directory(&first, 0)].concat();
    // The maker is a text, and there are two directories below.
    let maker_entry = 8 + 2 + 3 * 12;
    file[maker_entry + 2] = 2;
    file[maker_entry + 4] = u8::try_from(maker.len()).unwrap();
    file[8 + 2 + 5 * 12 + 4] = 2;
    let put = |file: &mut Vec<u8>, at: u32, bytes: &[u8]| {
        let end = at as usize + bytes.len();
        file.resize(file.len().max(end), 0);
        file[at as usize..end].copy_from_slice(bytes);
    };
    put(&mut file, 400, &[PREVIEW_AT.to_le_bytes(), MOSAIC_AT.to_le_bytes()].concat());
    put(&mut file, PREVIEW_AT, &directory(&[(254, 1), (513, PIXELS_AT), (514, 50)], 0));
    let mosaic =
        [(254, 0), (256, 6000), (257, 4000), (259, 7), (262, 32_803), (273, 800), (279, 60)];
    put(&mut file, MOSAIC_AT, &directory(&mosaic, 0));
    put(&mut file, MAKER_AT, maker);
    file.resize(860, 0);
    file
}

#[test]
fn camera_raw_has_its_makers_name_the_size_of_its_picture_and_a_preview() {
    for (maker, is_dng, format) in [
        (b"NIKON CORPORATION\0".as_slice(), false, PhotoFormat::Nef),
        (b"SONY\0       ", false, PhotoFormat::Arw),
        (b"PENTAX Corporation\0", false, PhotoFormat::Pef),
        (b"Hasselblad\0     ", false, PhotoFormat::Raw),
        (b"Leica Camera AG\0", true, PhotoFormat::Dng),
    ] {
        let photo = raw(maker, is_dng);
        assert_eq!(told(&photo), Some((format, 6000, 4000, 8)));
        let header = read(&photo).unwrap();
        assert_eq!(header.preview, Some((800, 50)));
        assert!(!header.is_cut_short);
        assert!(read(&photo[..859]).unwrap().is_cut_short, "the sensor's data ends at 860");
    }
}

#[test]
fn a_tiff_is_none_and_has_the_size_of_its_first_page() {
    let first = directory(&[(256, 30), (257, 20), (274, 3), (273, 90), (279, 5)], 80);
    let mut file = [b"II*\0\x08\0\0\0".to_vec(), first].concat();
    file.resize(80, 0);
    file.extend(directory(&[(256, 300), (257, 200)], 0));
    assert_eq!(told(&file), Some((PhotoFormat::Tiff, 30, 20, 3)));
    // The same in the big form: a count, the width and the height, all of eight bytes.
    let entry = |tag: u16, value: u64| {
        [&tag.to_le_bytes()[..], b"\x10\0\x01\0\0\0\0\0\0\0", &value.to_le_bytes()].concat()
    };
    let big = [
        b"II+\0\x08\0\0\0\x10\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0".to_vec(),
        entry(256, 30),
        entry(257, 20),
        vec![0; 8],
    ];
    assert_eq!(told(&big.concat()), Some((PhotoFormat::Tiff, 30, 20, 1)));
}

#[test]
fn the_other_formats_tell_their_size() {
    let psd = b"8BPS\0\x01\0\0\0\0\0\0\0\x03\0\0\0\x10\0\0\0\x20\0\x08\0\x03".as_slice();
    assert_eq!(told(psd), Some((PhotoFormat::Psd, 32, 16, 1)));
    let codestream =
        b"\xFF\x4F\xFF\x51\0\x2F\0\0\0\0\0\x22\0\0\0\x11\0\0\0\x02\0\0\0\x01".as_slice();
    assert_eq!(told(codestream), Some((PhotoFormat::Jp2, 32, 16, 1)));
    let jp2 = [boxed(b"jP  ", b"\r\n\x87\n"), boxed(b"jp2c", codestream)].concat();
    assert_eq!(told(&jp2), Some((PhotoFormat::Jp2, 32, 16, 1)));
    // Bits from the lowest on: small, 16 high, 2:1; not all default, extra fields, orientation 6.
    let bits = 1_u32 | 1 << 1 | 7 << 6 | 1 << 10 | 5 << 11;
    let jxl = [b"\xFF\x0A".as_slice(), &bits.to_le_bytes()].concat();
    assert_eq!(told(&jxl), Some((PhotoFormat::Jxl, 32, 16, 6)));
    let container = [boxed(b"JXL ", b"\r\n\x87\n"), boxed(b"jxlc", &jxl)].concat();
    assert_eq!(told(&container), Some((PhotoFormat::Jxl, 32, 16, 6)));
    let rw2 = directory(&[(4, 10), (5, 20), (6, 4010), (7, 6020), (274, 1)], 0);
    let rw2 = [b"IIU\0\x08\0\0\0".to_vec(), rw2].concat();
    assert_eq!(told(&rw2), Some((PhotoFormat::Rw2, 6000, 4000, 1)));
    let orf = [b"IIRO\x08\0\0\0".to_vec(), directory(&[(256, 4640), (257, 3472)], 0)].concat();
    assert_eq!(told(&orf), Some((PhotoFormat::Orf, 4640, 3472, 1)));
    let mut raf = b"FUJIFILMCCD-RAW 0201".to_vec();
    raf.resize(84, 0);
    let size = b"\0\0\0\x02\x01\x00\0\x04\x10\x00\x18\x00\x01\x11\0\x04\x0F\xA0\x17\x70";
    raf.extend([0, 0, 120, u32::try_from(size.len()).unwrap()].map(u32::to_be_bytes).concat());
    raf.resize(120, 0);
    raf.extend(size);
    assert_eq!(told(&raf), Some((PhotoFormat::Raf, 6000, 4000, 1)));
    let directory = directory(&[(256, 6000), (257, 4000), (274, 6)], 0);
    let size = boxed(b"CMT1", &[b"II*\0\x08\0\0\0".to_vec(), directory].concat());
    let canon = b"\x85\xC0\xB6\x87\x82\x0F\x11\xE0\x81\x11\xF4\xCE\x46\x2B\x6A\x48".to_vec();
    let cr3 = boxed(b"moov", &boxed(b"uuid", &[canon, size].concat()));
    let cr3 = [boxed(b"ftyp", b"crx \0\0\0\x01crx isom"), cr3].concat();
    assert_eq!(told(&cr3), Some((PhotoFormat::Cr3, 6000, 4000, 6)));
}

proptest! {
    #[test]
    fn damaged_headers_never_panic(
        which in 0..3_usize,
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20),
    ) {
        let photos = [raw(b"NIKON\0", true), heic(b"heic", &[]), exif(6)];
        let mut photo = photos[which].clone();
        for (place, byte) in damage {
            let place = place.index(photo.len());
            photo[place] = byte;
        }
        let _ = read(&photo);
    }
}
