// The work per thread of backward warps and of the forward-backward test.
#pragma once

#include <cstdint>
#include <type_traits>

#include <s2d/cuda/float16.hpp>
#include <s2d/cuda/flow_types.hpp>
#include <s2d/cuda/view.hpp>
#include <s2d/cuda/detail/memory_words.hpp>

namespace s2d::cuda::inline S2D_CUDA_ABI {
namespace detail {

struct warp_settings {
  bool nearest = false;
  bool replicate = false;
  float fill = 0;
  float base = 1.0f;  // of the consistency test
  float slope = 0.05f;
};

/// A displaced position: the pixel at or left above it, and the parts beyond; as in the core, whole
/// and fractional parts of the displacement are kept apart.
struct warp_place {
  std::int64_t y, x;
  float part_y, part_x;
};

S2D_HD inline float bounded_step(float d) { return !(d > -1e9f) ? -1e9f : (d < 1e9f ? d : 1e9f); }

S2D_HD inline warp_place place_of(std::int64_t y, std::int64_t x, float v, float u, bool nearest) {
  const float du = bounded_step(u), dv = bounded_step(v);
  auto whole_u = static_cast<std::int32_t>(du), whole_v = static_cast<std::int32_t>(dv);
  whole_u -= static_cast<float>(whole_u) > du ? 1 : 0;
  whole_v -= static_cast<float>(whole_v) > dv ? 1 : 0;
  warp_place p{y + whole_v, x + whole_u, dv - static_cast<float>(whole_v),
               du - static_cast<float>(whole_u)};
  if (nearest) {
    p.y += p.part_y >= 0.5f ? 1 : 0;
    p.x += p.part_x >= 0.5f ? 1 : 0;
  }
  return p;
}

template <class T>
S2D_HD float as_float(T value) {
  if constexpr (std::is_integral_v<T>)
    return static_cast<float>(value);
  else
    return to_float(value);
}
/// Bytes round to nearest, halves up.
template <class T>
S2D_HD T rounded_to(float value) {
  if constexpr (std::is_integral_v<T>)
    return static_cast<T>(static_cast<std::int32_t>(value + 0.5f));
  else
    return from_float<T>(value);
}

S2D_HD inline float blend(float a, float b, float c, float d, float x, float y) {
  const float top = a + x * (b - a);
  const float bottom = c + x * (d - c);
  return top + y * (bottom - top);
}

/// Dense planes as a source.
template <class T>
struct plane_source {
  batch_view<const T> in;
  warp_settings set;

  [[nodiscard]] S2D_HD T at(std::int64_t plane, std::int64_t y, std::int64_t x) const {
    if (y < 0 || y >= in.height || x < 0 || x >= in.width) {
      if (!set.replicate) return rounded_to<T>(set.fill);
      y = y < 0 ? 0 : (y >= in.height ? in.height - 1 : y);
      x = x < 0 ? 0 : (x >= in.width ? in.width - 1 : x);
    }
    return in(plane, y, x);
  }
  /// The value that pixel (y, x) gets by the displacement (v, u).
  [[nodiscard]] S2D_HD T sample(std::int64_t plane, std::int64_t y, std::int64_t x, float v,
                                float u) const {
    if (u != u || v != v) return rounded_to<T>(set.fill);
    const warp_place p = place_of(y, x, v, u, set.nearest);
    if (set.nearest) return at(plane, p.y, p.x);
    return rounded_to<T>(blend(as_float(at(plane, p.y, p.x)), as_float(at(plane, p.y, p.x + 1)),
                               as_float(at(plane, p.y + 1, p.x)),
                               as_float(at(plane, p.y + 1, p.x + 1)), p.part_x, p.part_y));
  }
};

/// Whether a pixel's flow leads back to it; see s2d::consistent_pixels.
S2D_HD inline bool leads_back(const flow_batch& backward, std::int64_t i, std::int64_t y,
                              std::int64_t x, float fv, float fu, const warp_settings& set) {
  const std::int64_t height = backward.u.height, width = backward.u.width;
  const float px = static_cast<float>(x) + fu, py = static_cast<float>(y) + fv;
  // Clamped to the frame; not a number goes to 0 and fails the test below.
  const float last_x = static_cast<float>(width - 1), last_y = static_cast<float>(height - 1);
  float cx = px > 0 ? px : 0, cy = py > 0 ? py : 0;
  cx = cx < last_x ? cx : last_x;
  cy = cy < last_y ? cy : last_y;
  auto ix = static_cast<std::int64_t>(cx), iy = static_cast<std::int64_t>(cy);
  const std::int64_t most_x = width > 1 ? width - 2 : 0, most_y = height > 1 ? height - 2 : 0;
  ix = ix < most_x ? ix : most_x;
  iy = iy < most_y ? iy : most_y;
  const float sx = cx - static_cast<float>(ix), sy = cy - static_cast<float>(iy);
  const std::int64_t right = ix + (width > 1 ? 1 : 0), below = iy + (height > 1 ? 1 : 0);
  const float ru = blend(backward.u(i, iy, ix), backward.u(i, iy, right), backward.u(i, below, ix),
                         backward.u(i, below, right), sx, sy);
  const float rv = blend(backward.v(i, iy, ix), backward.v(i, iy, right), backward.v(i, below, ix),
                         backward.v(i, below, right), sx, sy);
  const float sum_u = fu + ru, sum_v = fv + rv;
  const float limit = set.base + set.slope * (fu * fu + fv * fv + ru * ru + rv * rv);
  return px >= -0.5f && py >= -0.5f && px < static_cast<float>(width) - 0.5f &&
         py < static_cast<float>(height) - 0.5f && sum_u * sum_u + sum_v * sum_v < limit;
}

/// Eight neighbouring values, by wide loads where the address allows.
S2D_HD inline void read_eight(const batch_view<const float>& from, std::int64_t i, std::int64_t y,
                              std::int64_t x, int count, float (&values)[8]) {
  const float* const first = &from(i, y, x);
  if (count == 8 && from.column_stride == 1 && address_of(first) % 16 == 0) {
    struct alignas(16) four {
      float values[4];
    };
    S2D_UNROLL
    for (int part = 0; part < 2; ++part) {
      const auto some = load_as<four>(first + 4 * part);
      S2D_UNROLL
      for (int k = 0; k < 4; ++k) values[4 * part + k] = some.values[k];
    }
  } else {
    S2D_UNROLL
    for (int k = 0; k < 8; ++k) values[k] = k < count ? first[k * from.column_stride] : 0;
  }
}

/// What a warp writes beside the pictures.
enum class warp_output { pictures, pictures_and_test, test };

/// Eight pixels of all planes of a flow field by one thread, and a byte of the test.
template <class T, warp_output Output>
struct warp_pixels {
  plane_source<T> source;
  flow_batch forward, backward;
  batch_view<T> out;
  std::uint8_t* consistent;  // bits_view as bytes
  std::int64_t channels;     // planes of a flow field

  S2D_HD void operator()(std::int64_t index) const {
    const std::int64_t per_row = (forward.u.width + 63) / 64 * 8;
    const quotient row = divide(index, per_row);
    const quotient place = divide(row.whole, forward.u.height);
    const std::int64_t i = place.whole, y = place.rest, x = row.rest * 8;
    const std::int64_t left = forward.u.width - x;
    const int count = left >= 8 ? 8 : left > 0 ? static_cast<int>(left) : 0;
    std::uint32_t bits = 0;
    if (count > 0) {
      float u[8], v[8];
      read_eight(forward.u, i, y, x, count, u);
      read_eight(forward.v, i, y, x, count, v);
      if constexpr (Output != warp_output::pictures) {
        S2D_UNROLL
        for (int k = 0; k < 8; ++k)
          if (k < count)
            bits |= std::uint32_t{leads_back(backward, i, y, x + k, v[k], u[k], source.set)} << k;
      }
      if constexpr (Output != warp_output::test)
        for (std::int64_t c = 0; c < channels; ++c) write(i * channels + c, y, x, count, v, u);
    }
    if constexpr (Output != warp_output::pictures)
      consistent[index] = static_cast<std::uint8_t>(bits);
  }

 private:
  S2D_HD void write(std::int64_t plane, std::int64_t y, std::int64_t x, int count,
                    const float (&v)[8], const float (&u)[8]) const {
    struct alignas(sizeof(T) == 1 ? 8 : 16) packed {
      T values[sizeof(T) == 4 ? 4 : 8];
    };
    constexpr int each = static_cast<int>(sizeof(packed) / sizeof(T));
    T* const to = &out(plane, y, x);
    const bool wide = count == 8 && out.column_stride == 1 && address_of(to) % alignof(packed) == 0;
    S2D_UNROLL
    for (int part = 0; part < 8; part += each) {
      packed some;
      S2D_UNROLL
      for (int k = 0; k < each; ++k)
        if (part + k < count)
          some.values[k] = source.sample(plane, y, x + part + k, v[part + k], u[part + k]);
      if (wide) {
        store_as(to + part, some);
      } else {
        S2D_UNROLL
        for (int k = 0; k < each; ++k)
          if (part + k < count) to[(part + k) * out.column_stride] = some.values[k];
      }
    }
  }
};

/// Eight pixels of packed masks.
struct warp_bits {
  const_bits_view in;
  warp_settings set;
  flow_batch flow;
  std::uint8_t* out;
  std::int64_t channels;

  S2D_HD void operator()(std::int64_t index) const {
    const std::int64_t per_row = in.words_per_row() * 8;
    const quotient row = divide(index, per_row);
    const quotient place = divide(row.whole, in.height);
    const std::int64_t i = place.whole, y = place.rest, x = row.rest * 8;
    const std::int64_t left = in.width - x;
    const int count = left >= 8 ? 8 : left > 0 ? static_cast<int>(left) : 0;
    std::uint32_t bits = 0;
    if (count > 0) {
      float u[8], v[8];
      read_eight(flow.u, i / channels, y, x, count, u);
      read_eight(flow.v, i / channels, y, x, count, v);
      S2D_UNROLL
      for (int k = 0; k < 8; ++k)
        if (k < count) bits |= std::uint32_t{sample(i, y, x + k, v[k], u[k])} << k;
    }
    out[index] = static_cast<std::uint8_t>(bits);
  }

 private:
  [[nodiscard]] S2D_HD bool sample(std::int64_t i, std::int64_t y, std::int64_t x, float v,
                                   float u) const {
    if (u != u || v != v) return set.fill >= 0.5f;
    warp_place p = place_of(y, x, v, u, true);
    if (p.y < 0 || p.y >= in.height || p.x < 0 || p.x >= in.width) {
      if (!set.replicate) return set.fill >= 0.5f;
      p.y = p.y < 0 ? 0 : (p.y >= in.height ? in.height - 1 : p.y);
      p.x = p.x < 0 ? 0 : (p.x >= in.width ? in.width - 1 : p.x);
    }
    return in(i, p.y, p.x);
  }
};

template <class T, class Executor>
void warp_on(const Executor& run, const batch_view<const T>& in, const flow_batch& forward,
             const flow_batch* backward, const batch_view<T>& out, std::uint64_t* consistent,
             const warp_settings& set) {
  if (in.empty()) return;
  const std::int64_t threads =
      forward.u.count * forward.u.height * ((forward.u.width + 63) / 64) * 8;
  const std::int64_t channels = in.count / forward.u.count;
  const plane_source<T> source{in, set};
  auto* const bytes = reinterpret_cast<std::uint8_t*>(consistent);
  if (backward == nullptr)
    run.for_each(
        "warp_back", threads,
        warp_pixels<T, warp_output::pictures>{source, forward, {}, out, nullptr, channels});
  else
    run.for_each("warp_back", threads,
                 warp_pixels<T, warp_output::pictures_and_test>{source, forward, *backward, out,
                                                                bytes, channels});
}

template <class Executor>
void consistent_on(const Executor& run, const flow_batch& forward, const flow_batch& backward,
                   const bits_view& out, const warp_settings& set) {
  if (out.empty()) return;
  run.for_each("consistent_pixels", out.size() * 8,
               warp_pixels<std::uint8_t, warp_output::test>{
                   {{}, set}, forward, backward, {}, reinterpret_cast<std::uint8_t*>(out.data), 1});
}

template <class Executor>
void warp_bits_on(const Executor& run, const const_bits_view& in, const flow_batch& flow,
                  const bits_view& out, const warp_settings& set) {
  if (in.empty()) return;
  run.for_each(
      "warp_back", in.size() * 8,
      warp_bits{in, set, flow, reinterpret_cast<std::uint8_t*>(out.data), in.count / flow.u.count});
}

}  // namespace detail
}  // namespace s2d::cuda::inline S2D_CUDA_ABI
