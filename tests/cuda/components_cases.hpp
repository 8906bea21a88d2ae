// What components and filled holes have to be, on the processor and on a device. Side: where they
// are found.
#pragma once

#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

#include <s2d/mask/components.hpp>

#include "cuda/batches.hpp"
#include "support/catch.hpp"

namespace support {

/// Components of each mask; labels [count, height, width].
struct found_components {
  std::vector<std::vector<s2d::component>> items;
  std::vector<std::int32_t> labels;
};

template <class Side>
void check_components(const mask_batch& batch, s2d::connectivity touching) {
  CAPTURE(touching == s2d::connectivity::four);
  const found_components found = Side::components(batch, touching);
  const std::vector<std::uint64_t> filled = Side::fill_holes(batch, touching);
  std::vector<std::int32_t> labels;
  std::vector<std::uint64_t> whole;
  REQUIRE(found.items.size() == batch.masks.size());
  for (std::size_t i = 0; i < batch.masks.size(); ++i) {
    const auto mask = brute_force::pack(batch.masks[i]);
    const auto expected = s2d::components(mask, touching, s2d::component_order::scan);
    REQUIRE(found.items[i].size() == expected.size());
    for (std::size_t k = 0; k < expected.size(); ++k) {
      CHECK(found.items[i][k].area == expected.items[k].area);
      CHECK(found.items[i][k].bounds == expected.items[k].bounds);
    }
    const auto picture = s2d::labels(expected);
    labels.insert(labels.end(), picture.values.begin(), picture.values.end());
    const auto solid = s2d::fill_holes(mask, touching);
    whole.insert(whole.end(), solid.words().begin(), solid.words().end());
  }
  CHECK((found.labels == labels));  // not all of them in a message
  CHECK((filled == whole));
}

inline constexpr auto both_connectivities = {s2d::connectivity::four, s2d::connectivity::eight};

template <class Side>
void check_all_components() {
  for (const auto touching : both_connectivities)
    for_all_batches(1, [&](const mask_batch& batch) { check_components<Side>(batch, touching); });
}

/// Rings in rings, a comb, a chessboard, opened rings.
inline mask_batch mazes(std::int64_t height, std::int64_t width) {
  std::mt19937 random{2};
  mask_batch batch{random, 4, height, width};
  for (std::int64_t y = 0; y < height; ++y)
    for (std::int64_t x = 0; x < width; ++x) {
      const std::int64_t ring =
          (std::min)((std::min)(x, y), (std::min)(width - 1 - x, height - 1 - y));
      batch.masks[0](y, x) = ring % 2 == 0;
      batch.masks[1](y, x) = x % 2 == 0 || y == height - 1;
      batch.masks[2](y, x) = (x + y) % 2 == 0;
      batch.masks[3](y, x) = ring % 2 == 0 && !(x == ring && y == ring + 1);
    }
  return batch;
}

template <class Side>
void check_mazes() {
  for (const auto touching : both_connectivities)
    for (const std::int64_t size : {5, 64, 65, 130})
      check_components<Side>(mazes(size, size), touching);
}

}  // namespace support
