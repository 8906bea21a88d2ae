#include <s2d/cuda/warp.hpp>
#include <s2d/flow/consistency.hpp>
#include <s2d/flow/warp.hpp>

#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include "cuda/batches.hpp"
#include "cuda/device/support.hpp"
#include "cuda/flows.hpp"

using namespace s2d::cuda;

namespace {

struct device_flow {
  std::vector<s2d::flow_field> core;
  device_buffer<float> u, v;
  std::int64_t height, width;
  device_flow(std::mt19937& random, std::int64_t n, std::int64_t h, std::int64_t w)
      : height{h}, width{w} {
    for (std::int64_t i = 0; i < n; ++i) core.push_back(support::random_flow(random, h, w));
    u = to_device(support::u_of(core));
    v = to_device(support::v_of(core));
  }
  [[nodiscard]] flow_batch view() const {
    const auto n = static_cast<std::int64_t>(core.size());
    return {{u.data(), n, height, width}, {v.data(), n, height, width}};
  }
};

const std::vector<std::pair<int, int>> sizes{{0, 3}, {1, 1}, {7, 8}, {5, 64}, {17, 67}, {90, 300}};

}  // namespace

TEST_CASE("the device warps pictures as the core", "[device][small]") {
  if (!support::has_device()) return;
  std::mt19937 random{1};
  for (const auto& [h, w] : sizes)
    for (const auto filter : {s2d::warp_filter::nearest, s2d::warp_filter::bilinear})
      for (const auto border : {s2d::warp_border::constant, s2d::warp_border::replicate}) {
        CAPTURE(h, w, filter == s2d::warp_filter::nearest);
        const device_flow flow{random, 2, h, w};
        std::vector<float> x;
        std::vector<std::uint8_t> bytes;
        for (int i = 0; i < 4 * h * w; ++i) {
          bytes.push_back(static_cast<std::uint8_t>(random()));
          x.push_back(static_cast<float>(bytes.back()) / 3);
        }
        const auto on = to_device(x);
        const auto on_bytes = to_device(bytes);
        auto out = support::rubbish<float>(4 * h * w);
        auto out_bytes = support::rubbish<std::uint8_t>(4 * h * w);
        warp_back(batch_view<const float>{on.data(), 4, h, w}, flow.view(),
                  batch_view<float>{out.data(), 4, h, w}, {filter, border, 3});
        warp_back(batch_view<const std::uint8_t>{on_bytes.data(), 4, h, w}, flow.view(),
                  batch_view<std::uint8_t>{out_bytes.data(), 4, h, w}, {filter, border, 3});
        const auto host = to_host(out);
        const auto host_bytes = to_host(out_bytes);
        double worst = 0, worst_byte = 0;
        for (std::int64_t p = 0; p < 4; ++p) {
          const auto& field = flow.core[static_cast<std::size_t>(p / 2)];
          const auto one = s2d::warp_back(s2d::plane_view<const float>{x.data() + p * h * w, h, w},
                                          field, {filter, border, 3});
          const auto one_byte =
              s2d::warp_back(s2d::plane_view<const std::uint8_t>{bytes.data() + p * h * w, h, w},
                             field, {filter, border, 3});
          for (std::int64_t i = 0; i < h * w; ++i) {
            const auto at = static_cast<std::size_t>(p * h * w + i),
                       k = static_cast<std::size_t>(i);
            worst = (std::max)(worst, std::abs(static_cast<double>(host[at]) -
                                               static_cast<double>(one.values[k])));
            worst_byte = (std::max)(worst_byte, std::abs(static_cast<double>(host_bytes[at]) -
                                                         static_cast<double>(one_byte.values[k])));
          }
        }
        const bool nearest = filter == s2d::warp_filter::nearest;
        CHECK(worst <= (nearest ? 0 : 85 * std::ldexp(1, -22)));
        CHECK(worst_byte <= (nearest ? 0 : 1));
      }
}

TEST_CASE("the device warps packed masks as the core", "[device][small]") {
  if (!support::has_device()) return;
  std::mt19937 random{2};
  for (const auto& [h, w] : sizes) {
    const device_flow flow{random, 2, h, w};
    const support::mask_batch masks{random, 4, h, w};
    const auto words = to_device(masks.words());
    auto out = support::rubbish<std::uint64_t>(masks.word_count());
    warp_back(const_bits_view{words.data(), 4, h, w}, flow.view(), bits_view{out.data(), 4, h, w},
              {s2d::warp_filter::nearest, s2d::warp_border::replicate, 1});
    std::vector<std::uint64_t> expected;
    for (std::size_t i = 0; i < 4; ++i) {
      const auto one = s2d::warp_back(brute_force::pack(masks.masks[i]), flow.core[i / 2],
                                      {s2d::warp_filter::nearest, s2d::warp_border::replicate, 1});
      expected.insert(expected.end(), one.words().begin(), one.words().end());
    }
    CHECK(to_host(out) == expected);
  }
}

TEST_CASE("the device's forward-backward test is the core's, alone and beside a warp",
          "[device][small]") {
  if (!support::has_device()) return;
  std::mt19937 random{3};
  for (const auto& [h, w] : sizes) {
    const device_flow forward{random, 2, h, w}, backward{random, 2, h, w};
    const std::int64_t row = (w + 63) / 64;
    auto out = support::rubbish<std::uint64_t>(2 * h * row);
    auto fused = support::rubbish<std::uint64_t>(2 * h * row);
    consistent_pixels(forward.view(), backward.view(), bits_view{out.data(), 2, h, w}, {4, 0.1f});
    auto x = support::rubbish<float>(2 * h * w);
    auto warped = support::rubbish<float>(2 * h * w);
    warp_back_tested(batch_view<const float>{x.data(), 2, h, w}, forward.view(), backward.view(),
                     batch_view<float>{warped.data(), 2, h, w}, bits_view{fused.data(), 2, h, w},
                     {}, {4, 0.1f});
    const auto host = to_host(out);
    CHECK(host == to_host(fused));
    std::int64_t differing = 0;
    for (std::size_t i = 0; i < 2; ++i) {
      const auto expected = s2d::consistent_pixels(forward.core[i], backward.core[i], {4, 0.1f});
      for (std::size_t k = 0; k < expected.words().size(); ++k)
        differing +=
            __builtin_popcountll(host[i * expected.words().size() + k] ^ expected.words()[k]);
    }
    CHECK(differing <= 2 * h * w / 1000);
  }
}
