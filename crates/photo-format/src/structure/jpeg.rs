//! The segments and scans of a JPEG, up to its end. What stands behind that is not the photo's.

use super::Step;

const RESTARTS: std::ops::RangeInclusive<u8> = 0xD0..=0xD7;
const START: u8 = 0xD8;
const END: u8 = 0xD9;
const SCAN: u8 = 0xDA;
const TEM: u8 = 0x01;

#[derive(Debug, Default)]
pub(super) struct JpegWalker {
    at: At,
    /// Whether pixels have begun: a byte 0xFF is then looked for in them.
    is_in_scan: bool,
    /// The restart that comes next in the scan.
    restart: u8,
    misplaced: bool,
}

#[derive(Debug, Default, Clone, Copy)]
enum At {
    /// Behind a segment.
    #[default]
    Anywhere,
    /// Behind a byte 0xFF that was looked for.
    Found,
    /// Behind a marker.
    Marker,
    /// Behind the marker of a segment.
    Length { is_scan: bool },
    /// Behind the header of a scan.
    ScanHeader,
}

impl JpegWalker {
    pub(super) fn has_misplaced_restarts(&self) -> bool {
        self.misplaced
    }

    pub(super) fn next(&mut self, taken: &[u8]) -> Step {
        match (self.at, taken) {
            (At::Marker, [code]) => self.marker(*code),
            (At::Length { is_scan }, [high, low]) => {
                self.at = if is_scan { At::ScanHeader } else { At::Anywhere };
                let length = u16::from_be_bytes([*high, *low]);
                Step::Skip(length.saturating_sub(2).into())
            }
            (At::ScanHeader, _) => {
                (self.is_in_scan, self.restart) = (true, 0);
                self.find()
            }
            (At::Found, _) => {
                self.at = At::Marker;
                Step::Take(1)
            }
            (At::Anywhere, _) => self.find(),
            _ => Step::End,
        }
    }

    fn find(&mut self) -> Step {
        self.at = At::Found;
        Step::Find
    }

    fn marker(&mut self, code: u8) -> Step {
        match code {
            // Fill: the byte may be a marker's first one.
            0xFF => Step::Take(1),
            0 | TEM => self.find(),
            code if RESTARTS.contains(&code) => {
                if self.is_in_scan {
                    self.misplaced |= code & 7 != self.restart;
                    self.restart = (code + 1) & 7;
                }
                self.find()
            }
            END => Step::End,
            START => self.find(),
            code => {
                self.is_in_scan = false;
                self.at = At::Length { is_scan: code == SCAN };
                Step::Take(2)
            }
        }
    }
}
