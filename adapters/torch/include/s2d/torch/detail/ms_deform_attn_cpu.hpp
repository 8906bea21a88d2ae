// The loops of multi-scale deformable attention on the processor: plain memory, no tensors.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <s2d/core/config.hpp>
#include <s2d/core/detail/lanes.hpp>

namespace s2d::inline S2D_ABI {
namespace torch::detail {
using s2d::detail::load_into;
using s2d::detail::store;

/// Extents of one call; all arrays are in C order.
struct deform_extents {
  std::int64_t batch = 0;     // n
  std::int64_t tokens = 0;    // s, of all levels together
  std::int64_t heads = 0;     // m
  std::int64_t channels = 0;  // d, per head
  std::int64_t queries = 0;   // q
  std::int64_t levels = 0;    // l
  std::int64_t points = 0;    // p, per level
};

struct deform_level {
  std::int64_t height = 0;
  std::int64_t width = 0;
  std::int64_t first = 0;  // first token
};

/// The four pixels around a point and their bilinear weights; a pixel outside the level is `none`.
template <class T, class Row>
struct deform_corners {
  Row row[4];
  T weight[4];
  T fx, fy;  // the fractions

  /// False where no pixel takes part (NaN included).
  bool find(T x, T y, const deform_level& level, Row head, std::int64_t step, Row none) noexcept {
    const T px = x * static_cast<T>(level.width) - T(0.5);
    const T py = y * static_cast<T>(level.height) - T(0.5);
    if (!(px > T(-1) && py > T(-1) && px < static_cast<T>(level.width) &&
          py < static_cast<T>(level.height)))
      return false;
    std::int64_t x0 = static_cast<std::int64_t>(px);  // towards zero, thus up in (-1, 0)
    std::int64_t y0 = static_cast<std::int64_t>(py);
    x0 -= px < static_cast<T>(x0);
    y0 -= py < static_cast<T>(y0);
    fx = px - static_cast<T>(x0);
    fy = py - static_cast<T>(y0);
    weight[0] = (T(1) - fy) * (T(1) - fx);
    weight[1] = (T(1) - fy) * fx;
    weight[2] = fy * (T(1) - fx);
    weight[3] = fy * fx;
    const Row corner = head + (level.first + y0 * level.width + x0) * step;
    const bool left = x0 >= 0, right = x0 + 1 < level.width;
    const bool top = y0 >= 0, bottom = y0 + 1 < level.height;
    row[0] = top && left ? corner : none;
    row[1] = top && right ? corner + step : none;
    row[2] = bottom && left ? corner + level.width * step : none;
    row[3] = bottom && right ? corner + (level.width + 1) * step : none;
    return true;
  }
};

// 64 bytes at a time: one register with AVX-512, two with AVX2, four with SSE2. The order of all
// sums is the same everywhere.
template <class T>
struct deform_lanes {
  static constexpr std::int64_t count = 64 / sizeof(T);
  typedef T vector __attribute__((vector_size(64)));
  static T sum(const vector& v) noexcept {
    T part[count];
    store(part, v);
    for (std::int64_t width = count / 2; width > 0; width /= 2)
      for (std::int64_t i = 0; i < width; ++i) part[i] += part[i + width];
    return part[0];
  }
};

/// out[d] = sum over points of weight * sample, queries [begin, end) of one sample and head.
/// Blocks: channels / lanes where that is whole and known, else 0.
template <class T, int Blocks>
void deform_forward(const deform_extents& e, const deform_level* levels, std::int64_t n,
                    std::int64_t m, std::int64_t begin, std::int64_t end, const T* value,
                    const T* location, const T* attention, T* out) {
  using lanes = deform_lanes<T>;
  const std::int64_t step = e.heads * e.channels;
  const T* const head = value + n * e.tokens * step + m * e.channels;
  const std::vector<T> zeros(static_cast<std::size_t>(e.channels));
  const std::int64_t per_query = e.levels * e.points;
  for (std::int64_t q = begin; q < end; ++q) {
    const std::int64_t item = (n * e.queries + q) * e.heads + m;
    const T* loc = location + item * per_query * 2;
    const T* att = attention + item * per_query;
    T* const to = out + item * e.channels;
    typename lanes::vector sum[Blocks > 0 ? Blocks : 1] = {};
    if constexpr (Blocks == 0) std::fill_n(to, e.channels, T(0));
    for (std::int64_t l = 0; l < e.levels; ++l)
      for (std::int64_t p = 0; p < e.points; ++p, loc += 2, ++att) {
        deform_corners<T, const T*> c;
        if (!c.find(loc[0], loc[1], levels[l], head, step, zeros.data())) continue;
        const T w0 = *att * c.weight[0], w1 = *att * c.weight[1];
        const T w2 = *att * c.weight[2], w3 = *att * c.weight[3];
        if constexpr (Blocks > 0) {
          for (int b = 0; b < Blocks; ++b) {
            const std::int64_t at = b * lanes::count;
            typename lanes::vector pixel[4];
            for (int k = 0; k < 4; ++k) load_into(pixel[k], c.row[k] + at);
            sum[b] += pixel[0] * w0 + pixel[1] * w1 + pixel[2] * w2 + pixel[3] * w3;
          }
        } else {
          for (std::int64_t d = 0; d < e.channels; ++d)
            to[d] += c.row[0][d] * w0 + c.row[1][d] * w1 + c.row[2][d] * w2 + c.row[3][d] * w3;
        }
      }
    if constexpr (Blocks > 0)
      for (int b = 0; b < Blocks; ++b) store(to + b * lanes::count, sum[b]);
  }
}

/// All gradients of one sample and head. grad_value must be zero before; nobody else writes to the
/// channels of this head, so that the result does not depend on threads.
template <class T, int Blocks>
void deform_backward(const deform_extents& e, const deform_level* levels, std::int64_t n,
                     std::int64_t m, const T* value, const T* location, const T* attention,
                     const T* grad_out, T* grad_value, T* grad_location, T* grad_attention) {
  using lanes = deform_lanes<T>;
  const std::int64_t step = e.heads * e.channels;
  const std::int64_t offset = n * e.tokens * step + m * e.channels;
  const std::int64_t per_query = e.levels * e.points;
  const std::vector<T> zeros(static_cast<std::size_t>(e.channels));
  std::vector<T> nowhere(static_cast<std::size_t>(e.channels));
  for (std::int64_t q = 0; q < e.queries; ++q) {
    const std::int64_t item = (n * e.queries + q) * e.heads + m;
    const T* loc = location + item * per_query * 2;
    const T* att = attention + item * per_query;
    T* to_loc = grad_location + item * per_query * 2;
    T* to_att = grad_attention + item * per_query;
    const T* const g = grad_out + item * e.channels;
    typename lanes::vector up[Blocks > 0 ? Blocks : 1];
    if constexpr (Blocks > 0)
      for (int b = 0; b < Blocks; ++b) load_into(up[b], g + b * lanes::count);
    for (std::int64_t l = 0; l < e.levels; ++l)
      for (std::int64_t p = 0; p < e.points; ++p, loc += 2, ++att, to_loc += 2, ++to_att) {
        deform_corners<T, const T*> c;
        if (!c.find(loc[0], loc[1], levels[l], value + offset, step, zeros.data())) {
          to_loc[0] = to_loc[1] = *to_att = T(0);
          continue;
        }
        T dot[4];
        for (int k = 0; k < 4; ++k) {
          const bool inside = c.row[k] != zeros.data();
          T* const into = inside ? grad_value + (c.row[k] - value) : nowhere.data();
          const T w = *att * c.weight[k];
          if constexpr (Blocks > 0) {
            typename lanes::vector product = {};
            for (int b = 0; b < Blocks; ++b) {
              const std::int64_t at = b * lanes::count;
              typename lanes::vector pixel, gradient;
              load_into(pixel, c.row[k] + at);
              product += pixel * up[b];
              load_into(gradient, into + at);
              store(into + at, gradient + up[b] * w);
            }
            dot[k] = lanes::sum(product);
          } else {
            T product = 0;
            for (std::int64_t d = 0; d < e.channels; ++d) {
              product += c.row[k][d] * g[d];
              into[d] += g[d] * w;
            }
            dot[k] = product;
          }
        }
        *to_att = c.weight[0] * dot[0] + c.weight[1] * dot[1] + c.weight[2] * dot[2] +
                  c.weight[3] * dot[3];
        const T dx = (T(1) - c.fy) * (dot[1] - dot[0]) + c.fy * (dot[3] - dot[2]);
        const T dy = (T(1) - c.fx) * (dot[2] - dot[0]) + c.fx * (dot[3] - dot[1]);
        to_loc[0] = *att * static_cast<T>(levels[l].width) * dx;
        to_loc[1] = *att * static_cast<T>(levels[l].height) * dy;
      }
  }
}

/// Calls use.template operator()<Blocks>() with the block count that suits `channels`.
template <class T, class Use>
void with_deform_blocks(std::int64_t channels, const Use& use) {
  constexpr std::int64_t count = deform_lanes<T>::count;
  if (channels == count)
    use.template operator()<1>();
  else if (channels == 2 * count)
    use.template operator()<2>();
  else if (channels == 4 * count)
    use.template operator()<4>();
  else
    use.template operator()<0>();
}

}  // namespace torch::detail
}  // namespace s2d::inline S2D_ABI
