// The common pixels of every pair of two lists of masks, in the way that is cheaper for them.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <vector>

#include <s2d/mask/detail/run_lists.hpp>
#include <s2d/mask/detail/strip_masks.hpp>

namespace s2d::inline S2D_ABI {
namespace detail {

/// Ends of consecutive groups of masks, each of about 256 KiB: two groups stay in the second cache.
/// `by_strip`: one strip of each mask counts.
[[nodiscard]] inline std::vector<std::size_t> cache_tiles(const strip_masks& masks, bool by_strip) {
  constexpr std::ptrdiff_t limit = std::ptrdiff_t{1} << 15;
  std::vector<std::size_t> ends;
  std::ptrdiff_t words = 0;
  const std::size_t n = masks.entries().size();
  for (std::size_t i = 0; i < n; ++i) {
    words += by_strip ? masks.entries()[i].length : masks.size_of(i);
    if (words < limit && i + 1 < n) continue;
    ends.push_back(i + 1);
    words = 0;
  }
  return ends;
}

/// Calls use(begin_a, end_a, begin_b, end_b) for every pair of groups.
template <class Use>
void use_tiles(const std::vector<std::size_t>& tiles_a, const std::vector<std::size_t>& tiles_b,
               const Use& use) {
  std::size_t begin_a = 0;
  for (const std::size_t end_a : tiles_a) {
    std::size_t begin_b = 0;
    for (const std::size_t end_b : tiles_b) {
      use(begin_a, end_a, begin_b, end_b);
      begin_b = end_b;
    }
    begin_a = end_a;
  }
}

/// use_strip_pairs for masks of which few fit the first cache: one strip of many pairs after the
/// other, four rows at a time, so that a strip is read from the second cache for four pairs.
template <class Use>
void use_large_strip_pairs(const strip_masks& a, const strip_masks& b, const Use& use) {
  std::ptrdiff_t strips = 0;
  for (const strip_masks::entry& one : a.entries())
    if (one.first_strip + one.strips > strips) strips = one.first_strip + one.strips;
  std::vector<std::ptrdiff_t> sums;
  use_tiles(cache_tiles(a, true), cache_tiles(b, true),
            [&](std::size_t begin_a, std::size_t end_a, std::size_t begin_b, std::size_t end_b) {
              const std::size_t columns = end_b - begin_b;
              const auto sum = [&](std::size_t i, std::size_t j) -> std::ptrdiff_t& {
                return sums[(i - begin_a) * columns + (j - begin_b)];
              };
              sums.assign((end_a - begin_a) * columns, 0);
              for (std::ptrdiff_t s = 0; s < strips; ++s)
                for (std::size_t first = begin_a; first < end_a; first += 4)
                  for (std::size_t j = begin_b; j < end_b; ++j)
                    for (std::size_t i = first; i < end_a && i < first + 4; ++i)
                      sum(i, j) += strip_masks::common(a, i, b, j, s, s + 1);
              for (std::size_t i = begin_a; i < end_a; ++i)
                for (std::size_t j = begin_b; j < end_b; ++j) use(i, j, sum(i, j));
            });
}

/// Calls use(i, j, area of i, area of j, common pixels) once for every pair, in any order.
template <class Use>
void use_strip_pairs(const strip_masks& a, const strip_masks& b, const Use& use) {
  const auto use_pair = [&](std::size_t i, std::size_t j, std::ptrdiff_t common) {
    use(i, j, a.entries()[i].area, b.entries()[j].area, common);
  };
  constexpr std::size_t large = 2048;  // words of a mask
  if (a.size() > large * a.entries().size() && b.size() > large * b.entries().size())
    return use_large_strip_pairs(a, b, use_pair);
  use_tiles(cache_tiles(a, false), cache_tiles(b, false),
            [&](std::size_t begin_a, std::size_t end_a, std::size_t begin_b, std::size_t end_b) {
              for (std::size_t i = begin_a; i < end_a; ++i)
                for (std::size_t j = begin_b; j < end_b; ++j)
                  use_pair(i, j, strip_masks::common(a, i, b, j));
            });
}

/// What comparing lists of masks needs besides the result; kept, it saves allocations.
struct pair_buffers {
  strip_masks strips_a, strips_b;
  run_lists runs_a, runs_b;
  std::vector<box> boxes_a, boxes_b;
};

/// Whether packing run-length masks pays: estimated nanoseconds of merging the runs of the pairs
/// whose boxes meet, against packing all masks once and counting words.
template <class GetA, class GetB>
[[nodiscard]] bool packing_pays(const std::vector<box>& boxes_a, const GetA& get_a,
                                const std::vector<box>& boxes_b, const GetB& get_b) {
  const auto words = [](const box& bounds) {
    return static_cast<double>((bounds.height / 64 + 1) * bounds.width);
  };
  double merging = 0, counting = 0;
  for (std::size_t i = 0; i < boxes_a.size(); ++i) {
    const auto runs = static_cast<double>(get_a(i).counts.size());
    merging += 1.5 * runs;
    counting += 2.5 * runs + 0.5 * words(boxes_a[i]);
  }
  for (std::size_t j = 0; j < boxes_b.size(); ++j) {
    const auto runs = static_cast<double>(get_b(j).counts.size());
    merging += 1.5 * runs;
    counting += 2.5 * runs + 0.5 * words(boxes_b[j]);
  }
  for (std::size_t i = 0; i < boxes_a.size(); ++i)
    for (std::size_t j = 0; j < boxes_b.size(); ++j) {
      const box &p = boxes_a[i], &q = boxes_b[j];
      if (!boxes_meet(p, q)) continue;
      merging += 40 + 0.8 * static_cast<double>(get_a(i).counts.size() + get_b(j).counts.size());
      counting += 15 + 0.15 * (p.width < q.width ? words(p) : words(q));
    }
  return counting < merging;
}

/// Calls use(i, j, area of i, area of j, common pixels) once for every pair i < n, j < m, in any
/// order; get_a(i) and get_b(j) are masks of one form and one size.
template <class GetA, class GetB, class Use>
void use_mask_pairs(std::size_t n, const GetA& get_a, std::size_t m, const GetB& get_b,
                    const Use& use, pair_buffers& buffers) {
  if (n == 0 || m == 0) return;
  auto& [strips_a, strips_b, runs_a, runs_b, boxes_a, boxes_b] = buffers;
  strips_a.clear();
  strips_b.clear();
  using mask = std::remove_cvref_t<decltype(get_a(0))>;
  if constexpr (std::same_as<mask, rle>) {
    // Where a mask has many partners, packing pays whatever their boxes are.
    if (n * m < 2 * (n + m)) {
      boxes_a.clear();
      boxes_b.clear();
      for (std::size_t i = 0; i < n; ++i) boxes_a.push_back(runs_box(get_a(i)));
      for (std::size_t j = 0; j < m; ++j) boxes_b.push_back(runs_box(get_b(j)));
      if (!packing_pays(boxes_a, get_a, boxes_b, get_b)) {
        runs_a.clear();
        runs_b.clear();
        for (std::size_t i = 0; i < n; ++i) runs_a.add(get_a(i), boxes_a[i]);
        for (std::size_t j = 0; j < m; ++j) runs_b.add(get_b(j), boxes_b[j]);
        for (std::size_t i = 0; i < n; ++i)
          for (std::size_t j = 0; j < m; ++j)
            use(i, j, runs_a.entries()[i].area, runs_b.entries()[j].area,
                run_lists::common(runs_a, i, runs_b, j));
        return;
      }
    }
  } else {
    strips_a.reserve(n, get_a(0).height, get_a(0).width);
    strips_b.reserve(m, get_b(0).height, get_b(0).width);
  }
  for (std::size_t i = 0; i < n; ++i) strips_a.add(get_a(i));
  for (std::size_t j = 0; j < m; ++j) strips_b.add(get_b(j));
  use_strip_pairs(strips_a, strips_b, use);
}

}  // namespace detail
}  // namespace s2d::inline S2D_ABI
