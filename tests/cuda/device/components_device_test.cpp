#include <s2d/cuda/components.hpp>

#include <cstdint>
#include <random>
#include <vector>

#include "cuda/components_cases.hpp"
#include "cuda/device/support.hpp"

using namespace s2d::cuda;
using support::mask_batch;

namespace {

struct components_device {
  static support::found_components components(const mask_batch& batch, s2d::connectivity touching) {
    const auto words = to_device(batch.words());
    auto labels = support::rubbish<std::int32_t>(batch.count * batch.height * batch.width);
    const auto found = to_host(
        s2d::cuda::components(const_bits_view{words.data(), batch.count, batch.height, batch.width},
                              touching, labels.data()));
    return {found, to_host(labels)};
  }
  static std::vector<std::uint64_t> fill_holes(const mask_batch& batch,
                                               s2d::connectivity touching) {
    const auto words = to_device(batch.words());
    auto filled = support::rubbish<std::uint64_t>(batch.word_count());
    s2d::cuda::fill_holes(const_bits_view{words.data(), batch.count, batch.height, batch.width},
                          bits_view{filled.data(), batch.count, batch.height, batch.width},
                          touching);
    return to_host(filled);
  }
};

}  // namespace

TEST_CASE("the device's components and filled holes are the core's", "[device][small]") {
  if (!support::has_device()) return;
  support::check_all_components<components_device>();
  support::check_mazes<components_device>();
}

TEST_CASE("the device's components of large noise and mazes are the core's", "[device]") {
  if (!support::has_device()) return;
  std::mt19937 random{3};
  mask_batch noise{random, 1, 700, 1000};
  for (auto& value : noise.masks[0].values) value = random() % 8 < 5;
  for (const auto touching : support::both_connectivities) {
    support::check_components<components_device>(noise, touching);
    support::check_components<components_device>(support::mazes(700, 1000), touching);
  }
}
