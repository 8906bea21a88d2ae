// The work per thread of backward warps and of the forward-backward test.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
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

/// How the pixels of a batch are shared out: a block takes a tile of 32 columns, a warp some rows
/// of it, a thread one column of these. So neighbouring lanes read neighbouring memory, and where
/// the tile lies is divided out once for all pixels of a thread.
class warp_tiles {
 public:
  static constexpr int threads = 128;
  static constexpr int rows = 8;  ///< of a thread

  warp_tiles(std::int64_t height, std::int64_t width)
      : across_{(width + 63) / 64 * 2}, down_{(height + tile_rows - 1) / tile_rows} {}

  /// Pixels (i, y, x), (i, y + 1, x), ...
  struct column {
    std::int64_t i;
    std::int32_t y, x;
    std::int32_t rows;   ///< of the warp, in the picture
    std::int32_t count;  ///< the same, or 0 where x is padding
  };
  [[nodiscard]] S2D_HD column column_of(std::int64_t tile, std::int32_t thread, std::int64_t height,
                                        std::int64_t width) const {
    const quotient row = across_.divide(tile);
    const quotient place = down_.divide(row.whole);
    column c{};
    c.i = place.whole;
    c.y = static_cast<std::int32_t>(place.rest) * tile_rows + thread / 32 * rows;
    c.x = static_cast<std::int32_t>(row.rest) * 32 + thread % 32;
    const std::int32_t left = static_cast<std::int32_t>(height) - c.y;
    c.rows = left < rows ? left : rows;
    c.count = c.x < static_cast<std::int32_t>(width) ? c.rows : 0;
    return c;
  }
  [[nodiscard]] std::int64_t count(std::int64_t planes) const {
    return planes * down_.value() * across_.value();
  }

  /// Stores what the lanes of a warp say of their pixels, one bit each, as packed masks.
  template <class Block, class Test>
  S2D_DEVICE void store_bits(const Block& block, const column& c, std::int64_t height,
                             std::uint8_t* masks, const Test& test) const {
    const std::int32_t lane = block.thread() % 32;
    std::uint32_t mine = 0;  // the row that this lane stores
    S2D_UNROLL
    for (int k = 0; k < rows; ++k) {
      const std::uint32_t bits = block.ballot(test(k) && k < c.count);
      if (lane == k) mine = bits;
    }
    if (lane < c.rows)
      store_as(masks + ((c.i * height + c.y + lane) * across_.value() + c.x / 32) * 4, mine);
  }

 private:
  static constexpr int tile_rows = threads / 32 * rows;
  divisor across_;  ///< tiles of a row
  divisor down_;    ///< and of a column
};

/// Whether kernels may take the fast way to the elements of a plane: neighbouring columns are
/// neighbours in memory, and offsets need no more than 31 bits; and a pixel has neighbours.
template <class T>
bool is_dense(const batch_view<T>& x) {
  return x.column_stride == 1 && x.height > 1 && x.width > 1 &&
         static_cast<double>(x.height - 1) * std::abs(static_cast<double>(x.row_stride)) +
                 static_cast<double>(x.width) <
             (std::numeric_limits<std::int32_t>::max)();
}
inline bool is_dense(const flow_batch& x) { return is_dense(x.u) && is_dense(x.v); }

template <class T>
S2D_HD T* plane_of(const batch_view<T>& in, std::int64_t i) {
  return in.data + i * in.plane_stride;
}
/// The element (y, x) of a plane. Dense: is_dense.
template <bool Dense, class T>
S2D_HD T* element_of(T* plane, const batch_view<T>& in, std::int32_t y, std::int32_t x) {
  if constexpr (Dense)
    return plane + (y * static_cast<std::int32_t>(in.row_stride) + x);
  else
    return plane + (y * in.row_stride + x * in.column_stride);
}

/// A displaced position: the pixel at or left above it, and the parts beyond; as in the core, whole
/// and fractional parts of the displacement are kept apart.
struct warp_place {
  std::int32_t y, x;
  float part_y, part_x;
};

/// A number also where d is none.
S2D_HD inline float bounded_step(float d) {
  const float at_most = d < 1e9f ? d : 1e9f;
  return at_most > -1e9f ? at_most : -1e9f;
}

/// y, x < 2^30
template <bool Nearest>
S2D_HD warp_place place_of(std::int32_t y, std::int32_t x, float v, float u) {
  const float du = bounded_step(u), dv = bounded_step(v);
  const float whole_u = std::floor(du), whole_v = std::floor(dv);
  warp_place p{y + static_cast<std::int32_t>(whole_v), x + static_cast<std::int32_t>(whole_u),
               dv - whole_v, du - whole_u};
  if constexpr (Nearest) {
    p.y += p.part_y >= 0.5f ? 1 : 0;
    p.x += p.part_x >= 0.5f ? 1 : 0;
  }
  return p;
}

/// 0 <= at < extent
S2D_HD inline bool is_inside(std::int32_t at, std::int64_t extent) {
  return static_cast<std::uint32_t>(at) < static_cast<std::uint32_t>(extent);
}
S2D_HD inline std::int32_t clamped(std::int32_t at, std::int64_t extent) {
  return at < 0 ? 0 : is_inside(at, extent) ? at : static_cast<std::int32_t>(extent) - 1;
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
/// Of the value at `at`, its right neighbour and those below them.
template <bool Dense, class T>
S2D_HD float blend_at(const T* at, const batch_view<const T>& in, float x, float y) {
  const T* const below = at + in.row_stride;
  const std::int64_t right = Dense ? 1 : in.column_stride;
  return blend(as_float(at[0]), as_float(at[right]), as_float(below[0]), as_float(below[right]), x,
               y);
}

/// Dense planes as a source.
template <class T, bool Nearest, bool Dense>
struct plane_source {
  batch_view<const T> in;
  bool replicate;
  float fill;

  /// Whether all that is read for a place lies in the picture.
  [[nodiscard]] S2D_HD bool holds(const warp_place& p) const {
    constexpr int beyond = Nearest ? 0 : 1;
    return is_inside(p.y, in.height - beyond) && is_inside(p.x, in.width - beyond);
  }
  /// The value at a place that it holds.
  [[nodiscard]] S2D_HD T inside(const T* plane, const warp_place& p) const {
    const T* const at = element_of<Dense>(plane, in, p.y, p.x);
    if constexpr (Nearest)
      return *at;
    else
      return rounded_to<T>(blend_at<Dense>(at, in, p.part_x, p.part_y));
  }
  /// At any.
  [[nodiscard]] S2D_HD T anywhere(const T* plane, const warp_place& p) const {
    if constexpr (Nearest)
      return at(plane, p.y, p.x);
    else
      return rounded_to<T>(blend(as_float(at(plane, p.y, p.x)), as_float(at(plane, p.y, p.x + 1)),
                                 as_float(at(plane, p.y + 1, p.x)),
                                 as_float(at(plane, p.y + 1, p.x + 1)), p.part_x, p.part_y));
  }

 private:
  [[nodiscard]] S2D_HD T at(const T* plane, std::int32_t y, std::int32_t x) const {
    if (!replicate && !(is_inside(y, in.height) && is_inside(x, in.width)))
      return rounded_to<T>(fill);
    return *element_of<Dense>(plane, in, clamped(y, in.height), clamped(x, in.width));
  }
};

/// Whether a pixel's flow leads back to it; see s2d::consistent_pixels.
template <bool Dense>
S2D_HD bool leads_back(const flow_batch& backward, std::int64_t i, std::int32_t y, std::int32_t x,
                       float fv, float fu, const warp_settings& set) {
  const auto height = static_cast<std::int32_t>(backward.u.height);
  const auto width = static_cast<std::int32_t>(backward.u.width);
  const float px = static_cast<float>(x) + fu, py = static_cast<float>(y) + fv;
  // Clamped to the frame; not a number goes to 0 and fails the test below.
  const float last_x = static_cast<float>(width - 1), last_y = static_cast<float>(height - 1);
  float cx = px > 0 ? px : 0, cy = py > 0 ? py : 0;
  cx = cx < last_x ? cx : last_x;
  cy = cy < last_y ? cy : last_y;
  auto ix = static_cast<std::int32_t>(cx), iy = static_cast<std::int32_t>(cy);
  const std::int32_t most_x = Dense || width > 1 ? width - 2 : 0;
  const std::int32_t most_y = Dense || height > 1 ? height - 2 : 0;
  ix = ix < most_x ? ix : most_x;
  iy = iy < most_y ? iy : most_y;
  const float sx = cx - static_cast<float>(ix), sy = cy - static_cast<float>(iy);
  const auto back = [&](const batch_view<const float>& from) {
    const float* const at = element_of<Dense>(plane_of(from, i), from, iy, ix);
    if (Dense || (width > 1 && height > 1)) return blend_at<Dense>(at, from, sx, sy);
    const std::int64_t right = width > 1 ? from.column_stride : 0;
    const std::int64_t below = height > 1 ? from.row_stride : 0;
    return blend(at[0], at[right], at[below], at[below + right], sx, sy);
  };
  const float ru = back(backward.u), rv = back(backward.v);
  const float sum_u = fu + ru, sum_v = fv + rv;
  const float limit = set.base + set.slope * (fu * fu + fv * fv + ru * ru + rv * rv);
  return px >= -0.5f && py >= -0.5f && px < static_cast<float>(width) - 0.5f &&
         py < static_cast<float>(height) - 0.5f && sum_u * sum_u + sum_v * sum_v < limit;
}

/// The values of a thread's pixels.
template <bool Dense>
S2D_HD void read_column(const batch_view<const float>& from, const warp_tiles::column& c,
                        float (&values)[warp_tiles::rows]) {
  if (c.count <= 0) return;
  const float* at = element_of<Dense>(plane_of(from, c.i), from, c.y, c.x);
  if (c.count == warp_tiles::rows) {
    S2D_UNROLL
    for (int k = 0; k < warp_tiles::rows; ++k) values[k] = at[k * from.row_stride];
  } else {
    S2D_UNROLL
    for (int k = 0; k < warp_tiles::rows; ++k)
      if (k < c.count) values[k] = at[k * from.row_stride];
  }
}

/// What a warp writes beside the pictures.
enum class warp_output { pictures, pictures_and_test, test };

/// A tile of all planes of a flow field by one block, and the test's bits.
template <class T, bool Nearest, warp_output Output, bool Dense>
struct warp_pixels {
  static constexpr int threads = warp_tiles::threads;
  static constexpr bool exact_threads = true;
  struct shared {};

  plane_source<T, Nearest, Dense> source;
  flow_batch forward, backward;
  batch_view<T> out;
  std::uint8_t* consistent;  // bits_view as bytes
  std::int64_t channels;     // planes of a flow field
  warp_settings set;
  warp_tiles tiles;

  template <class Block>
  S2D_DEVICE void operator()(const Block& block, std::int64_t tile) const {
    const std::int64_t height = forward.u.height;
    const auto c = tiles.column_of(tile, block.thread(), height, forward.u.width);
    float u[warp_tiles::rows] = {}, v[warp_tiles::rows] = {};
    read_column<Dense>(forward.u, c, u);
    read_column<Dense>(forward.v, c, v);
    if constexpr (Output != warp_output::pictures)
      tiles.store_bits(block, c, height, consistent, [&](int k) {
        return leads_back<Dense>(backward, c.i, c.y + k, c.x, v[k], u[k], set);
      });
    if constexpr (Output != warp_output::test)
      if (c.count > 0)
        for (std::int64_t channel = 0; channel < channels; ++channel)
          write(c.i * channels + channel, c, v, u);
  }

 private:
  S2D_HD void write(std::int64_t plane, const warp_tiles::column& c,
                    const float (&v)[warp_tiles::rows], const float (&u)[warp_tiles::rows]) const {
    const T* const from = plane_of(source.in, plane);
    T* const to = element_of<Dense>(plane_of(out, plane), out, c.y, c.x);
    warp_place places[warp_tiles::rows];
    bool held = c.count == warp_tiles::rows;
    S2D_UNROLL
    for (int k = 0; k < warp_tiles::rows; ++k) {
      places[k] = place_of<Nearest>(c.y + k, c.x, v[k], u[k]);
      held &= (u[k] == u[k]) & (v[k] == v[k]) & source.holds(places[k]);
    }
    if (held) {  // all at once, for loads in flight
      T values[warp_tiles::rows];
      S2D_UNROLL
      for (int k = 0; k < warp_tiles::rows; ++k) values[k] = source.inside(from, places[k]);
      S2D_UNROLL
      for (int k = 0; k < warp_tiles::rows; ++k) to[k * out.row_stride] = values[k];
    } else {
      for (int k = 0; k < c.count; ++k) to[k * out.row_stride] = value_at(from, c.i, c.y + k, c.x);
    }
  }
  /// Anywhere; reads the flow again.
  [[nodiscard]] S2D_HD T value_at(const T* from, std::int64_t i, std::int32_t y,
                                  std::int32_t x) const {
    const float u = forward.u(i, y, x), v = forward.v(i, y, x);
    if (u != u || v != v) return rounded_to<T>(source.fill);
    return source.anywhere(from, place_of<Nearest>(y, x, v, u));
  }
};

/// A tile of packed masks by one block.
template <bool Dense>
struct warp_bits {
  static constexpr int threads = warp_tiles::threads;
  static constexpr bool exact_threads = true;
  struct shared {};

  batch_view<const std::uint64_t> words;
  flow_batch flow;
  std::uint8_t* out;  // bits_view as bytes
  divisor channels;   // masks of a flow field
  warp_settings set;
  warp_tiles tiles;

  template <class Block>
  S2D_DEVICE void operator()(const Block& block, std::int64_t tile) const {
    const auto c = tiles.column_of(tile, block.thread(), flow.u.height, flow.u.width);
    auto of_flow = c;
    of_flow.i = channels.divide(c.i).whole;
    float u[warp_tiles::rows] = {}, v[warp_tiles::rows] = {};
    read_column<Dense>(flow.u, of_flow, u);
    read_column<Dense>(flow.v, of_flow, v);
    const std::uint64_t* const mask = plane_of(words, c.i);
    tiles.store_bits(block, c, flow.u.height, out,
                     [&](int k) { return sample(mask, c.y + k, c.x, v[k], u[k]); });
  }

 private:
  [[nodiscard]] S2D_HD bool sample(const std::uint64_t* mask, std::int32_t y, std::int32_t x,
                                   float v, float u) const {
    const warp_place p = place_of<true>(y, x, v, u);
    const bool nowhere = u != u || v != v;
    if (nowhere || !is_inside(p.y, flow.u.height) || !is_inside(p.x, flow.u.width)) {
      if (nowhere || !set.replicate) return set.fill >= 0.5f;
      return bit(mask, clamped(p.y, flow.u.height), clamped(p.x, flow.u.width));
    }
    return bit(mask, p.y, p.x);
  }
  [[nodiscard]] S2D_HD bool bit(const std::uint64_t* mask, std::int32_t y, std::int32_t x) const {
    return *element_of<Dense>(mask, words, y, x / 64) >> (x % 64) & 1;
  }
};

/// run.operator()<Dense>()
template <class Run>
void as_dense(bool dense, const Run& run) {
  if (dense)
    run.template operator()<true>();
  else
    run.template operator()<false>();
}

template <class T, bool Nearest, class Executor>
void warp_filtered_on(const Executor& run, const batch_view<const T>& in, const flow_batch& forward,
                      const flow_batch* backward, const batch_view<T>& out,
                      std::uint64_t* consistent, const warp_settings& set) {
  const std::int64_t fields = forward.u.count, channels = in.count / fields;
  const warp_tiles tiles{in.height, in.width};
  const auto launch = [&]<warp_output Output, bool Dense>() {
    run.for_each_block(
        "warp_back", tiles.count(fields),
        warp_pixels<T, Nearest, Output, Dense>{{in, set.replicate, set.fill},
                                               forward,
                                               backward ? *backward : flow_batch{},
                                               out,
                                               reinterpret_cast<std::uint8_t*>(consistent),
                                               channels,
                                               set,
                                               tiles});
  };
  const bool dense = is_dense(in) && is_dense(out) && is_dense(forward);
  if (backward == nullptr)
    as_dense(dense,
             [&]<bool Dense>() { launch.template operator()<warp_output::pictures, Dense>(); });
  else
    as_dense(dense && is_dense(*backward), [&]<bool Dense>() {
      launch.template operator()<warp_output::pictures_and_test, Dense>();
    });
}

template <class T, class Executor>
void warp_on(const Executor& run, const batch_view<const T>& in, const flow_batch& forward,
             const flow_batch* backward, const batch_view<T>& out, std::uint64_t* consistent,
             const warp_settings& set) {
  if (in.empty()) return;
  if (set.nearest)
    warp_filtered_on<T, true>(run, in, forward, backward, out, consistent, set);
  else
    warp_filtered_on<T, false>(run, in, forward, backward, out, consistent, set);
}

template <class Executor>
void consistent_on(const Executor& run, const flow_batch& forward, const flow_batch& backward,
                   const bits_view& out, const warp_settings& set) {
  if (out.empty()) return;
  const warp_tiles tiles{out.height, out.width};
  as_dense(is_dense(forward) && is_dense(backward), [&]<bool Dense>() {
    run.for_each_block(
        "consistent_pixels", tiles.count(out.count),
        warp_pixels<std::uint8_t, true, warp_output::test, Dense>{
            {}, forward, backward, {}, reinterpret_cast<std::uint8_t*>(out.data), 1, set, tiles});
  });
}

template <class Executor>
void warp_bits_on(const Executor& run, const const_bits_view& in, const flow_batch& flow,
                  const bits_view& out, const warp_settings& set) {
  if (in.empty()) return;
  const warp_tiles tiles{in.height, in.width};
  const bool narrow = in.words_per_mask() <= (std::numeric_limits<std::int32_t>::max)();
  as_dense(narrow && is_dense(flow), [&]<bool Dense>() {
    run.for_each_block("warp_back", tiles.count(in.count),
                       warp_bits<Dense>{{in.data, in.count, in.height, in.words_per_row()},
                                        flow,
                                        reinterpret_cast<std::uint8_t*>(out.data),
                                        divisor{in.count / flow.u.count},
                                        set,
                                        tiles});
  });
}

}  // namespace detail
}  // namespace s2d::cuda::inline S2D_CUDA_ABI
