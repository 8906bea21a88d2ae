#include <s2d/cuda/detail/warp.hpp>
#include <s2d/cuda/warp.hpp>
#include <s2d/flow/consistency.hpp>
#include <s2d/flow/warp.hpp>

#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include "cuda/batches.hpp"
#include "cuda/flows.hpp"
#include "cuda/host_executor.hpp"
#include "cuda/no_library.hpp"
#include "support/catch.hpp"

namespace {

using namespace s2d::cuda;
using support::host_executor;

struct fields {
  std::int64_t count, height, width;
  std::vector<s2d::flow_field> core;
  std::vector<float> u, v;
  fields(std::mt19937& random, std::int64_t n, std::int64_t h, std::int64_t w)
      : count{n}, height{h}, width{w} {
    for (std::int64_t i = 0; i < n; ++i) core.push_back(support::random_flow(random, h, w));
    u = support::u_of(core);
    v = support::v_of(core);
  }
  [[nodiscard]] flow_batch view() const {
    return {{u.data(), count, height, width}, {v.data(), count, height, width}};
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

}  // namespace

TEST_CASE("pictures warp as in the core, several planes along one field", "[cuda][warp]") {
  for_all_fields([](std::mt19937& random, std::int64_t h, std::int64_t w,
                    const s2d::warp_options& options) {
    const fields flow{random, 2, h, w};
    const std::int64_t channels = 3, planes = 2 * channels;
    std::vector<float> x;
    std::vector<std::uint8_t> bytes;
    for (std::int64_t i = 0; i < planes * h * w; ++i) {
      bytes.push_back(static_cast<std::uint8_t>(random()));
      x.push_back(static_cast<float>(bytes.back()) / 3);
    }
    std::vector<float> out(x.size(), -7);
    std::vector<std::uint8_t> out_bytes(x.size(), 7);
    detail::warp_on<float>(host_executor{}, {x.data(), planes, h, w}, flow.view(), nullptr,
                           {out.data(), planes, h, w}, nullptr,
                           checks::settings_for<float>("", options));
    detail::warp_on<std::uint8_t>(host_executor{}, {bytes.data(), planes, h, w}, flow.view(),
                                  nullptr, {out_bytes.data(), planes, h, w}, nullptr,
                                  checks::settings_for<std::uint8_t>("", options));
    std::vector<float> expected;
    std::vector<std::uint8_t> expected_bytes;
    for (std::int64_t p = 0; p < planes; ++p) {
      const auto& field = flow.core[static_cast<std::size_t>(p / channels)];
      const auto one =
          s2d::warp_back(s2d::plane_view<const float>{x.data() + p * h * w, h, w}, field, options);
      const auto one_byte = s2d::warp_back(
          s2d::plane_view<const std::uint8_t>{bytes.data() + p * h * w, h, w}, field, options);
      expected.insert(expected.end(), one.values.begin(), one.values.end());
      expected_bytes.insert(expected_bytes.end(), one_byte.values.begin(), one_byte.values.end());
    }
    const bool nearest = options.filter == s2d::warp_filter::nearest;
    CHECK(worst(out, expected) <= (nearest ? 0 : 85 * std::ldexp(1, -22)));
    CHECK(worst(out_bytes, expected_bytes) <= (nearest ? 0 : 1));
  });
}

TEST_CASE("binary16 pictures warp as floats, rounded once", "[cuda][warp]") {
  for_all_fields(
      [](std::mt19937& random, std::int64_t h, std::int64_t w, const s2d::warp_options& options) {
        const fields flow{random, 1, h, w};
        std::vector<float16> x, out(static_cast<std::size_t>(h * w));
        std::vector<float> wide, wide_out(out.size());
        for (std::int64_t i = 0; i < h * w; ++i) {
          x.push_back(from_float<float16>(static_cast<float>(random() % 1000) / 7));
          wide.push_back(to_float(x.back()));
        }
        const auto set = checks::settings_for<float16>("", options);
        detail::warp_on<float16>(host_executor{}, {x.data(), 1, h, w}, flow.view(), nullptr,
                                 {out.data(), 1, h, w}, nullptr, set);
        detail::warp_on<float>(host_executor{}, {wide.data(), 1, h, w}, flow.view(), nullptr,
                               {wide_out.data(), 1, h, w}, nullptr, set);
        for (std::size_t i = 0; i < out.size(); ++i)
          CHECK(out[i].bits == from_float<float16>(wide_out[i]).bits);
      });
}

TEST_CASE("packed masks warp as in the core, bit for bit", "[cuda][warp]") {
  for_all_fields(
      [](std::mt19937& random, std::int64_t h, std::int64_t w, const s2d::warp_options& options) {
        const fields flow{random, 2, h, w};
        const support::mask_batch masks{random, 4, h, w};
        const auto words = masks.words();
        std::vector<std::uint64_t> out(words.size(), 0xA5), expected;
        for (const float fill : {0.0f, 1.0f}) {
          auto filled = options;
          filled.fill = fill;
          detail::warp_bits_on(host_executor{}, {words.data(), 4, h, w}, flow.view(),
                               {out.data(), 4, h, w}, checks::settings_for<float>("", filled));
          expected.clear();
          for (std::size_t i = 0; i < 4; ++i) {
            const auto one =
                s2d::warp_back(brute_force::pack(masks.masks[i]), flow.core[i / 2], filled);
            expected.insert(expected.end(), one.words().begin(), one.words().end());
          }
          CHECK(out == expected);
        }
      });
}

TEST_CASE("the forward-backward test is the core's, alone and beside a warp", "[cuda][warp]") {
  std::mt19937 random{6};
  std::int64_t differing = 0, pixels = 0;
  for (const auto& [h, w] : {std::pair{1, 1}, {1, 9}, {9, 1}, {2, 2}, {17, 67}, {60, 130}}) {
    CAPTURE(h, w);
    fields forward{random, 2, h, w}, backward{random, 2, h, w};
    for (std::size_t i = 0; i < forward.u.size(); i += 2) {  // half of them agree nearly
      backward.u[i] = -forward.u[i];
      backward.v[i] = -forward.v[i];
    }
    for (std::int64_t i = 0; i < 2; ++i) {
      auto& field = backward.core[static_cast<std::size_t>(i)];
      std::copy_n(backward.u.data() + i * h * w, h * w, field.u.values.begin());
      std::copy_n(backward.v.data() + i * h * w, h * w, field.v.values.begin());
    }
    const std::int64_t row = (w + 63) / 64;
    std::vector<std::uint64_t> out(static_cast<std::size_t>(2 * h * row), 0xA5), fused(out);
    const auto set = checks::settings_for<float>("", {}, {4.0f, 0.1f});
    detail::consistent_on(host_executor{}, forward.view(), backward.view(), {out.data(), 2, h, w},
                          set);
    std::vector<float> x(forward.u.size(), 1), warped(x);
    const flow_batch back = backward.view();
    detail::warp_on<float>(host_executor{}, {x.data(), 2, h, w}, forward.view(), &back,
                           {warped.data(), 2, h, w}, fused.data(), set);
    CHECK(out == fused);
    for (std::size_t i = 0; i < 2; ++i) {
      const auto expected = s2d::consistent_pixels(forward.core[i], backward.core[i], {4.0f, 0.1f});
      for (std::int64_t k = 0; k < h * row; ++k) {
        const auto word = out[i * static_cast<std::size_t>(h * row) + static_cast<std::size_t>(k)];
        differing += __builtin_popcountll(word ^ expected.words()[static_cast<std::size_t>(k)]);
      }
      pixels += h * w;
    }
  }
  CHECK(differing <= pixels / 1000);  // only by how products and sums are contracted
  CHECK(pixels > 10000);
}
