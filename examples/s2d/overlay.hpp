// Pictures of results: masks painted on frames, the overlay video, cut-outs.
#pragma once

#include <cstddef>
#include <filesystem>

#include <s2d/core/image.hpp>

#include "console.hpp"
#include "input.hpp"
#include "palette.hpp"
#include "result.hpp"

namespace app {

/// Paints `mask` in a colour: pixels are mixed with it (fill 0..1), its edge is drawn `edge` pixels
/// wide. The mask must have the size of the picture.
void paint(s2d::image& picture, const s2d::rle& mask, colour paint, double fill, int edge);

/// Writes a whole number on a small plate of its own with the top left corner at (x, y), moved so
/// that it lies in the picture.
void label(s2d::image& picture, std::size_t number, colour plate, std::ptrdiff_t x,
           std::ptrdiff_t y);

/// Numbers of the objects that have a keymask in each frame, with the place of the keymask.
struct keymask_index {
  struct entry {
    std::size_t object;
    const found_keymask* key;
  };
  explicit keymask_index(const findings& all);
  std::vector<std::vector<entry>> at;  ///< [frames]
};

/// Keymasks filled in the colour of their object, other frame masks as thin white lines.
void paint_frame(s2d::image& picture, const findings& all, const keymask_index& keys,
                 std::size_t t);

/// Frames a second of a video to look at, of a clip of that rate; 24 where it is not known.
[[nodiscard]] double playing_rate(double frames_per_second);

/// Writes the overlay video and the cut-outs, whichever path is not empty, in one pass over the
/// clip. Cut-outs are <folder>/object_<id>/<frame>.png, transparent outside the keymask.
void write_pictures(const findings& all, const clip& from, const settings& what,
                    const std::filesystem::path& overlay, const std::filesystem::path& cutouts,
                    console& screen);

}  // namespace app
