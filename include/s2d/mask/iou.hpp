// How much all masks of one list overlap with all masks of another.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <utility>

#include <s2d/core/bit_mask.hpp>
#include <s2d/core/matrix.hpp>
#include <s2d/mask/bits.hpp>
#include <s2d/mask/dense.hpp>
#include <s2d/mask/detail/mask_pairs.hpp>
#include <s2d/mask/mask_form.hpp>
#include <s2d/mask/rle.hpp>

namespace s2d::inline S2D_ABI {

/// A contiguous list of masks of one form: std::vector, std::array, std::span.
template <class Masks>
concept mask_list = requires(const Masks& masks) {
  std::span{masks};
}
&&mask_form<typename decltype(std::span{std::declval<const Masks&>()})::value_type>;

namespace detail {

template <class Mask>
void require_extents(const char* what, const Mask& mask, std::ptrdiff_t height,
                     std::ptrdiff_t width) {
  require(mask.height == height && mask.width == width, what, "sizes differ, ", height, " x ",
          width, " and ", mask.height, " x ", mask.width, " (height x width)");
}

template <class Mask>
void require_size(const char* what, const Mask& mask, std::ptrdiff_t height, std::ptrdiff_t width) {
  require_extents(what, mask, height, width);
  if constexpr (std::same_as<Mask, rle>) require_whole(what, mask);
}

/// Common pixels as a share of what `rule` says.
[[nodiscard]] constexpr double overlap_share(std::ptrdiff_t area_a, std::ptrdiff_t area_b,
                                             std::ptrdiff_t common, over rule,
                                             double when_empty) noexcept {
  std::ptrdiff_t divisor = area_a;
  if (rule == over::either)
    divisor += area_b - common;
  else if (rule == over::smaller && area_b < area_a)
    divisor = area_b;
  return divisor == 0 ? when_empty : static_cast<double>(common) / static_cast<double>(divisor);
}

}  // namespace detail

/// The overlap of every mask of `a` with every mask of `b`: common area divided by `options.over`,
/// as iou(mask, mask) has it.
///
/// Pairs whose boxes are apart cost nothing else. Packed masks are cropped to their boxes and
/// compared 64 pixels at a time; dense ones are packed first, which reads every element once; runs
/// are merged from the first common column to the last, or, where boxes meet so often that it
/// pays, packed (cropped, not decoded) as well. The result does not depend on the way.
///
/// @tparam Value  float or double; a double equals iou(mask, mask) bit for bit, a float is that
///                value rounded
/// @param a      [n] masks of one size
/// @param b      [m] masks of the same form and size
/// @param crowd  [m] or empty; non-zero: the column is a crowd, whose overlap is common area
/// divided
///               by the area of the mask of `a`, whatever options.over says. COCO's rule, with
///               detections as rows and truths as columns
/// @return [n, m]
/// @throws invalid_input if sizes differ, overlapping or not, or crowd has another length than b
/// Complexity: O(n m) pairs of O(common pixels / 64); memory O(n m) and, besides, at most the
/// packed boxes of the n + m masks.
template <std::floating_point Value = float, mask_list A, mask_list B>
[[nodiscard]] matrix<Value> iou(const A& a, const B& b, const iou_options& options = {},
                                std::span<const std::uint8_t> crowd = {}) {
  const std::span rows{a};
  const std::span columns{b};
  static_assert(
      std::same_as<typename decltype(rows)::value_type, typename decltype(columns)::value_type>,
      "both lists hold masks of one form; convert one of them");
  require(crowd.empty() || crowd.size() == columns.size(), "iou: ", crowd.size(),
          " crowd flags, expected ", columns.size(), " (columns)");
  if (!rows.empty()) {
    for (const auto& mask : rows)
      detail::require_size("iou: ", mask, rows[0].height, rows[0].width);
    for (const auto& mask : columns)
      detail::require_size("iou: ", mask, rows[0].height, rows[0].width);
  }
  matrix<Value> table(static_cast<std::ptrdiff_t>(rows.size()),
                      static_cast<std::ptrdiff_t>(columns.size()));
  detail::pair_buffers buffers;
  detail::use_mask_pairs(
      rows.size(), [&](std::size_t i) -> const auto& { return rows[i]; },
      columns.size(), [&](std::size_t j) -> const auto& { return columns[j]; },
      [&](std::size_t i, std::size_t j, std::ptrdiff_t area_a, std::ptrdiff_t area_b,
          std::ptrdiff_t common) {
        const over rule = !crowd.empty() && crowd[j] != 0 ? over::first : options.over;
        table.values[i * columns.size() + j] = static_cast<Value>(
            detail::overlap_share(area_a, area_b, common, rule, options.when_empty));
      },
      buffers);
  return table;
}

}  // namespace s2d::inline S2D_ABI
