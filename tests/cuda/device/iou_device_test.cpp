#include <s2d/cuda/iou.hpp>
#include <s2d/mask/iou.hpp>
#include <s2d/mask/nms.hpp>

#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

#include "cuda/batches.hpp"
#include "cuda/device/support.hpp"

using namespace s2d::cuda;
using support::mask_batch;

namespace {

std::vector<s2d::bit_mask> packed(const mask_batch& batch) {
  std::vector<s2d::bit_mask> all;
  for (const auto& mask : batch.masks) all.push_back(brute_force::pack(mask));
  return all;
}

struct on_device {
  device_buffer<std::uint64_t> words;
  const_bits_view view;
  explicit on_device(const mask_batch& batch)
      : words{to_device(batch.words())},
        view{words.data(), batch.count, batch.height, batch.width} {}
};

void check_pairs(std::mt19937& random, std::int64_t n, std::int64_t m, std::int64_t h,
                 std::int64_t w) {
  CAPTURE(n, m, h, w);
  const mask_batch a{random, n, h, w}, b{random, m, h, w};
  const on_device left{a}, right{b};
  const auto first = packed(a), second = packed(b);
  const auto expected = s2d::iou<float>(first, second, {s2d::over::either, 0.5});
  for (const auto way : {pair_counting::popcount, pair_counting::tensor_cores}) {
    auto out = support::rubbish<float>(n * m);
    iou(left.view, right.view, out.data(), {s2d::over::either, 0.5}, {}, way);
    CHECK(to_host(out) == expected.values);
    auto common = support::rubbish<std::int64_t>(n * m);
    intersection_areas(left.view, right.view, common.data(), {}, way);
    const auto host = to_host(common);
    for (std::int64_t i = 0; i < n; i += 7)
      for (std::int64_t j = 0; j < m; j += 5)
        CHECK(host[static_cast<std::size_t>(i * m + j)] ==
              s2d::intersection_area(first[static_cast<std::size_t>(i)],
                                     second[static_cast<std::size_t>(j)]));
  }
}

}  // namespace

TEST_CASE("the device's overlaps are the core's, counted either way", "[device][small]") {
  if (!support::has_device()) return;
  std::mt19937 random{1};
  check_pairs(random, 0, 3, 4, 5);
  check_pairs(random, 1, 1, 1, 1);
  check_pairs(random, 5, 7, 9, 70);
  check_pairs(random, 65, 129, 20, 64);
  check_pairs(random, 70, 30, 97, 101);
}

TEST_CASE("the device's overlaps of large masks are the core's", "[device]") {
  if (!support::has_device()) return;
  std::mt19937 random{2};
  check_pairs(random, 3, 4, 1080, 1920);
  check_pairs(random, 130, 140, 480, 854);
}

TEST_CASE("the device's tubes overlap as the core's", "[device][small]") {
  if (!support::has_device()) return;
  std::mt19937 random{3};
  const std::int64_t n = 4, m = 6, frames = 5, h = 13, w = 70;
  const mask_batch a{random, n * frames, h, w}, b{random, m * frames, h, w};
  const on_device left{a}, right{b};
  using tube = std::vector<s2d::tube_segment<s2d::bit_mask>>;
  const auto tubes = [&](const mask_batch& batch) {
    std::vector<tube> all(static_cast<std::size_t>(batch.count / frames));
    for (std::int64_t i = 0; i < batch.count; ++i)
      all[static_cast<std::size_t>(i / frames)].push_back(
          {i % frames, brute_force::pack(batch.masks[static_cast<std::size_t>(i)])});
    return all;
  };
  auto out = support::rubbish<float>(n * m);
  tube_iou(left.view, nullptr, right.view, nullptr, frames, out.data());
  CHECK(to_host(out) == s2d::tube_iou<float>(tubes(a), tubes(b)).values);
}

TEST_CASE("the device's suppression keeps what the core keeps", "[device][small]") {
  if (!support::has_device()) return;
  std::mt19937 random{4};
  for (const std::int64_t n : {0, 1, 64, 150}) {
    const mask_batch masks{random, n, 12, 80};
    const on_device memory{masks};
    std::vector<float> scores;
    for (std::int64_t i = 0; i < n; ++i) scores.push_back(static_cast<float>(random() % 20));
    const auto on_scores = to_device(scores);
    auto kept = support::rubbish<std::int64_t>(n);
    auto count = support::rubbish<std::int64_t>(1);
    nms(memory.view, on_scores.data(), kept.data(), count.data(), {0.3, s2d::over::either});
    const auto expected = s2d::nms(packed(masks), scores, {0.3, s2d::over::either});
    REQUIRE(to_host(count)[0] == static_cast<std::int64_t>(expected.size()));
    const auto host = to_host(kept);
    CHECK(std::equal(expected.begin(), expected.end(), host.begin()));
  }
}
