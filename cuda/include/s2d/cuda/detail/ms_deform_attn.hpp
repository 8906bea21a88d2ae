// The work of multi-scale deformable attention: neighbouring threads share a query and a head, and
// each takes some of its channels.
#pragma once

#include <cstdint>

#include <s2d/cuda/float16.hpp>
#include <s2d/cuda/ms_deform_attn_types.hpp>
#include <s2d/cuda/detail/atomics.hpp>
#include <s2d/cuda/detail/exact_sums.hpp>
#include <s2d/cuda/detail/memory_words.hpp>

namespace s2d::cuda::inline S2D_CUDA_ABI {
namespace detail {

/// How the channels of a head are split: `lanes` threads take `width` neighbouring channels each,
/// `rounds` times. 64 channels at most.
template <class T, bool Wide>
struct channel_split {
  static constexpr int width = Wide ? static_cast<int>(16 / sizeof(T)) : 1;
  static constexpr int lanes = Wide ? 32 / width : 16;  // 8, or 4 of 16-bit numbers
  static constexpr int rounds = 64 / (lanes * width);
  struct alignas(Wide ? 16 : sizeof(T)) vector {
    T values[width];
  };
};

/// The four pixels around a point, as token offsets, and their weights; see the CPU's
/// deform_corners. A pixel outside has the weight 0 and is not read.
struct deform_taps {
  std::int64_t token[4];
  bool inside[4];
  float weight[4];
  float fx, fy;

  /// False where no pixel takes part, NaN included.
  S2D_HD bool find(float x, float y, const deform_level& level, std::int64_t first) {
    const float px = x * static_cast<float>(level.width) - 0.5f;
    const float py = y * static_cast<float>(level.height) - 0.5f;
    if (!(px > -1 && py > -1 && px < static_cast<float>(level.width) &&
          py < static_cast<float>(level.height)))
      return false;
    auto x0 = static_cast<std::int64_t>(px), y0 = static_cast<std::int64_t>(py);
    x0 -= px < static_cast<float>(x0) ? 1 : 0;
    y0 -= py < static_cast<float>(y0) ? 1 : 0;
    fx = px - static_cast<float>(x0);
    fy = py - static_cast<float>(y0);
    weight[0] = (1 - fy) * (1 - fx);
    weight[1] = (1 - fy) * fx;
    weight[2] = fy * (1 - fx);
    weight[3] = fy * fx;
    const bool left = x0 >= 0, right = x0 + 1 < level.width;
    const bool top = y0 >= 0, bottom = y0 + 1 < level.height;
    inside[0] = top && left;
    inside[1] = top && right;
    inside[2] = bottom && left;
    inside[3] = bottom && right;
    const std::int64_t corner = first + y0 * level.width + x0;
    token[0] = corner;
    token[1] = corner + 1;
    token[2] = corner + level.width;
    token[3] = corner + level.width + 1;
    return true;
  }
};

/// out[n, q, m, d] by one thread for `width` channels a round.
template <class T, bool Wide>
struct deform_forward {
  using split = channel_split<T, Wide>;
  deform_shape shape;
  const T* value;
  const T* location;
  const T* attention;
  T* out;

  S2D_HD void operator()(std::int64_t i) const {
    const auto lane = static_cast<int>(i % split::lanes);
    const std::int64_t item = i / split::lanes;  // [n, q, m]
    const quotient head = divide(item, shape.heads);
    const std::int64_t n = head.whole / shape.queries, m = head.rest;
    const std::int64_t step = shape.heads * shape.channels;
    const std::int64_t origin = n * shape.tokens * step + m * shape.channels;
    const std::int64_t points = shape.points * shape.level_count;
    std::int64_t at = item * points;
    float sums[split::rounds][split::width] = {};
    std::int64_t first = 0;
    for (int l = 0; l < shape.level_count; ++l) {
      const deform_level level = shape.levels[l];
      for (std::int64_t p = 0; p < shape.points; ++p, ++at) {
        deform_taps taps;
        if (!taps.find(to_float(location[2 * at]), to_float(location[2 * at + 1]), level, first))
          continue;
        const float share = to_float(attention[at]);
        S2D_UNROLL
        for (int k = 0; k < 4; ++k) {
          if (!taps.inside[k]) continue;
          const float weight = share * taps.weight[k];
          const T* const pixel = value + origin + taps.token[k] * step;
          S2D_UNROLL
          for (int r = 0; r < split::rounds; ++r) {
            const int c = (r * split::lanes + lane) * split::width;
            if (c >= shape.channels) break;
            const auto some = load_as<typename split::vector>(pixel + c);
            S2D_UNROLL
            for (int v = 0; v < split::width; ++v) sums[r][v] += weight * to_float(some.values[v]);
          }
        }
      }
      first += level.height * level.width;
    }
    S2D_UNROLL
    for (int r = 0; r < split::rounds; ++r) {
      const int c = (r * split::lanes + lane) * split::width;
      if (c >= shape.channels) break;
      typename split::vector some;
      S2D_UNROLL
      for (int v = 0; v < split::width; ++v) some.values[v] = from_float<T>(sums[r][v]);
      store_as(out + item * shape.channels + c, some);
    }
  }
};

/// Gradients of values are summed in float, in whatever order, or as whole multiples of a small
/// step, so that no order matters.
struct float_sums {
  float* sums;
  template <int N>
  S2D_HD void add(std::int64_t at, const float (&values)[N], float weight) const {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
    if constexpr (N % 4 == 0)
      if (address_of(sums) % 16 == 0) {  // four at once; at is a multiple of four
        S2D_UNROLL
        for (int v = 0; v < N; v += 4)
          atomicAdd(reinterpret_cast<float4*>(sums + at + v),
                    make_float4(values[v] * weight, values[v + 1] * weight, values[v + 2] * weight,
                                values[v + 3] * weight));
        return;
      }
#endif
    S2D_UNROLL
    for (int v = 0; v < N; ++v) atomic_add(sums + at + v, values[v] * weight);
  }
};
struct exact_sums {
  unsigned long long* sums;
  const double* scale;
  template <int N>
  S2D_HD void add(std::int64_t at, const float (&values)[N], float weight) const {
    S2D_UNROLL
    for (int v = 0; v < N; ++v)
      add_exact(sums + at + v, static_cast<double>(values[v]) * static_cast<double>(weight),
                *scale);
  }
};

struct point_gradients {
  float x = 0, y = 0, attention = 0;
};
struct add_gradients {
  S2D_HD point_gradients operator()(const point_gradients& a, const point_gradients& b) const {
    return {a.x + b.x, a.y + b.y, a.attention + b.attention};
  }
};

/// All gradients of some items [n, q, m]; the lanes of an item add up what they know of a point.
template <class T, bool Wide, class Sums, int Threads = 256>
struct deform_backward {
  using split = channel_split<T, Wide>;
  static constexpr int threads = Threads;
  static constexpr bool exact_threads = true;
  struct shared {};
  deform_shape shape;
  const T* grad_out;
  const T* value;
  const T* location;
  const T* attention;
  Sums grad_value;
  T* grad_location;
  T* grad_attention;

  [[nodiscard]] S2D_HD static std::int64_t items_per_block() { return threads / split::lanes; }

  template <class Block>
  S2D_DEVICE void operator()(Block& block, std::int64_t index) const {
    const int lane = block.thread() % split::lanes;
    const std::int64_t item = index * items_per_block() + block.thread() / split::lanes;
    const bool active = item < shape.items();
    const std::int64_t n = active ? item / shape.heads / shape.queries : 0;
    const std::int64_t m = active ? item % shape.heads : 0;
    const std::int64_t step = shape.heads * shape.channels;
    const std::int64_t origin = n * shape.tokens * step + m * shape.channels;
    const std::int64_t points = shape.points * shape.level_count;
    float up[split::rounds][split::width] = {};
    if (active) {
      S2D_UNROLL
      for (int r = 0; r < split::rounds; ++r) {
        const int c = (r * split::lanes + lane) * split::width;
        if (c >= shape.channels) break;
        const auto some = load_as<typename split::vector>(grad_out + item * shape.channels + c);
        S2D_UNROLL
        for (int v = 0; v < split::width; ++v) up[r][v] = to_float(some.values[v]);
      }
    }
    std::int64_t first = 0, at = item * points;
    for (int l = 0; l < shape.level_count; ++l) {
      const deform_level level = shape.levels[l];
      for (std::int64_t p = 0; p < shape.points; ++p, ++at) {
        point_gradients mine;
        deform_taps taps;
        if (active &&
            taps.find(to_float(location[2 * at]), to_float(location[2 * at + 1]), level, first))
          mine = point(taps, level, to_float(attention[at]), origin, step, lane, up);
        const point_gradients all =
            block.template reduce_lanes<split::lanes>(mine, add_gradients{});
        if (active && lane == 0) {
          grad_location[2 * at] = from_float<T>(all.x);
          grad_location[2 * at + 1] = from_float<T>(all.y);
          grad_attention[at] = from_float<T>(all.attention);
        }
      }
      first += level.height * level.width;
    }
  }

 private:
  [[nodiscard]] S2D_DEVICE point_gradients
  point(const deform_taps& taps, const deform_level& level, float share, std::int64_t origin,
        std::int64_t step, int lane, const float (&up)[split::rounds][split::width]) const {
    float dot[4] = {};
    S2D_UNROLL
    for (int k = 0; k < 4; ++k) {
      if (!taps.inside[k]) continue;
      const std::int64_t pixel = origin + taps.token[k] * step;
      const float weight = share * taps.weight[k];
      S2D_UNROLL
      for (int r = 0; r < split::rounds; ++r) {
        const int c = (r * split::lanes + lane) * split::width;
        if (c >= shape.channels) break;
        const auto some = load_as<typename split::vector>(value + pixel + c);
        S2D_UNROLL
        for (int v = 0; v < split::width; ++v) dot[k] += to_float(some.values[v]) * up[r][v];
        grad_value.add(pixel + c, up[r], weight);
      }
    }
    const float dx = (1 - taps.fy) * (dot[1] - dot[0]) + taps.fy * (dot[3] - dot[2]);
    const float dy = (1 - taps.fx) * (dot[2] - dot[0]) + taps.fx * (dot[3] - dot[1]);
    return {share * static_cast<float>(level.width) * dx,
            share * static_cast<float>(level.height) * dy,
            taps.weight[0] * dot[0] + taps.weight[1] * dot[1] + taps.weight[2] * dot[2] +
                taps.weight[3] * dot[3]};
  }
};

/// The greatest magnitude; floats without sign are ordered as their bits, NaN above all.
template <class T>
struct greatest_magnitude {
  const T* values;
  std::int64_t n, threads;
  std::uint32_t* greatest;
  S2D_HD void operator()(std::int64_t t) const {
    std::uint32_t most = 0;
    for (std::int64_t i = t; i < n; i += threads) {
      const std::uint32_t bits = bits_of(to_float(values[i])) & 0x7fffffffu;
      most = bits > most ? bits : most;
    }
    if (most != 0) atomic_max(greatest, most);
  }
};

/// The step of exact sums of `terms`.
struct choose_scale {
  const std::uint32_t* greatest;  // [2] of grad_out, of attention
  double terms;
  double* scale;  // [1]
  S2D_HD void operator()(std::int64_t) const {
    const double most = static_cast<double>(float_of(greatest[0])) *
                        static_cast<double>(float_of(greatest[1])) * terms;
    *scale = exact_scale(most);
  }
};

template <class T>
struct convert_exact {
  const unsigned long long* sums;
  const double* scale;
  T* out;
  S2D_HD void operator()(std::int64_t i) const {
    out[i] = from_float<T>(exact_sum(sums[i], *scale));
  }
};
template <class T>
struct convert_floats {
  const float* sums;
  T* out;
  S2D_HD void operator()(std::int64_t i) const { out[i] = from_float<T>(sums[i]); }
};

template <class T>
bool channels_are_wide(const deform_shape& shape, const T* a, const T* b) {
  constexpr std::int64_t width = 16 / sizeof(T);
  return shape.channels % width == 0 && address_of(a) % 16 == 0 && address_of(b) % 16 == 0;
}

template <class T, class Executor>
void deform_forward_on(const Executor& run, const deform_shape& shape, const T* value,
                       const T* location, const T* attention, T* out) {
  constexpr const char* what = "ms_deform_attn";
  if (channels_are_wide(shape, value, out)) {
    using body = deform_forward<T, true>;
    run.for_each(what, shape.items() * body::split::lanes,
                 body{shape, value, location, attention, out});
  } else {
    using body = deform_forward<T, false>;
    run.for_each(what, shape.items() * body::split::lanes,
                 body{shape, value, location, attention, out});
  }
}

template <int Threads, class T, class Sums, class Executor>
void deform_gradients_on(const Executor& run, const deform_shape& shape, const T* grad_out,
                         const T* value, const T* location, const T* attention, Sums sums,
                         T* grad_location, T* grad_attention) {
  const auto start = [&](auto body) {
    const std::int64_t each = decltype(body)::items_per_block();
    run.for_each_block("ms_deform_attn_backward", (shape.items() + each - 1) / each, body);
  };
  if (channels_are_wide(shape, value, grad_out))
    start(deform_backward<T, true, Sums, Threads>{shape, grad_out, value, location, attention, sums,
                                                  grad_location, grad_attention});
  else
    start(deform_backward<T, false, Sums, Threads>{shape, grad_out, value, location, attention,
                                                   sums, grad_location, grad_attention});
}

template <int Threads, class T, class Executor>
void deform_backward_on(const Executor& run, const deform_shape& shape, const T* grad_out,
                        const T* value, const T* location, const T* attention, T* grad_value,
                        T* grad_location, T* grad_attention, bool deterministic) {
  constexpr const char* what = "ms_deform_attn_backward";
  const std::int64_t values = shape.batch * shape.tokens * shape.heads * shape.channels;
  if (deterministic) {
    auto greatest = run.template allocate<std::uint32_t>(2);
    auto scale = run.template allocate<double>(1);
    auto sums = run.template allocate<unsigned long long>(values);
    run.fill_zero(greatest.data(), 2);
    run.fill_zero(sums.data(), values);
    const std::int64_t ups = shape.items() * shape.channels;
    const std::int64_t shares = shape.items() * shape.points * shape.level_count;
    const std::int64_t team = 1 << 17;
    run.for_each(what, ups < team ? ups : team,
                 greatest_magnitude<T>{grad_out, ups, ups < team ? ups : team, greatest.data()});
    run.for_each(what, shares < team ? shares : team,
                 greatest_magnitude<T>{attention, shares, shares < team ? shares : team,
                                       greatest.data() + 1});
    // A channel of a token may take part in every point of every query of its level.
    const auto terms = 4.0 * static_cast<double>(shape.queries) * static_cast<double>(shape.points);
    run.for_each(what, 1, choose_scale{greatest.data(), terms, scale.data()});
    deform_gradients_on<Threads>(run, shape, grad_out, value, location, attention,
                                 exact_sums{sums.data(), scale.data()}, grad_location,
                                 grad_attention);
    run.for_each(what, values, convert_exact<T>{sums.data(), scale.data(), grad_value});
  } else if constexpr (sizeof(T) == 4) {
    run.fill_zero(grad_value, values);
    deform_gradients_on<Threads>(run, shape, grad_out, value, location, attention,
                                 float_sums{grad_value}, grad_location, grad_attention);
  } else {
    auto sums = run.template allocate<float>(values);
    run.fill_zero(sums.data(), values);
    deform_gradients_on<Threads>(run, shape, grad_out, value, location, attention,
                                 float_sums{sums.data()}, grad_location, grad_attention);
    run.for_each(what, values, convert_floats<T>{sums.data(), grad_value});
  }
}

}  // namespace detail
}  // namespace s2d::cuda::inline S2D_CUDA_ABI
