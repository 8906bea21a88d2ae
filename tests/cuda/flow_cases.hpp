// What optical flow has to give, on the processor and on a device. Side: where it is made.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <utility>
#include <vector>

#include <s2d/flow/estimate.hpp>

#include "support/catch.hpp"
#if defined(S2D_TEST_PICTURES)
#include "cuda/real_frames.hpp"
#endif

namespace support {

/// `count` gray frames, [count, height, width].
struct gray_frames {
  std::int64_t count, height, width;
  std::vector<std::uint8_t> pixels;

  [[nodiscard]] s2d::plane_view<const std::uint8_t> frame(std::int64_t i) const {
    return {pixels.data() + i * height * width, height, width};
  }
};

/// Waves of a few directions under noise of `noise` steps, each half moving its own way by some
/// pixels a frame.
inline gray_frames moving_frames(unsigned seed, std::int64_t n, std::int64_t h, std::int64_t w,
                                 unsigned noise = 6) {
  std::mt19937 random{seed};
  gray_frames all{n, h, w, {}};
  for (std::int64_t t = 0; t < n; ++t)
    for (std::int64_t y = 0; y < h; ++y)
      for (std::int64_t x = 0; x < w; ++x) {
        const bool left = 2 * x < w;
        const auto time = static_cast<double>(t);
        const double px = static_cast<double>(x) - time * (left ? 1.7 : -2.4);
        const double py = static_cast<double>(y) - time * (left ? 0.6 : 1.2);
        double sum = 128 + static_cast<double>(random() % noise);
        for (int k = 1; k < 9; ++k)
          sum += 14 * std::sin(0.09 * k * (px * std::cos(k * k) + py * std::sin(k * k)) + k + seed);
        all.pixels.push_back(static_cast<std::uint8_t>((std::min)((std::max)(sum, 0.0), 255.0)));
      }
  return all;
}

#if defined(S2D_TEST_PICTURES)
/// `n` pairs of real frames, each 8 frames after the last; none where there is no data.
inline std::pair<gray_frames, gray_frames> real_pairs(std::int64_t n) {
  gray_frames of[2]{};
  const auto frames = real_frames(static_cast<std::size_t>(8 * n));
  for (std::size_t i = 0; i < frames.size(); ++i) {
    if (i % 8 > 1) continue;
    const s2d::matrix<std::uint8_t> gray = s2d::to_gray(frames[i].view());
    gray_frames& to = of[i % 8];
    to = {to.count + 1, gray.height, gray.width, std::move(to.pixels)};
    to.pixels.insert(to.pixels.end(), gray.values.begin(), gray.values.end());
  }
  return {of[0], of[1]};
}
#endif

/// Fields of a batch, [count, height, width].
struct found_flow {
  std::vector<float> u, v;
  friend bool operator==(const found_flow&, const found_flow&) = default;
};
inline void append(found_flow& to, const found_flow& more) {
  to.u.insert(to.u.end(), more.u.begin(), more.u.end());
  to.v.insert(to.v.end(), more.v.begin(), more.v.end());
}

/// How far two fields lie apart, in pixels.
struct flow_distance {
  double mean = 0, most = 0;
  double far_off = 0;  ///< share of pixels more than 0.1 apart
};
inline flow_distance distance(const found_flow& a, const found_flow& b) {
  REQUIRE(a.u.size() == b.u.size());
  REQUIRE(a.v.size() == b.v.size());
  flow_distance out;
  for (std::size_t i = 0; i < a.u.size(); ++i) {
    const double d = std::hypot(static_cast<double>(a.u[i]) - static_cast<double>(b.u[i]),
                                static_cast<double>(a.v[i]) - static_cast<double>(b.v[i]));
    out.mean += d / static_cast<double>(a.u.size());
    out.far_off += (d > 0.1 ? 1.0 : 0.0) / static_cast<double>(a.u.size());
    out.most = (std::max)(out.most, d);
  }
  return out;
}

struct core_flow {
  /// From from.frame(i) to to.frame(i).
  static found_flow pairs(const gray_frames& from, const gray_frames& to,
                          const s2d::flow_options& options) {
    found_flow all;
    for (std::int64_t i = 0; i < from.count; ++i) {
      const s2d::flow_field one = s2d::estimate_flow(from.frame(i), to.frame(i), options);
      append(all, {one.u.values, one.v.values});
    }
    return all;
  }
};

/// Every part of the options that changes what is run.
inline std::vector<s2d::flow_options> flow_variants() {
  std::vector<s2d::flow_options> all{s2d::flow_preset::medium, s2d::flow_preset::fast};
  const auto add = [&](int finest, int size, int stride) -> s2d::flow_options& {
    s2d::flow_options& o = all.emplace_back();
    o.finest_scale = finest;
    o.patch_size = size;
    o.patch_stride = stride;
    return o;
  };
  add(0, 4, 3).search_iterations = 5;
  add(0, 16, 7).refine_sweeps = 2;
  add(1, 8, 8).refine_rounds = 0;
  add(0, 4, 1).search_iterations = 0;
  add(3, 16, 16).relaxation = 1.0f;
  return all;
}

/// Side's pairs have the bits of `expected`: sizes 1, below a patch, odd, of several levels.
template <class Side, class Expected>
void check_flow_of_pairs(const Expected& expected) {
  for (const auto& [h, w] : {std::pair{1, 1}, {1, 9}, {9, 2}, {16, 16}, {37, 70}, {101, 66}})
    for (const s2d::flow_options& options : flow_variants()) {
      CAPTURE(h, w, options.finest_scale, options.patch_size);
      const gray_frames from = moving_frames(1, 2, h, w), to = moving_frames(2, 2, h, w);
      // Neighbours in time, and frames that have nothing to do with each other.
      gray_frames next = from;
      std::rotate(next.pixels.begin(), next.pixels.begin() + h * w, next.pixels.end());
      CHECK(Side::pairs(from, next, options) == expected(from, next, options));
      if (h < 50) CHECK(Side::pairs(from, to, options) == expected(from, to, options));
    }
  // Against its negative a picture fits best where the border repeats: patches go as far out of the
  // frame as they may.
  const gray_frames positive = moving_frames(2, 1, 96, 256, 2);
  gray_frames negative = positive;
  for (std::uint8_t& value : negative.pixels) value = static_cast<std::uint8_t>(255 - value);
  s2d::flow_options far_out;
  far_out.finest_scale = 0;
  far_out.patch_size = 4;
  far_out.patch_stride = 2;
  far_out.search_iterations = 60;
  const found_flow found = Side::pairs(positive, negative, far_out);
  CHECK(found == expected(positive, negative, far_out));
  CHECK(*std::max_element(found.u.begin(), found.u.end()) > 24);
  const gray_frames none{0, 5, 6, {}}, nothing{0, 0, 0, {}};
  CHECK(Side::pairs(none, none, {}).u.empty());
  CHECK(Side::pairs(nothing, nothing, {}).u.empty());
}

/// A clip's fields are those of its pairs, bit for bit.
template <class Side>
void check_flow_of_clips() {
  for (const std::int64_t n : {0, 1, 2, 4}) {
    CAPTURE(n);
    const std::int64_t h = 41, w = 55, fields = (std::max)(n - 1, std::int64_t{0});
    const gray_frames all = moving_frames(3, n, h, w);
    gray_frames from{2 * fields, h, w, {}}, to = from;
    for (const bool back : {false, true})
      for (std::int64_t i = 0; i < fields; ++i) {
        const auto at = all.pixels.begin() + i * h * w;
        auto& first = back ? to : from;
        auto& second = back ? from : to;
        first.pixels.insert(first.pixels.end(), at, at + h * w);
        second.pixels.insert(second.pixels.end(), at + h * w, at + 2 * h * w);
      }
    CHECK(Side::clip(all, s2d::flow_preset::medium) ==
          Side::pairs(from, to, s2d::flow_preset::medium));
  }
}

/// Two flows that differ by the order of sums and by contraction. Where nothing can be matched, a
/// search that goes another way ends elsewhere: hence a share of pixels, not the farthest.
inline void check_near(const found_flow& found, const found_flow& expected) {
  const flow_distance d = distance(found, expected);
  CAPTURE(d.mean, d.far_off, d.most);
  CHECK(d.mean < 0.005);  // false of NaN
  CHECK(d.far_off < 0.01);
}
template <class Side>
void check_flow_near_core() {
  for (const auto preset : {s2d::flow_preset::fast, s2d::flow_preset::medium}) {
    const gray_frames from = moving_frames(4, 2, 120, 214);
    gray_frames to = from;
    std::rotate(to.pixels.begin(), to.pixels.begin() + 120 * 214, to.pixels.end());
    const found_flow found = Side::pairs(from, to, preset);
    check_near(found, core_flow::pairs(from, to, preset));
    // The motion itself: (1.7, 0.6) on the left of the first pair.
    const std::size_t at = 60 * 214 + 50;
    CHECK(std::abs(found.u[at] - 1.7f) < 0.3f);
    CHECK(std::abs(found.v[at] - 0.6f) < 0.3f);
  }
}

}  // namespace support
