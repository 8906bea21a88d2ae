// Sums over points for every pair of a query and a target, a block of points at a time.
#pragma once

#include <cstddef>
#include <vector>

#include <s2d/core/config.hpp>
#include <s2d/core/detail/lanes.hpp>
#include <s2d/core/sigmoid.hpp>

namespace s2d::inline S2D_ABI::detail {

/// Collects what the costs of all pairs are made of. Points come in blocks, so that sigmoids of a
/// block stay in the cache while all targets meet them; nothing grows with the number of points.
template <class T>
class matching_sums {
 public:
  static constexpr std::ptrdiff_t block = 2048 / sizeof(T);

  matching_sums(std::ptrdiff_t queries, std::ptrdiff_t targets, std::ptrdiff_t frames)
      : queries_{queries},
        targets_{targets},
        padded_queries_{(queries + tile_queries - 1) / tile_queries * tile_queries},
        padded_targets_{(targets + tile_targets - 1) / tile_targets * tile_targets} {
    const auto size = [](std::ptrdiff_t n) { return static_cast<std::size_t>(n); };
    logits_.assign(size(padded_queries_ * block), T(nothing));
    sigmoids_.assign(size(padded_queries_ * block), T{});
    values_.assign(size(padded_targets_ * block), T{});
    pairs_.assign(size(padded_queries_ * padded_targets_), {});
    of_query_.assign(size(frames * queries), {});
    of_target_.assign(size(frames * targets), 0);
    active_.reserve(size(targets));
  }

  /// Says which targets the next block is for; they take the first rows of target().
  std::vector<std::ptrdiff_t>& active() noexcept { return active_; }
  /// [block] where the logits of a query go.
  [[nodiscard]] T* logits(std::ptrdiff_t query) noexcept { return logits_.data() + query * block; }
  /// [block] where the values of the active target number k go.
  [[nodiscard]] T* target(std::ptrdiff_t k) noexcept { return values_.data() + k * block; }

  /// Takes the first `n` <= block values of all rows.
  void add(std::ptrdiff_t frame, std::ptrdiff_t n) noexcept {
    constexpr std::ptrdiff_t width = lanes_of<T>;
    const std::ptrdiff_t whole = (n + width - 1) / width * width;
    const auto active = static_cast<std::ptrdiff_t>(active_.size());
    for (std::ptrdiff_t q = 0; q < queries_; ++q) {
      T* const x = logits(q);
      for (std::ptrdiff_t p = n; p < whole; ++p) x[p] = T(nothing);
      T* const s = sigmoids_.data() + q * block;
      lane_values<T> rest{}, soft{}, check{};
      for (std::ptrdiff_t p = 0; p < whole; p += width) {
        const auto value = load<lane_values<T>>(x + p);
        const logistic_parts<T> parts = logistic<T>(value);
        store(s + p, parts.sigmoid);
        rest += parts.rest;
        soft += parts.sigmoid;
        check += value * 0;
      }
      query_part& part = of_query_[static_cast<std::size_t>(frame * queries_ + q)];
      part.rest += static_cast<double>(sum_of<lanes_of<T>>(rest));
      part.soft += static_cast<double>(sum_of<lanes_of<T>>(soft));
      part.check += static_cast<double>(sum_of<lanes_of<T>>(check));
    }
    for (std::ptrdiff_t k = 0; k < active; ++k) {
      T* const y = target(k);
      for (std::ptrdiff_t p = n; p < whole; ++p) y[p] = 0;
      lane_values<T> sum{};
      for (std::ptrdiff_t p = 0; p < whole; p += width) sum += load<lane_values<T>>(y + p);
      of_target_[static_cast<std::size_t>(frame * targets_ +
                                          active_[static_cast<std::size_t>(k)])] +=
          static_cast<double>(sum_of<lanes_of<T>>(sum));
    }
    for (std::ptrdiff_t k = active; k % tile_targets != 0; ++k)
      for (std::ptrdiff_t p = 0; p < whole; ++p) target(k)[p] = 0;
    for (std::ptrdiff_t q = 0; q < queries_; q += tile_queries)
      for (std::ptrdiff_t k = 0; k < active; k += tile_targets) add_tile(q, k, whole);
  }

  struct pair_sums {
    double apart = 0;    ///< x y taken from x where x > 0, from 0 elsewhere; never negative
    double overlap = 0;  ///< sigmoid(x) y
  };
  struct query_part {
    double rest = 0;   ///< softplus(x) less x where x > 0
    double soft = 0;   ///< sigmoid(x)
    double check = 0;  ///< 0, not a number if some x is not finite
  };
  [[nodiscard]] const pair_sums& pair(std::ptrdiff_t query, std::ptrdiff_t target) const noexcept {
    return pairs_[static_cast<std::size_t>(target * padded_queries_ + query)];
  }
  [[nodiscard]] const query_part& of_query(std::ptrdiff_t frame,
                                           std::ptrdiff_t query) const noexcept {
    return of_query_[static_cast<std::size_t>(frame * queries_ + query)];
  }
  [[nodiscard]] double of_target(std::ptrdiff_t frame, std::ptrdiff_t target) const noexcept {
    return of_target_[static_cast<std::size_t>(frame * targets_ + target)];
  }

 private:
  // As many pairs at a time as the registers of the target hold.
  static constexpr std::ptrdiff_t tile_queries = register_bytes == 64 ? 4 : 2;
  static constexpr std::ptrdiff_t tile_targets = 2;
  static constexpr double nothing = -1e4;  // the sums do not see points of such a logit, target 0

  void add_tile(std::ptrdiff_t q, std::ptrdiff_t k, std::ptrdiff_t n) noexcept {
    using values = lane_values<T>;
    values apart[tile_queries][tile_targets] = {}, overlap[tile_queries][tile_targets] = {};
    const T* const x = logits_.data() + q * block;
    const T* const s = sigmoids_.data() + q * block;
    const T* const y = values_.data() + k * block;
    for (std::ptrdiff_t p = 0; p < n; p += lanes_of<T>) {
      values target[tile_targets];
      for (std::ptrdiff_t j = 0; j < tile_targets; ++j)
        target[j] = load<lane_values<T>>(y + j * block + p);
      for (std::ptrdiff_t i = 0; i < tile_queries; ++i) {
        const values logit = load<lane_values<T>>(x + i * block + p);
        const values sigmoid = load<lane_values<T>>(s + i * block + p);
        const values positive = logit > 0 ? logit : values{};
        for (std::ptrdiff_t j = 0; j < tile_targets; ++j) {
          apart[i][j] += positive - logit * target[j];
          overlap[i][j] += sigmoid * target[j];
        }
      }
    }
    const auto active = static_cast<std::ptrdiff_t>(active_.size());
    for (std::ptrdiff_t j = 0; j < tile_targets && k + j < active; ++j)
      for (std::ptrdiff_t i = 0; i < tile_queries; ++i) {
        pair_sums& sums = pairs_[static_cast<std::size_t>(
            active_[static_cast<std::size_t>(k + j)] * padded_queries_ + q + i)];
        sums.apart += static_cast<double>(sum_of<lanes_of<T>>(apart[i][j]));
        sums.overlap += static_cast<double>(sum_of<lanes_of<T>>(overlap[i][j]));
      }
  }

  std::ptrdiff_t queries_, targets_, padded_queries_, padded_targets_;
  std::vector<T> logits_, sigmoids_;  // [padded queries, block]
  std::vector<T> values_;             // [padded targets, block]
  std::vector<pair_sums> pairs_;      // [padded targets, padded queries]
  std::vector<query_part> of_query_;  // [frames, queries]
  std::vector<double> of_target_;     // [frames, targets]
  std::vector<std::ptrdiff_t> active_;
};

}  // namespace s2d::inline S2D_ABI::detail
