// Masks for tests, and the definitions that fast code is compared with, pixel by pixel.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <utility>
#include <vector>

#include <s2d/core/bit_mask.hpp>
#include <s2d/core/geometry.hpp>
#include <s2d/core/matrix.hpp>
#include <s2d/mask/rle_types.hpp>

#include "support/catch.hpp"

namespace brute_force {

using dense_mask = s2d::matrix<std::uint8_t>;
using run_lengths = std::vector<std::uint32_t>;

/// Sizes around the width of a word, and nothing, one, odd, large.
inline std::vector<std::pair<std::ptrdiff_t, std::ptrdiff_t>> sizes() {
  return {{0, 0},    {0, 5},   {5, 0},   {1, 1},    {1, 63},   {63, 1},   {1, 64},
          {64, 1},   {65, 1},  {1, 65},  {64, 64},  {63, 65},  {65, 63},  {128, 64},
          {64, 128}, {7, 640}, {640, 7}, {97, 101}, {48, 513}, {240, 427}};
}

/// Calls check(height, width) for all sizes(), `rounds` times.
template <class Check>
void for_all_sizes(int rounds, const Check& check) {
  for (int round = 0; round < rounds; ++round)
    for (const auto& [height, width] : sizes()) {
      CAPTURE(round, height, width);
      check(height, width);
    }
}

/// Noise, or blots with straight edges, or all of one value, by turns.
inline dense_mask random_mask(std::mt19937& random, std::ptrdiff_t height, std::ptrdiff_t width) {
  dense_mask mask(height, width);
  const auto below = [&](std::ptrdiff_t n) {
    return std::uniform_int_distribution<std::ptrdiff_t>{0, n - 1}(random);
  };
  const std::ptrdiff_t kind = below(6);
  if (kind == 0) {
    for (auto& value : mask.values) value = below(2) == 0;
  } else if (kind == 1) {
    for (auto& value : mask.values) value = below(40) == 0;
  } else if (kind == 2) {
    for (auto& value : mask.values) value = 1;
  } else if (kind > 3 && !mask.empty()) {
    for (std::ptrdiff_t blots = 1 + below(5); blots > 0; --blots) {
      const std::ptrdiff_t top = below(height), left = below(width);
      const std::ptrdiff_t bottom = top + 1 + below(height - top);
      const std::ptrdiff_t right = left + 1 + below(width - left);
      const auto value = static_cast<std::uint8_t>(blots % 3 != 0);
      for (std::ptrdiff_t y = top; y < bottom; ++y)
        for (std::ptrdiff_t x = left; x < right; ++x) mask(y, x) = value;
    }
  }
  return mask;
}

template <class Mask>
run_lengths count_runs(const Mask& mask) {
  run_lengths counts;
  bool current = false;
  std::uint32_t length = 0;
  for (std::ptrdiff_t x = 0; x < mask.width; ++x) {
    for (std::ptrdiff_t y = 0; y < mask.height; ++y) {
      const bool value = mask(y, x) != 0;
      if (value != current) {
        counts.push_back(length);
        length = 0;
        current = value;
      }
      ++length;
    }
  }
  counts.push_back(length);
  return counts;
}

inline s2d::bit_mask pack(const dense_mask& mask) {
  s2d::bit_mask packed(mask.height, mask.width);
  for (std::ptrdiff_t y = 0; y < mask.height; ++y)
    for (std::ptrdiff_t x = 0; x < mask.width; ++x) packed.set(y, x, mask(y, x) != 0);
  return packed;
}

inline std::ptrdiff_t area(const dense_mask& mask) {
  std::ptrdiff_t count = 0;
  for (const auto value : mask.values) count += value != 0;
  return count;
}

inline s2d::box bounding_box(const dense_mask& mask) {
  std::ptrdiff_t left = mask.width, top = mask.height, right = 0, bottom = 0;
  for (std::ptrdiff_t y = 0; y < mask.height; ++y) {
    for (std::ptrdiff_t x = 0; x < mask.width; ++x) {
      if (mask(y, x) == 0) continue;
      left = (std::min)(left, x);
      top = (std::min)(top, y);
      right = (std::max)(right, x + 1);
      bottom = (std::max)(bottom, y + 1);
    }
  }
  if (right == 0) return {};
  return {left, top, right - left, bottom - top};
}

/// The canonical run list of a mask.
inline s2d::rle runs_of(const dense_mask& mask) {
  return {mask.height, mask.width, count_runs(mask)};
}

/// The run list of `height` x `width` pixels that are foreground where value(y, x) holds.
template <class Value>
s2d::rle draw(std::ptrdiff_t height, std::ptrdiff_t width, Value value) {
  dense_mask mask(height, width);
  for (std::ptrdiff_t y = 0; y < height; ++y)
    for (std::ptrdiff_t x = 0; x < width; ++x) mask(y, x) = value(y, x) ? 1 : 0;
  return runs_of(mask);
}

/// The same mask with runs of length 0 strewn in, as other tools write them.
inline s2d::rle padded(std::mt19937& random, const s2d::rle& mask) {
  s2d::rle result{mask.height, mask.width, {}};
  for (const std::uint32_t count : mask.counts) {
    const std::uint32_t part = count > 0 ? static_cast<std::uint32_t>(random() % count) : 0;
    if (random() % 3 == 0)
      result.counts.insert(result.counts.end(), {part, 0, count - part});
    else
      result.counts.push_back(count);
  }
  return result;
}

/// Calls check(bits, runs) for random masks of all sizes(), packed and as padded runs.
template <class Check>
void for_all_runs(int rounds, const Check& check) {
  std::mt19937 random{1};
  for_all_sizes(rounds, [&](std::ptrdiff_t height, std::ptrdiff_t width) {
    const dense_mask mask = random_mask(random, height, width);
    check(pack(mask), padded(random, runs_of(mask)));
  });
}

template <class Combine>
dense_mask combine(const dense_mask& a, const dense_mask& b, Combine combine_values) {
  dense_mask result(a.height, a.width);
  for (std::size_t i = 0; i < result.values.size(); ++i)
    result.values[i] = combine_values(a.values[i] != 0, b.values[i] != 0);
  return result;
}

}  // namespace brute_force
