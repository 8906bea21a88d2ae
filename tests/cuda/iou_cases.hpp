// What overlaps and suppression have to give, on the processor and on a device. Side: where it is
// done.
#pragma once

#include <algorithm>
#include <cstdint>
#include <random>
#include <tuple>
#include <vector>

#include <s2d/mask/iou.hpp>
#include <s2d/mask/nms.hpp>
#include <s2d/mask/tube.hpp>

#include "cuda/batches.hpp"
#include "support/catch.hpp"

namespace support {

inline std::vector<s2d::bit_mask> packed(const mask_batch& batch) {
  std::vector<s2d::bit_mask> all;
  for (const auto& mask : batch.masks) all.push_back(brute_force::pack(mask));
  return all;
}

struct pair_sizes {
  std::int64_t n, m, height, width;
};
inline std::vector<pair_sizes> all_pair_sizes() {
  return {{0, 3, 4, 5},  {3, 0, 4, 5},     {1, 1, 1, 1},      {2, 3, 0, 7},
          {5, 7, 9, 70}, {17, 16, 20, 64}, {33, 18, 40, 130}, {1, 40, 97, 101}};
}

/// `way`: how Side counts.
template <class Side, class Way>
void check_pairs(std::mt19937& random, const pair_sizes& sizes, Way way) {
  const auto [n, m, h, w] = sizes;
  CAPTURE(n, m, h, w);
  const mask_batch a{random, n, h, w}, b{random, m, h, w};
  const auto first = packed(a), second = packed(b);
  std::vector<std::int64_t> common;
  for (const auto& one : first)
    for (const auto& other : second) common.push_back(s2d::intersection_area(one, other));
  CHECK(Side::intersections(a, b, way) == common);
  for (const s2d::over rule : {s2d::over::either, s2d::over::smaller, s2d::over::first})
    CHECK(Side::iou(a, b, {rule, 0.25}, way) ==
          s2d::iou<float>(first, second, {rule, 0.25}).values);
}

/// Tubes with a mask in some frames, told by a list or by masks without foreground.
template <class Side, class Way>
void check_tubes(Way way) {
  std::mt19937 random{3};
  for (const auto& [n, m, frames] : {std::tuple{4, 6, 5}, {1, 1, 1}, {0, 2, 3}, {3, 0, 2}}) {
    CAPTURE(n, m, frames);
    const std::int64_t h = 13, w = 70;
    mask_batch a{random, n * frames, h, w}, b{random, m * frames, h, w};
    using tube = std::vector<s2d::tube_segment<s2d::bit_mask>>;
    const auto tubes_of = [frames = frames](const mask_batch& batch,
                                            const std::vector<std::uint8_t>& present) {
      std::vector<tube> tubes(batch.masks.size() / static_cast<std::size_t>(frames));
      for (std::size_t i = 0; i < batch.masks.size(); ++i)
        if (present.empty() || present[i] != 0)
          tubes[i / static_cast<std::size_t>(frames)].push_back(
              {static_cast<std::ptrdiff_t>(i) % frames, brute_force::pack(batch.masks[i])});
      return tubes;
    };
    CHECK(Side::tube_iou(a, {}, b, {}, frames, false, way) ==
          s2d::tube_iou<float>(tubes_of(a, {}), tubes_of(b, {})).values);
    const auto draw = [&](mask_batch& batch) {
      std::vector<std::uint8_t> present;
      for (auto& mask : batch.masks) {
        present.push_back(random() % 3 != 0);
        if (present.back() == 0) mask = brute_force::dense_mask(h, w);
      }
      return present;
    };
    const auto present_a = draw(a), present_b = draw(b);
    for (const bool empty : {false, true})
      CHECK(Side::tube_iou(a, present_a, b, present_b, frames, empty, way) ==
            s2d::tube_iou<float>(tubes_of(a, present_a), tubes_of(b, present_b),
                                 empty ? s2d::absent_frame::empty : s2d::absent_frame::ignored)
                .values);
  }
}

template <class Side>
void check_suppression() {
  std::mt19937 random{4};
  for (const std::int64_t n : {0, 1, 2, 63, 64, 65, 150}) {
    const mask_batch masks{random, n, 12, 80};
    std::vector<float> scores;
    for (std::int64_t i = 0; i < n; ++i) scores.push_back(static_cast<float>(random() % 20) / 10);
    for (const auto& [threshold, rule] :
         {std::tuple{0.0, s2d::over::either}, std::tuple{0.3, s2d::over::either},
          std::tuple{0.5, s2d::over::smaller}, std::tuple{1.0, s2d::over::first}}) {
      CAPTURE(n, threshold);
      const auto same = [](const std::vector<std::int64_t>& found, const auto& expected) {
        return std::equal(found.begin(), found.end(), expected.begin(), expected.end(),
                          [](auto a, auto b) { return a == static_cast<std::int64_t>(b); });
      };
      if (n <= 65 || threshold == 0.3)  // blocks of threads on the processor take their time
        CHECK(same(Side::nms(masks, scores, {threshold, rule}),
                   s2d::nms(packed(masks), scores, {threshold, rule})));
      const auto table = s2d::iou<float>(packed(masks), packed(masks), {rule});
      CHECK(same(Side::table_nms(table.values, scores, threshold),
                 s2d::nms(table, scores, {threshold})));
    }
  }
}

}  // namespace support
