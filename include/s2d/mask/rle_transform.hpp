// Run-length masks moved, cut, mirrored and resized, without decoding them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <s2d/core/detail/extremes.hpp>
#include <s2d/core/error.hpp>
#include <s2d/core/geometry.hpp>
#include <s2d/mask/detail/column_runs.hpp>
#include <s2d/mask/detail/nearest_source.hpp>
#include <s2d/mask/detail/rle_string.hpp>
#include <s2d/mask/rle_types.hpp>

namespace s2d::inline S2D_ABI {

namespace detail {

/// Pixel (y, x) of the result is pixel (y + top, x + left) of the mask, background outside it.
[[nodiscard]] inline rle window_of(const rle& mask, std::ptrdiff_t top, std::ptrdiff_t left,
                                   std::ptrdiff_t height, std::ptrdiff_t width) {
  const column_runs columns{mask};
  run_writer out{columns.all().size()};
  const std::ptrdiff_t last = smaller_of(width, mask.width - left);
  for (std::ptrdiff_t x = larger_of(std::ptrdiff_t{0}, -left); x < last; ++x) {
    for (const column_run& run : columns.of(x + left)) {
      const std::ptrdiff_t begin = larger_of(std::ptrdiff_t{run.begin}, top) - top;
      const std::ptrdiff_t end = smaller_of(std::ptrdiff_t{run.end}, top + height) - top;
      if (begin < end)
        out.add(static_cast<std::uint64_t>(x * height + begin),
                static_cast<std::uint64_t>(x * height + end));
    }
  }
  return out.finish(height, width);
}

}  // namespace detail

/// Pixels to add at each side.
struct margins {
  std::ptrdiff_t top = 0;
  std::ptrdiff_t bottom = 0;
  std::ptrdiff_t left = 0;
  std::ptrdiff_t right = 0;
};

/// The foreground moved by whole pixels in a frame of the same size; what leaves it is lost, what
/// enters is background. Negative: to the left, up. O(runs + columns), as all functions of this
/// header that do not say otherwise.
[[nodiscard]] inline rle translate(const rle& mask, std::ptrdiff_t to_the_right,
                                   std::ptrdiff_t down) {
  detail::require_whole("translate: ", mask);
  return detail::window_of(mask, -detail::limited(down, -mask.height, mask.height),
                           -detail::limited(to_the_right, -mask.width, mask.width), mask.height,
                           mask.width);
}

/// The part of the mask in `part`, as a mask of that size.
/// @throws invalid_input if the box is not inside the frame
[[nodiscard]] inline rle crop(const rle& mask, const box& part) {
  detail::require_whole("crop: ", mask);
  require(part.x >= 0 && part.width >= 0 && part.width <= mask.width &&
              part.x <= mask.width - part.width && part.y >= 0 && part.height >= 0 &&
              part.height <= mask.height && part.y <= mask.height - part.height,
          "crop: box is ", part.width, " x ", part.height, " at (", part.x, ", ", part.y,
          ") (width x height), expected one inside ", mask.width, " x ", mask.height);
  return detail::window_of(mask, part.y, part.x, part.height, part.width);
}

/// The mask in a larger frame: background around it. The opposite of crop.
/// @throws invalid_input if a margin is negative or the result has 2^32 pixels or more
[[nodiscard]] inline rle pad(const rle& mask, const margins& around) {
  detail::require_whole("pad: ", mask);
  constexpr std::ptrdiff_t most = 0xffff'ffff;  // so that sums cannot overflow
  for (const std::ptrdiff_t margin : {around.top, around.bottom, around.left, around.right})
    require(margin >= 0 && margin <= most, "pad: margin is ", margin, ", expected 0 to ", most);
  const std::ptrdiff_t height = mask.height + around.top + around.bottom;
  const std::ptrdiff_t width = mask.width + around.left + around.right;
  detail::checked_pixels("pad: ", height, width);
  return detail::window_of(mask, -around.top, -around.left, height, width);
}

/// Left and right exchanged.
[[nodiscard]] inline rle flip_horizontal(const rle& mask) {
  detail::require_whole("flip_horizontal: ", mask);
  const detail::column_runs columns{mask};
  detail::run_writer out{columns.all().size()};
  for (std::ptrdiff_t x = 0; x < mask.width; ++x) {
    const auto start = static_cast<std::uint64_t>(x * mask.height);
    for (const detail::column_run& run : columns.of(mask.width - 1 - x))
      out.add(start + run.begin, start + run.end);
  }
  return out.finish(mask.height, mask.width);
}

/// Top and bottom exchanged.
[[nodiscard]] inline rle flip_vertical(const rle& mask) {
  detail::require_whole("flip_vertical: ", mask);
  const detail::column_runs columns{mask};
  detail::run_writer out{columns.all().size()};
  for (std::ptrdiff_t x = 0; x < mask.width; ++x) {
    const auto end = static_cast<std::uint64_t>((x + 1) * mask.height);
    const auto runs = columns.of(x);
    for (std::size_t k = runs.size(); k > 0; --k)
      out.add(end - runs[k - 1].end, end - runs[k - 1].begin);
  }
  return out.finish(mask.height, mask.width);
}

/// Rows and columns exchanged: the runs along the rows of the mask.
/// O(runs + runs of the result + rows + columns): the changes from column to column, sorted by row.
[[nodiscard]] inline rle transpose(const rle& mask) {
  detail::require_whole("transpose: ", mask);
  const detail::column_runs columns{mask};
  const auto for_each_change = [&](auto use) {  // use(x, first row, one behind the last)
    for (std::ptrdiff_t x = 0; x <= mask.width && mask.width > 0; ++x) {
      using list = std::span<const detail::column_run>;
      const list before = x > 0 ? columns.of(x - 1) : list{};
      const list here = x < mask.width ? columns.of(x) : list{};
      detail::walk_column<2>({before, here},
                             [&](std::uint32_t begin, std::uint32_t end, unsigned inside) {
                               if (inside != 3) use(x, begin, end);
                             });
    }
  };
  std::vector<std::size_t> next(static_cast<std::size_t>(mask.height) + 1);
  for_each_change([&](std::ptrdiff_t, std::uint32_t begin, std::uint32_t end) {
    for (std::uint32_t y = begin; y < end; ++y) ++next[y + 1];
  });
  for (std::size_t y = 1; y < next.size(); ++y) next[y] += next[y - 1];
  std::vector<std::uint32_t> changes(next.back());  // every row: begin, end, begin, end, ...
  for_each_change([&](std::ptrdiff_t x, std::uint32_t begin, std::uint32_t end) {
    for (std::uint32_t y = begin; y < end; ++y) changes[next[y]++] = static_cast<std::uint32_t>(x);
  });
  detail::run_writer out{changes.size() / 2};
  std::size_t k = 0;
  for (std::ptrdiff_t y = 0; y < mask.height; ++y) {
    const auto start = static_cast<std::uint64_t>(y * mask.width);
    for (; k < next[static_cast<std::size_t>(y)]; k += 2)
      out.add(start + changes[k], start + changes[k + 1]);
  }
  return out.finish(mask.width, mask.height);
}

/// The mask at another size: pixel (y, x) takes the value of the pixel (floor(y * sy),
/// floor(x * sx)) of the source, as resize_nearest of packed masks has it (mask/resize.hpp).
///
/// @param mask           any size, not empty unless the result is
/// @param height, width  of the result
/// @throws invalid_input if an extent is negative, the result has 2^32 pixels or more, or pixels
///   are asked of an empty mask
/// Complexity: O(runs + runs of the result + rows and columns of both).
[[nodiscard]] inline rle resize_nearest(const rle& mask, std::ptrdiff_t height,
                                        std::ptrdiff_t width) {
  detail::require_whole("resize_nearest: ", mask);
  detail::run_writer out;
  if (detail::checked_pixels("resize_nearest: ", height, width) == 0)
    return out.finish(height, width);
  require(mask.height > 0 && mask.width > 0, "resize_nearest: the mask is ", mask.height, " x ",
          mask.width, ", expected pixels to fill ", height, " x ", width);
  // first[s]: the first row whose source is row s or one below it.
  std::vector<std::ptrdiff_t> first(static_cast<std::size_t>(mask.height) + 1, height);
  for (std::ptrdiff_t y = height - 1; y >= 0; --y)
    first[static_cast<std::size_t>(detail::nearest_source(y, mask.height, height))] = y;
  for (std::size_t s = first.size() - 1; s > 0; --s)
    first[s - 1] = detail::smaller_of(first[s - 1], first[s]);
  const detail::column_runs columns{mask};
  for (std::ptrdiff_t x = 0; x < width; ++x)
    for (const detail::column_run& run : columns.of(detail::nearest_source(x, mask.width, width)))
      out.add(static_cast<std::uint64_t>(x * height + first[run.begin]),
              static_cast<std::uint64_t>(x * height + first[run.end]));
  return out.finish(height, width);
}

}  // namespace s2d::inline S2D_ABI
