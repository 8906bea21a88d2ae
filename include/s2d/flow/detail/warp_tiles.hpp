// What whole tiles of a backward warp have in common.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <vector>

#include <s2d/core/bit_mask.hpp>
#include <s2d/core/detail/lanes.hpp>
#include <s2d/flow/detail/warp_places.hpp>
#include <s2d/flow/field.hpp>

namespace s2d::inline S2D_ABI {
namespace detail::warping {

/// Pixels that are treated at once where all their sources are alike.
inline constexpr int tile_size = 64;

/// Of a few pixels in a row, the least and the greatest displacement along one axis, rounded to
/// whole pixels; nothing where one is not a number or 2^22 or more.
struct whole_range {
  std::ptrdiff_t least, greatest;
};

inline std::optional<whole_range> nearest_range(const float* d) {
  static_assert(tile_size % lane_count == 0);
  constexpr float bound = 4194304.0f;
  float_lanes least = load<float_lanes>(d), greatest = least;
  integers<lane_count> good = (least > -bound) & (least < bound);
  for (std::ptrdiff_t i = lane_count; i < tile_size; i += lane_count) {
    const auto here = load<float_lanes>(d + i);
    least = here < least ? here : least;
    greatest = here > greatest ? here : greatest;
    good &= (here > -bound) & (here < bound);
  }
  if (!all_of<lane_count>(good)) return std::nullopt;
  const auto nearest = [](float at) { return nearest_pixel(displaced(0, 0, 0, at)).x; };
  return whole_range{nearest(least_of<lane_count>(least)),
                     nearest(-least_of<lane_count>(-greatest))};
}

/// Pixels [top, bottom] x [left, right]; empty where top > bottom.
struct pixel_box {
  std::ptrdiff_t top, bottom, left, right;
};

/// Tells the one value that all nearest sources of a tile have, where that can be seen without
/// looking at each: masks and labels are the same nearly everywhere.
/// @tparam Surface  has value, content() (a box outside of which everything is 0) and common(box),
/// the
///                  value that all pixels of a box within the picture share, if they do
template <class Surface>
class tile_reader {
 public:
  using value = typename Surface::value;

  /// @param zero_outside  whether sources outside of the picture and unknown ones count as 0
  tile_reader(const Surface& from, const flow_field& flow, bool zero_outside)
      : from_{from}, flow_{flow}, content_{from.content()}, zero_outside_{zero_outside} {}

  [[nodiscard]] std::optional<value> operator()(std::ptrdiff_t y, std::ptrdiff_t x) const {
    const auto dy = nearest_range(flow_.v.row(y) + x);
    if (!dy) return std::nullopt;
    pixel_box box{y + dy->least, y + dy->greatest, x, x + tile_size - 1};
    if (zero_outside_ && (box.bottom < content_.top || box.top > content_.bottom)) return value{0};
    const auto dx = nearest_range(flow_.u.row(y) + x);
    if (!dx) return std::nullopt;
    box.left += dx->least;
    box.right += dx->greatest;
    if (zero_outside_ && (box.right < content_.left || box.left > content_.right)) return value{0};
    if (box.top < 0 || box.bottom >= flow_.height() || box.left < 0 || box.right >= flow_.width())
      return std::nullopt;
    return from_.common(box);
  }

 private:
  const Surface& from_;
  const flow_field& flow_;
  pixel_box content_;
  bool zero_outside_;
};

/// The box of the elements of `rows` that are not 0: row(y) points to `width` of them.
template <class Row>
pixel_box content_of(std::ptrdiff_t height, std::ptrdiff_t width, const Row& row) {
  using element = std::remove_cvref_t<decltype(*row(0))>;
  pixel_box box{height, -1, width, -1};
  std::vector<element> columns(static_cast<std::size_t>(width));
  for (std::ptrdiff_t y = 0; y < height; ++y) {
    const element* const from = row(y);
    element any = 0;
    for (std::ptrdiff_t x = 0; x < width; ++x) {
      columns[static_cast<std::size_t>(x)] |= from[x];
      any |= from[x];
    }
    if (any == 0) continue;
    box.top = (std::min)(box.top, y);
    box.bottom = y;
  }
  for (std::ptrdiff_t x = 0; x < width; ++x)
    if (columns[static_cast<std::size_t>(x)] != 0) {
      box.left = (std::min)(box.left, x);
      box.right = x;
    }
  return box;
}

/// A packed mask whose tiles are words.
struct bits_surface {
  using value = bit_mask::word;
  const bit_mask& mask;

  [[nodiscard]] pixel_box content() const {
    pixel_box box = content_of(mask.height, mask.words_per_row(),
                               [&](std::ptrdiff_t y) { return mask.row(y); });
    box.left *= tile_size;
    box.right = box.right * tile_size + tile_size - 1;
    return box;
  }

  [[nodiscard]] std::optional<value> common(const pixel_box& box) const {
    constexpr std::ptrdiff_t most_words = 16;  // more cost what they save
    const std::ptrdiff_t first = box.left / 64, last = box.right / 64;
    if ((box.bottom - box.top + 1) * (last - first + 1) > most_words) return std::nullopt;
    const value begin = ~value{0} << (box.left % 64), end = ~value{0} >> (63 - box.right % 64);
    value set = 0, clear = 0;
    for (std::ptrdiff_t y = box.top; y <= box.bottom; ++y) {
      const value* const row = mask.row(y);
      for (std::ptrdiff_t k = first; k <= last; ++k) {
        const value here = (k == first ? begin : ~value{0}) & (k == last ? end : ~value{0});
        set |= row[k] & here;
        clear |= ~row[k] & here;
      }
    }
    if (set != 0 && clear != 0) return std::nullopt;
    return set != 0 ? ~value{0} : value{0};
  }
};

/// A picture of one byte a pixel, such as a mask or labels.
struct bytes_surface {
  using value = std::uint8_t;
  const value* data;
  std::ptrdiff_t height, width, stride;

  [[nodiscard]] pixel_box content() const {
    return content_of(height, width, [&](std::ptrdiff_t y) { return data + y * stride; });
  }

  [[nodiscard]] std::optional<value> common(const pixel_box& box) const {
    constexpr std::ptrdiff_t most_rows = 8;  // more cost what they save
    if (box.bottom - box.top >= most_rows || box.right - box.left >= 2 * tile_size)
      return std::nullopt;
    const value first = data[box.top * stride + box.left];
    value other = 0;
    for (std::ptrdiff_t y = box.top; y <= box.bottom; ++y) {
      const value* const row = data + y * stride;
      for (std::ptrdiff_t x = box.left; x <= box.right; ++x)
        other |= static_cast<value>(row[x] ^ first);
    }
    if (other != 0) return std::nullopt;
    return first;
  }
};

}  // namespace detail::warping
}  // namespace s2d::inline S2D_ABI
