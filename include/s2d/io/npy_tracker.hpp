// Point tracks that another program computed, read from .npy files.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <s2d/core/error.hpp>
#include <s2d/io/npy.hpp>
#include <s2d/track/tracks.hpp>

namespace s2d::inline S2D_ABI {

/// Tracks read from a folder: a point_tracker.
///
/// The tracks of the mask with index k - 1 of frame f are in two files, numbers with at least two
/// digits: for track_purpose::visibility
///   vis_fFF_kKK_tracks.npy    [T, N, 2] x and y; int16 in 1/16 pixel, or float32 in pixels
///   vis_fFF_kKK_visible.npy   [T, N] 0 or 1, uint8 or bool
/// and for track_purpose::matching the same with match_ in place of vis_. N is the number of
/// points asked for, in their order (see points_in_mask); frame f of the tracks is not compared
/// with the points of the query. Tracks that were computed for the official grids need
/// discovery_options{.least_points = 0}.
class npy_tracker {
 public:
  /// @param folder  where the files lie
  /// @param frames  T, which every file must have
  npy_tracker(std::filesystem::path folder, std::size_t frames)
      : folder_{std::move(folder)}, frames_{frames} {}

  /// @throws io_error if a file cannot be read; invalid_input if it is damaged, has another shape
  ///         or element type, or a position is not finite; both name the file
  [[nodiscard]] point_tracks operator()(const track_query& query) const {
    const std::string stem = concat(query.purpose == track_purpose::visibility ? "vis" : "match",
                                    "_f", number(query.frame), "_k", number(query.mask + 1));
    point_tracks tracks(frames_, query.points.size());
    read_positions(folder_ / (stem + "_tracks.npy"), tracks);
    read_visibility(folder_ / (stem + "_visible.npy"), tracks);
    return tracks;
  }

 private:
  static std::string number(std::size_t value) { return concat(value < 10 ? "0" : "", value); }

  static std::string shape_text(const std::vector<std::ptrdiff_t>& shape) {
    std::string text = "[";
    for (std::size_t d = 0; d < shape.size(); ++d) text += concat(d == 0 ? "" : ", ", shape[d]);
    return text + "]";
  }

  static npy_array read_shaped(const std::filesystem::path& file,
                               const std::vector<std::ptrdiff_t>& expected) {
    npy_array array = read_npy(file);
    require(array.shape == expected, file.string(), ": shape ", shape_text(array.shape),
            ", expected ", shape_text(expected));
    return array;
  }

  static void read_positions(const std::filesystem::path& file, point_tracks& tracks) {
    const npy_array array = read_shaped(file, {static_cast<std::ptrdiff_t>(tracks.frames),
                                               static_cast<std::ptrdiff_t>(tracks.points), 2});
    require(array.type == npy_type::i16 || array.type == npy_type::f32, file.string(),
            ": expected int16 in 1/16 pixel or float32 in pixels");
    const bool fixed = array.type == npy_type::i16;
    const std::byte* bytes = array.bytes.data();
    const auto coordinate = [&](std::size_t i) {
      if (!fixed) {
        float value = 0;
        std::memcpy(&value, bytes + i * sizeof value, sizeof value);
        require(std::isfinite(value), file.string(), ": element ", i, " is not finite");
        return value;
      }
      std::int16_t value = 0;
      std::memcpy(&value, bytes + i * sizeof value, sizeof value);
      return static_cast<float>(value) / 16.0f;
    };
    for (std::size_t i = 0; i < tracks.at.size(); ++i)
      tracks.at[i] = {coordinate(2 * i), coordinate(2 * i + 1)};
  }

  static void read_visibility(const std::filesystem::path& file, point_tracks& tracks) {
    const npy_array array = read_shaped(file, {static_cast<std::ptrdiff_t>(tracks.frames),
                                               static_cast<std::ptrdiff_t>(tracks.points)});
    require(array.type == npy_type::u8 || array.type == npy_type::boolean, file.string(),
            ": expected uint8 or bool");
    for (std::size_t i = 0; i < tracks.visible.size(); ++i) {
      const auto value = std::to_integer<std::uint8_t>(array.bytes[i]);
      require(value <= 1, file.string(), ": element ", i, " is ", value, ", expected 0 or 1");
      tracks.visible[i] = value;
    }
  }

  std::filesystem::path folder_;
  std::size_t frames_;
};

}  // namespace s2d::inline S2D_ABI
