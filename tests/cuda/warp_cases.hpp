// What warps and the forward-backward test have to give, on the processor and on a device. Side:
// where they are made.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <utility>
#include <vector>

#include <s2d/cuda/float16.hpp>
#include <s2d/flow/consistency.hpp>
#include <s2d/flow/warp.hpp>

#include "cuda/batches.hpp"
#include "cuda/flows.hpp"
#include "support/catch.hpp"

namespace support {

/// `count` fields, for the core and as planes [count, height, width].
struct flow_case {
  std::int64_t count, height, width;
  std::vector<s2d::flow_field> core;
  std::vector<float> u, v;
  flow_case(std::mt19937& random, std::int64_t n, std::int64_t h, std::int64_t w)
      : count{n}, height{h}, width{w} {
    for (std::int64_t i = 0; i < n; ++i) core.push_back(random_flow(random, h, w));
    u = u_of(core);
    v = v_of(core);
  }
  /// Every second vector becomes the one back along `forward`.
  void lead_back(const flow_case& forward) {
    for (std::size_t i = 0; i < u.size(); i += 2) {
      u[i] = -forward.u[i];
      v[i] = -forward.v[i];
    }
    for (std::int64_t i = 0; i < count; ++i) {
      auto& field = core[static_cast<std::size_t>(i)];
      std::copy_n(u.data() + i * height * width, height * width, field.u.values.begin());
      std::copy_n(v.data() + i * height * width, height * width, field.v.values.begin());
    }
  }
};

template <class Check>
void for_all_fields(const Check& check) {
  std::mt19937 random{5};
  for (const auto& [h, w] :
       {std::pair{0, 3}, {1, 1}, {1, 9}, {9, 1}, {2, 2}, {7, 8}, {5, 64}, {17, 67}, {40, 130}})
    for (const bool nearest : {false, true})
      for (const bool replicate : {false, true}) {
        CAPTURE(h, w, nearest, replicate);
        check(random, h, w,
              s2d::warp_options{
                  nearest ? s2d::warp_filter::nearest : s2d::warp_filter::bilinear,
                  replicate ? s2d::warp_border::replicate : s2d::warp_border::constant, 1.0f});
      }
}

template <class T>
double worst(const std::vector<T>& a, const std::vector<T>& b) {
  double most = a.size() == b.size() ? 0 : 1e9;
  for (std::size_t i = 0; i < a.size(); ++i)
    most = (std::max)(most, std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i])));
  return most;
}

/// Several planes along one field.
template <class Side, class T>
void check_warp_pictures() {
  for_all_fields([](std::mt19937& random, std::int64_t h, std::int64_t w,
                    const s2d::warp_options& options) {
    const flow_case flow{random, 2, h, w};
    const std::int64_t channels = 3, planes = 2 * channels;
    std::vector<T> x, expected;
    for (std::int64_t i = 0; i < planes * h * w; ++i) {
      const auto byte = static_cast<std::uint8_t>(random());
      x.push_back(sizeof(T) == 1 ? static_cast<T>(byte) : static_cast<T>(byte) / T{3});
    }
    for (std::int64_t p = 0; p < planes; ++p) {
      const auto one = s2d::warp_back(s2d::plane_view<const T>{x.data() + p * h * w, h, w},
                                      flow.core[static_cast<std::size_t>(p / channels)], options);
      expected.insert(expected.end(), one.values.begin(), one.values.end());
    }
    const double tolerance = options.filter == s2d::warp_filter::nearest ? 0
                             : sizeof(T) == 1                            ? 1
                                                                         : 85 * std::ldexp(1, -22);
    CHECK(worst(Side::warp(x, planes, flow, options), expected) <= tolerance);
  });
  std::mt19937 random{7};
  CHECK(Side::warp(std::vector<T>{}, 0, flow_case{random, 0, 5, 6}, {}).empty());
}

/// `planes` of [h, w] from row to column order.
template <class T>
std::vector<T> turned(const std::vector<T>& x, std::int64_t planes, std::int64_t h,
                      std::int64_t w) {
  std::vector<T> out;
  for (std::int64_t p = 0; p < planes; ++p)
    for (std::int64_t j = 0; j < w; ++j)
      for (std::int64_t i = 0; i < h; ++i)
        out.push_back(x[static_cast<std::size_t>((p * h + i) * w + j)]);
  return out;
}

/// Pictures and fields that lie column after column.
template <class Side>
void check_warp_columns() {
  for_all_fields(
      [](std::mt19937& random, std::int64_t h, std::int64_t w, const s2d::warp_options& options) {
        const flow_case flow{random, 2, h, w};
        std::vector<float> x;
        for (std::int64_t i = 0; i < 4 * h * w; ++i)
          x.push_back(static_cast<float>(random() % 1000) / 1000);
        flow_case columns = flow;
        columns.u = turned(flow.u, 2, h, w);
        columns.v = turned(flow.v, 2, h, w);
        const auto expected = turned(Side::warp(x, 4, flow, options), 4, h, w);
        CHECK(worst(Side::warp_columns(turned(x, 4, h, w), 4, columns, options), expected) <= 1e-6);
      });
}

/// Rounded once, from what the same side makes of floats.
template <class Side>
void check_warp_binary16() {
  using namespace s2d::cuda;
  for_all_fields(
      [](std::mt19937& random, std::int64_t h, std::int64_t w, const s2d::warp_options& options) {
        const flow_case flow{random, 1, h, w};
        std::vector<float16> x;
        std::vector<float> wide;
        for (std::int64_t i = 0; i < h * w; ++i) {
          x.push_back(from_float<float16>(static_cast<float>(random() % 1000) / 7));
          wide.push_back(to_float(x.back()));
        }
        const auto out = Side::warp(x, 1, flow, options);
        const auto wide_out = Side::warp(wide, 1, flow, options);
        REQUIRE(out.size() == wide_out.size());
        for (std::size_t i = 0; i < out.size(); ++i)
          CHECK(out[i].bits == from_float<float16>(wide_out[i]).bits);
      });
}

template <class Side>
void check_warp_masks() {
  for_all_fields(
      [](std::mt19937& random, std::int64_t h, std::int64_t w, const s2d::warp_options& options) {
        const flow_case flow{random, 2, h, w};
        const mask_batch masks{random, 4, h, w};
        for (const float fill : {0.0f, 1.0f}) {
          auto filled = options;
          filled.fill = fill;
          std::vector<std::uint64_t> expected;
          for (std::size_t i = 0; i < 4; ++i) {
            const auto one =
                s2d::warp_back(brute_force::pack(masks.masks[i]), flow.core[i / 2], filled);
            expected.insert(expected.end(), one.words().begin(), one.words().end());
          }
          CHECK(Side::warp_masks(masks, flow, filled) == expected);
        }
      });
}

/// Alone, and beside a warp.
template <class Side>
void check_consistency() {
  std::mt19937 random{6};
  std::int64_t differing = 0, pixels = 0;
  for (const auto& [h, w] :
       {std::pair{0, 3}, {1, 1}, {1, 9}, {9, 1}, {2, 2}, {17, 67}, {60, 130}}) {
    CAPTURE(h, w);
    const flow_case forward{random, 2, h, w};
    flow_case backward{random, 2, h, w};
    backward.lead_back(forward);
    const s2d::consistency_options test{4.0f, 0.1f};
    const std::vector<std::uint64_t> found = Side::consistent(forward, backward, test);
    CHECK(found == Side::consistent_beside_warp(forward, backward, test));
    std::size_t at = 0;
    for (std::size_t i = 0; i < 2; ++i) {
      const auto expected = s2d::consistent_pixels(forward.core[i], backward.core[i], test);
      REQUIRE(at + expected.words().size() <= found.size());
      for (const std::uint64_t word : expected.words())
        differing += __builtin_popcountll(found[at++] ^ word);
      pixels += h * w;
    }
    CHECK(at == found.size());
  }
  CHECK(differing <= pixels / 1000);  // only by how products and sums are contracted
  CHECK(pixels > 10000);
}

}  // namespace support
