// The common pixels of every pair of two lists of masks, in the way that is cheaper for them.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <s2d/mask/detail/run_lists.hpp>
#include <s2d/mask/detail/strip_masks.hpp>

namespace s2d::inline S2D_ABI {
namespace detail {

/// Ends of consecutive groups of masks, each of about 256 KiB: two groups stay in the cache.
[[nodiscard]] inline std::vector<std::size_t> cache_tiles(const strip_masks& masks) {
  constexpr std::ptrdiff_t limit = std::ptrdiff_t{1} << 15;
  std::vector<std::size_t> ends;
  std::ptrdiff_t words = 0;
  const std::size_t n = masks.entries().size();
  for (std::size_t i = 0; i < n; ++i) {
    words += masks.size_of(i);
    if (words < limit && i + 1 < n) continue;
    ends.push_back(i + 1);
    words = 0;
  }
  return ends;
}

/// Calls use(i, j, area of i, area of j, common pixels) once for every pair, in any order.
template <class Use>
void use_strip_pairs(const strip_masks& a, const strip_masks& b, const Use& use) {
  const std::vector<std::size_t> tiles_a = cache_tiles(a), tiles_b = cache_tiles(b);
  std::size_t begin_a = 0;
  for (const std::size_t end_a : tiles_a) {
    std::size_t begin_b = 0;
    for (const std::size_t end_b : tiles_b) {
      for (std::size_t i = begin_a; i < end_a; ++i)
        for (std::size_t j = begin_b; j < end_b; ++j)
          use(i, j, a.entries()[i].area, b.entries()[j].area, strip_masks::common(a, i, b, j));
      begin_b = end_b;
    }
    begin_a = end_a;
  }
}

/// Whether packing run-length masks pays: estimated nanoseconds of merging the runs of the pairs
/// whose boxes meet, against painting all masks once and counting words.
[[nodiscard]] inline bool packing_pays(const run_lists& a, const run_lists& b) {
  double merging = 0, counting = 0;
  for (const auto* lists : {&a, &b})
    for (const run_lists::entry& one : lists->entries()) {
      const auto strips = static_cast<double>(one.bounds.height / 64 + 1);
      counting += 100 + 2.0 * static_cast<double>(one.size) +
                  strips * static_cast<double>(one.bounds.width) * 0.7;
    }
  for (const run_lists::entry& p : a.entries())
    for (const run_lists::entry& q : b.entries()) {
      if (!boxes_meet(p.bounds, q.bounds)) continue;
      const run_lists::entry& less = p.area < q.area ? p : q;
      merging += 40 + 1.2 * static_cast<double>(p.size + q.size);
      counting +=
          15 + 0.15 * static_cast<double>((less.bounds.height / 64 + 1) * less.bounds.width);
    }
  return counting < merging;
}

/// Calls use(i, j, area of i, area of j, common pixels) once for every pair i < n, j < m, in any
/// order; get_a(i) and get_b(j) are masks of one form and one size.
template <class GetA, class GetB, class Use>
void use_mask_pairs(std::size_t n, const GetA& get_a, std::size_t m, const GetB& get_b,
                    const Use& use) {
  if (n == 0 || m == 0) return;
  using mask = std::remove_cvref_t<decltype(get_a(0))>;
  if constexpr (std::same_as<mask, rle>) {
    run_lists a, b;
    for (std::size_t i = 0; i < n; ++i) a.add(get_a(i));
    for (std::size_t j = 0; j < m; ++j) b.add(get_b(j));
    if (!packing_pays(a, b)) {
      for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j < m; ++j)
          use(i, j, a.entries()[i].area, b.entries()[j].area, run_lists::common(a, i, b, j));
      return;
    }
  }
  strip_masks a, b;
  for (std::size_t i = 0; i < n; ++i) a.add(get_a(i));
  for (std::size_t j = 0; j < m; ++j) b.add(get_b(j));
  use_strip_pairs(a, b, use);
}

}  // namespace detail
}  // namespace s2d::inline S2D_ABI
