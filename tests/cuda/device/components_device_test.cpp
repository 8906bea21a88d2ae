#include <s2d/cuda/components.hpp>
#include <s2d/mask/components.hpp>

#include <cstdint>
#include <random>
#include <tuple>
#include <vector>

#include "cuda/batches.hpp"
#include "cuda/device/support.hpp"

using namespace s2d::cuda;
using support::mask_batch;

namespace {

void check_components(const mask_batch& batch, s2d::connectivity touching) {
  const auto [n, h, w] = std::tuple{batch.count, batch.height, batch.width};
  const auto words = to_device(batch.words());
  const const_bits_view in{words.data(), n, h, w};
  auto labels = support::rubbish<std::int32_t>(n * h * w);
  auto filled = support::rubbish<std::uint64_t>(batch.word_count());
  const auto found = to_host(components(in, touching, labels.data()));
  fill_holes(in, bits_view{filled.data(), n, h, w}, touching);
  const auto host_labels = to_host(labels);
  const auto host_filled = to_host(filled);
  REQUIRE(found.size() == batch.masks.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    const auto mask = brute_force::pack(batch.masks[i]);
    const auto expected = s2d::components(mask, touching, s2d::component_order::scan);
    REQUIRE(found[i].size() == expected.size());
    for (std::size_t k = 0; k < expected.size(); ++k) {
      CHECK(found[i][k].area == expected.items[k].area);
      CHECK(found[i][k].bounds == expected.items[k].bounds);
    }
    const auto picture = s2d::labels(expected);
    CHECK(std::equal(picture.values.begin(), picture.values.end(),
                     host_labels.begin() + static_cast<std::int64_t>(i) * h * w));
    const auto whole = s2d::fill_holes(mask, touching);
    CHECK(std::equal(whole.words().begin(), whole.words().end(),
                     host_filled.begin() + static_cast<std::int64_t>(i) * in.words_per_mask()));
  }
}

}  // namespace

TEST_CASE("the device's components and filled holes are the core's", "[device][small]") {
  if (!support::has_device()) return;
  support::for_all_batches(
      1, [](const mask_batch& batch) { check_components(batch, s2d::connectivity::eight); });
  support::for_all_batches(
      2, [](const mask_batch& batch) { check_components(batch, s2d::connectivity::four); });
}

TEST_CASE("the device's components of large noise and mazes are the core's", "[device]") {
  if (!support::has_device()) return;
  std::mt19937 random{3};
  mask_batch batch{random, 3, 700, 1000};
  for (auto& value : batch.masks[0].values) value = random() % 8 < 5;
  for (std::int64_t y = 0; y < 700; ++y)
    for (std::int64_t x = 0; x < 1000; ++x) {
      const std::int64_t ring = (std::min)((std::min)(x, y), (std::min)(999 - x, 699 - y));
      batch.masks[1](y, x) = ring % 2 == 0 && !(x == ring && y == ring + 1);
      batch.masks[2](y, x) = x % 2 == 0 || y == 699;
    }
  check_components(batch, s2d::connectivity::eight);
  check_components(batch, s2d::connectivity::four);
}
