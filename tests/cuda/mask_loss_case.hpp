// Random clips for tests of matching costs and mask losses.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include <s2d/core/bit_mask.hpp>
#include <s2d/loss/clip_view.hpp>

namespace support {

struct clip_case {
  std::int64_t queries, targets, frames, height, width, rows, columns, count;
  std::vector<float> logits, points, pair_points, labelled;
  std::vector<std::uint8_t> dense;
  std::vector<std::uint64_t> words;
  std::vector<std::int32_t> pair_queries, pair_targets;

  clip_case(std::mt19937& random, std::int64_t q, std::int64_t n, std::int64_t t, std::int64_t h,
            std::int64_t w, std::int64_t p)
      : queries{q},
        targets{n},
        frames{t},
        height{h},
        width{w},
        rows{2 * h},
        columns{3 * w + 1},
        count{p} {
    const auto draw = [&](float low, float high) {
      return std::uniform_real_distribution<float>{low, high}(random);
    };
    for (std::int64_t i = 0; i < q * t * h * w; ++i)
      logits.push_back(random() % 50 == 0 ? draw(-1e4f, 1e4f) : draw(-4, 4));
    for (std::int64_t i = 0; i < n * t; ++i) {
      const bool empty = random() % 3 == 0;
      labelled.push_back(empty ? 0.0f : 1.0f);
      s2d::bit_mask mask(rows, columns);
      for (std::int64_t y = 0; y < rows; ++y)
        for (std::int64_t x = 0; x < columns; ++x) {
          const bool on = !empty && (x + y * (i + 1)) % 7 < 3;
          dense.push_back(on);
          mask.set(y, x, on);
        }
      words.insert(words.end(), mask.words().begin(), mask.words().end());
    }
    for (std::int64_t i = 0; i < 2 * p; ++i) points.push_back(draw(-0.05f, 1.05f));
    const std::int64_t pairs = q < n ? q : n;
    for (std::int64_t k = 0; k < pairs; ++k) {
      pair_queries.push_back(static_cast<std::int32_t>(q - 1 - k));
      pair_targets.push_back(static_cast<std::int32_t>(k));
    }
    for (std::int64_t i = 0; i < 2 * pairs * t * p; ++i) pair_points.push_back(draw(0, 1));
  }
  [[nodiscard]] s2d::clip_view<const float> logit_view() const {
    return {logits.data(), queries, frames, height, width};
  }
  [[nodiscard]] s2d::clip_view<const std::uint8_t> target_view() const {
    return {dense.data(), targets, frames, rows, columns};
  }
  /// The points of the masks that count, as the core takes them.
  [[nodiscard]] std::vector<float> kept_points(bool all) const {
    std::vector<float> kept;
    for (std::size_t k = 0; k < pair_targets.size(); ++k)
      for (std::int64_t t = 0; t < frames; ++t) {
        if (!all && labelled[static_cast<std::size_t>(pair_targets[k] * frames + t)] == 0) continue;
        const auto at =
            pair_points.begin() + (static_cast<std::int64_t>(k) * frames + t) * count * 2;
        kept.insert(kept.end(), at, at + 2 * count);
      }
    return kept;
  }
};

}  // namespace support
