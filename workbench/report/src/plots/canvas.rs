//! Where plots are drawn: pixels in memory, letters that come as pixels, and a PNG file in the end.
//!
//! Plotters' own backend for pictures brings a reader of typefaces that nobody maintains, and of a dozen formats besides.
//! Here letters are those of a crate that has Noto Sans Mono as pixels, 16 of them high, and the `png` crate does the rest.

use noto_sans_mono_bitmap::{FontWeight, RasterHeight, get_raster, get_raster_width};
use plotters_backend::text_anchor::{HPos, VPos};
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind,
};
use std::io;
use std::path::PathBuf;
use worlds::files::write;

const WEIGHT: FontWeight = FontWeight::Regular;
const HEIGHT: RasterHeight = RasterHeight::Size16;
/// Stands for letters that the typeface has not.
const UNKNOWN: char = '?';

type Done = Result<(), DrawingErrorKind<io::Error>>;

/// A picture that is not a file yet.
#[derive(Debug)]
pub(super) struct Canvas {
    path: PathBuf,
    size: (u32, u32),
    /// Red, green and blue of each pixel, row by row.
    pixels: Vec<u8>,
}

impl Canvas {
    /// A black picture that will be the file at this path.
    pub(super) fn new(path: PathBuf, size: (u32, u32)) -> Canvas {
        Canvas { path, size, pixels: vec![0; size.0 as usize * size.1 as usize * 3] }
    }

    /// The pixels of a row from one place to another, both within the picture.
    fn draw_row(&mut self, y: i32, left: i32, right: i32, color: BackendColor) -> Done {
        if color.alpha < 1.0 || left > right {
            return (left..=right).try_for_each(|x| self.draw_pixel((x, y), color));
        }
        let (red, green, blue) = color.rgb;
        let row = [red, green, blue].repeat((right - left + 1) as usize);
        let at = (y as usize * self.size.0 as usize + left as usize) * 3;
        self.pixels[at..at + row.len()].copy_from_slice(&row);
        Ok(())
    }

    fn save(&self) -> io::Result<()> {
        write(&self.path, |out| {
            let mut encoder = png::Encoder::new(out, self.size.0, self.size.1);
            encoder.set_color(png::ColorType::Rgb);
            encoder.set_depth(png::BitDepth::Eight);
            // Where most of a row is of one colour a filter leaves nothing to gain.
            encoder.set_filter(png::Filter::NoFilter);
            let mut writer = encoder.write_header()?;
            writer.write_image_data(&self.pixels)?;
            Ok(writer.finish()?)
        })
    }
}

impl DrawingBackend for Canvas {
    type ErrorType = io::Error;

    fn get_size(&self) -> (u32, u32) {
        self.size
    }

    fn ensure_prepared(&mut self) -> Done {
        Ok(())
    }

    fn present(&mut self) -> Done {
        self.save().map_err(DrawingErrorKind::DrawingError)
    }

    fn draw_pixel(&mut self, (x, y): BackendCoord, color: BackendColor) -> Done {
        let (Ok(x), Ok(y)) = (u32::try_from(x), u32::try_from(y)) else { return Ok(()) };
        if x >= self.size.0 || y >= self.size.1 {
            return Ok(());
        }
        let at = (y as usize * self.size.0 as usize + x as usize) * 3;
        let (red, green, blue) = color.rgb;
        for (pixel, part) in self.pixels[at..at + 3].iter_mut().zip([red, green, blue]) {
            let mixed = f64::from(*pixel) * (1.0 - color.alpha) + f64::from(part) * color.alpha;
            *pixel = mixed.round() as u8;
        }
        Ok(())
    }

    /// Row by row: the default walks columns, of which each pixel is in another line of memory.
    fn draw_rect<S: BackendStyle>(
        &mut self,
        from: BackendCoord,
        to: BackendCoord,
        style: &S,
        fill: bool,
    ) -> Done {
        let (left, right) = (from.0.min(to.0), from.0.max(to.0));
        let (top, bottom) = (from.1.min(to.1), from.1.max(to.1));
        for y in top.max(0)..=bottom.min(self.size.1 as i32 - 1) {
            if fill || y == top || y == bottom {
                self.draw_row(y, left.max(0), right.min(self.size.0 as i32 - 1), style.color())?;
            } else {
                self.draw_pixel((left, y), style.color())?;
                if left != right {
                    self.draw_pixel((right, y), style.color())?;
                }
            }
        }
        Ok(())
    }

    fn draw_text<T: BackendTextStyle>(&mut self, text: &str, style: &T, at: BackendCoord) -> Done {
        let (width, height) = size_of(text);
        let dx = match style.anchor().h_pos {
            HPos::Left => 0,
            HPos::Right => -width,
            HPos::Center => -width / 2,
        };
        let dy = match style.anchor().v_pos {
            VPos::Top => 0,
            VPos::Center => -height / 2,
            VPos::Bottom => -height,
        };
        let (transform, color) = (style.transform(), style.color());
        for (number, character) in text.chars().enumerate() {
            let glyph = get_raster(character, WEIGHT, HEIGHT).or_else(|| get_raster(UNKNOWN, WEIGHT, HEIGHT));
            let Some(glyph) = glyph else { continue };
            let left = dx + number as i32 * letter_width();
            for (row, pixels) in glyph.rows().enumerate() {
                for (column, intensity) in pixels.iter().enumerate().filter(|(_, intensity)| **intensity > 0)
                {
                    let (x, y) = transform.transform(left + column as i32, dy + row as i32);
                    let alpha = color.alpha * f64::from(*intensity) / 255.0;
                    self.draw_pixel((at.0 + x, at.1 + y), BackendColor { alpha, ..color })?;
                }
            }
        }
        Ok(())
    }

    fn estimate_text_size<T: BackendTextStyle>(
        &self,
        text: &str,
        _: &T,
    ) -> Result<(u32, u32), DrawingErrorKind<io::Error>> {
        let (width, height) = size_of(text);
        Ok((width.unsigned_abs(), height.unsigned_abs()))
    }
}

fn letter_width() -> i32 {
    get_raster_width(WEIGHT, HEIGHT) as i32
}

fn size_of(text: &str) -> (i32, i32) {
    (i32::try_from(text.chars().count()).unwrap_or(i32::MAX / 64) * letter_width(), HEIGHT.val() as i32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use plotters::prelude::*;

    /// The picture with this text on white, as rows of booleans: is there ink?
    fn ink(text: &str, style: TextStyle<'_>) -> Vec<Vec<bool>> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("text.png");
        let root = Canvas::new(path.clone(), (100, 100)).into_drawing_area();
        root.fill(&WHITE).unwrap();
        root.draw_text(text, &style, (50, 50)).unwrap();
        root.present().unwrap();
        let decoder = png::Decoder::new(io::BufReader::new(std::fs::File::open(path).unwrap()));
        let mut reader = decoder.read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut pixels).unwrap();
        pixels.chunks(300).map(|row| row.chunks(3).map(|pixel| pixel[0] < 128).collect()).collect()
    }

    /// Corners may lie anywhere, also outside.
    #[test]
    fn a_rectangle_is_what_it_is_pixel_by_pixel() {
        let (size, corners) = ((12, 9), [(-3, -2), (2, 3), (2, 7), (9, 3), (15, 12)]);
        for (from, to) in corners.iter().flat_map(|from| corners.map(|to| (*from, to))) {
            for (fill, alpha) in [(true, 1.0), (true, 0.5), (false, 1.0), (false, 0.5)] {
                let style = RED.mix(alpha).filled();
                let [mut whole, mut dotted] = [(); 2].map(|()| Canvas::new(PathBuf::new(), size));
                whole.draw_rect(from, to, &style, fill).unwrap();
                for (x, y) in (0..12).flat_map(|x| (0..9).map(move |y| (x, y))) {
                    let is_in =
                        |at: i32, one: i32, other: i32| (one.min(other)..=one.max(other)).contains(&at);
                    let is_edge = [from.0, to.0].contains(&x) || [from.1, to.1].contains(&y);
                    if is_in(x, from.0, to.0) && is_in(y, from.1, to.1) && (fill || is_edge) {
                        dotted.draw_pixel((x, y), style.color()).unwrap();
                    }
                }
                assert_eq!(whole.pixels, dotted.pixels, "{from:?} {to:?} {fill}");
            }
        }
    }

    #[test]
    fn letters_are_drawn_where_and_as_they_should_be() {
        let style = TextStyle::from(("sans-serif", 12));
        let flat = ink("il", style.clone());
        assert!(flat.iter().flatten().any(|ink| *ink));
        assert!(flat[..50].iter().flatten().all(|ink| !ink), "nothing is above the line");
        let turned = ink("il", style.transform(FontTransform::Rotate90));
        for (y, row) in flat.iter().enumerate().skip(50) {
            for (x, ink) in row.iter().enumerate().skip(50).take(40) {
                assert_eq!(turned[x][100 - y], *ink, "({x}, {y}) turned");
            }
        }
        assert_eq!(
            ink("\u{1F980}", TextStyle::from(("sans-serif", 12))),
            ink("?", TextStyle::from(("sans-serif", 12)))
        );
    }
}
