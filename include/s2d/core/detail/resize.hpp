// Separable resampling of rows of interleaved channels: tap tables and the two passes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <vector>

#include <s2d/core/config.hpp>
#include <s2d/core/detail/extremes.hpp>

namespace s2d::inline S2D_ABI {
namespace detail {

/// For every destination index the source indices it averages and their weights, which sum to 1.
struct resample_taps {
  std::ptrdiff_t most = 0;            ///< the largest number of taps of one destination index
  std::vector<std::ptrdiff_t> first;  ///< [n] first source index
  std::vector<std::ptrdiff_t> count;  ///< [n] source indices used
  std::vector<float> weight;          ///< [n, most] zero behind the used ones
};

/// Destination index i covers [i * source, (i + 1) * source) in units in which source pixel j
/// covers [j * n, (j + 1) * n): overlaps are whole numbers.
inline resample_taps area_taps(std::ptrdiff_t source, std::ptrdiff_t n) {
  resample_taps taps;
  taps.first.resize(static_cast<std::size_t>(n));
  taps.count.resize(static_cast<std::size_t>(n));
  for (std::ptrdiff_t i = 0; i < n; ++i) {
    const std::ptrdiff_t first = i * source / n;
    const std::ptrdiff_t count = ((i + 1) * source + n - 1) / n - first;
    taps.first[static_cast<std::size_t>(i)] = first;
    taps.count[static_cast<std::size_t>(i)] = count;
    if (count > taps.most) taps.most = count;
  }
  taps.weight.assign(static_cast<std::size_t>(n * taps.most), 0.0f);
  for (std::ptrdiff_t i = 0; i < n; ++i) {
    for (std::ptrdiff_t k = 0; k < taps.count[static_cast<std::size_t>(i)]; ++k) {
      const std::ptrdiff_t j = taps.first[static_cast<std::size_t>(i)] + k;
      const std::ptrdiff_t from = larger_of(i * source, j * n);
      const std::ptrdiff_t to = smaller_of((i + 1) * source, (j + 1) * n);
      taps.weight[static_cast<std::size_t>(i * taps.most + k)] =
          static_cast<float>(static_cast<double>(to - from) / static_cast<double>(source));
    }
  }
  return taps;
}

/// Destination centre i + 0.5 lies at (i + 0.5) * source / n, clamped to the outermost centres.
inline resample_taps bilinear_taps(std::ptrdiff_t source, std::ptrdiff_t n) {
  resample_taps taps;
  taps.most = 2;
  taps.first.resize(static_cast<std::size_t>(n));
  taps.count.resize(static_cast<std::size_t>(n));
  taps.weight.assign(static_cast<std::size_t>(2 * n), 0.0f);
  for (std::ptrdiff_t i = 0; i < n; ++i) {
    // 2 n times the source position of the centre: a whole number.
    const std::ptrdiff_t scaled =
        limited((2 * i + 1) * source - n, std::ptrdiff_t{0}, 2 * n * (source - 1));
    const std::ptrdiff_t rest = scaled % (2 * n);
    const float part = static_cast<float>(static_cast<double>(rest) / static_cast<double>(2 * n));
    taps.first[static_cast<std::size_t>(i)] = scaled / (2 * n);
    taps.count[static_cast<std::size_t>(i)] = rest == 0 ? 1 : 2;
    taps.weight[static_cast<std::size_t>(2 * i)] = 1.0f - part;
    taps.weight[static_cast<std::size_t>(2 * i + 1)] = part;
  }
  return taps;
}

template <class T>
T round_to(float value) {
  if constexpr (std::is_floating_point_v<T>)
    return value;
  else
    return static_cast<T>(static_cast<int>(value + 0.5f));
}

/// Weighted sum of the source rows of one destination row. row(j) points to row j.
template <class T, class Row>
void blend_rows(const resample_taps& taps, std::ptrdiff_t i, std::ptrdiff_t n, const Row& row,
                float* sum) {
  const auto index = static_cast<std::size_t>(i);
  const float* weight = taps.weight.data() + i * taps.most;
  for (std::ptrdiff_t k = 0; k < taps.count[index]; ++k) {
    const T* from = row(taps.first[index] + k);
    const float w = weight[k];
    if (k == 0) {
      for (std::ptrdiff_t x = 0; x < n; ++x) sum[x] = w * static_cast<float>(from[x]);
    } else {
      for (std::ptrdiff_t x = 0; x < n; ++x) sum[x] += w * static_cast<float>(from[x]);
    }
  }
}

/// Weighted sums along one row of interleaved channels.
template <std::ptrdiff_t Channels, class T>
void blend_columns(const resample_taps& taps, const float* sum, std::ptrdiff_t n, T* out) {
  for (std::ptrdiff_t x = 0; x < n; ++x) {
    const auto index = static_cast<std::size_t>(x);
    const float* weight = taps.weight.data() + x * taps.most;
    const float* from = sum + taps.first[index] * Channels;
    const std::ptrdiff_t count = taps.count[index];
    float value[Channels];
    for (std::ptrdiff_t c = 0; c < Channels; ++c) value[c] = weight[0] * from[c];
    for (std::ptrdiff_t k = 1; k < count; ++k) {
      for (std::ptrdiff_t c = 0; c < Channels; ++c) value[c] += weight[k] * from[k * Channels + c];
    }
    for (std::ptrdiff_t c = 0; c < Channels; ++c) out[x * Channels + c] = round_to<T>(value[c]);
  }
}

/// row(j): the source row j of `source_width` pixels; out_row(i): where destination row i goes.
template <std::ptrdiff_t Channels, class T, class Row, class OutRow>
void resample(const resample_taps& vertical, const resample_taps& horizontal,
              std::ptrdiff_t source_width, const Row& row, const OutRow& out_row) {
  std::vector<float> sum(static_cast<std::size_t>(source_width * Channels));
  const auto height = static_cast<std::ptrdiff_t>(vertical.first.size());
  const auto width = static_cast<std::ptrdiff_t>(horizontal.first.size());
  for (std::ptrdiff_t i = 0; i < height; ++i) {
    blend_rows<T>(vertical, i, source_width * Channels, row, sum.data());
    blend_columns<Channels, T>(horizontal, sum.data(), width, out_row(i));
  }
}

}  // namespace detail
}  // namespace s2d::inline S2D_ABI
