#include <s2d/cuda/rle.hpp>
#include <s2d/mask/rle.hpp>

#include <cstdint>
#include <tuple>
#include <vector>

#include "cuda/batches.hpp"
#include "cuda/device/support.hpp"

using namespace s2d::cuda;
using support::mask_batch;

namespace {

std::vector<s2d::rle> core_runs(const mask_batch& batch) {
  std::vector<s2d::rle> all;
  for (const auto& mask : batch.masks) all.push_back(s2d::encode(s2d::mask_view{mask.view()}));
  return all;
}

void check_one(const mask_batch& batch) {
  const auto [n, h, w] = std::tuple{batch.count, batch.height, batch.width};
  const auto expected = core_runs(batch);
  const auto rows = to_device(batch.rows()), columns = to_device(batch.columns());
  const auto words = to_device(batch.words());
  using view = batch_view<const std::uint8_t>;
  const rle_batch runs = encode(view{rows.data(), n, h, w});
  CHECK(to_host(runs) == expected);
  CHECK(to_host(encode(view::column_major(columns.data(), n, h, w))) == expected);
  CHECK(to_host(encode(const_bits_view{words.data(), n, h, w})) == expected);

  auto bits = support::rubbish<std::uint64_t>(batch.word_count());
  decode(runs, bits_view{bits.data(), n, h, w});
  CHECK(to_host(bits) == batch.words());
  auto dense = support::rubbish<std::uint8_t>(n * h * w);
  decode(to_device(expected), batch_view<std::uint8_t>{dense.data(), n, h, w});
  auto ones = batch.rows();
  for (auto& value : ones) value = value != 0;
  CHECK(to_host(dense) == ones);

  for (const bool from_runs : {false, true}) {
    auto area = support::rubbish<std::int64_t>(n);
    auto boxes = support::rubbish<mask_box>(n);
    const const_bits_view packed{words.data(), n, h, w};
    from_runs ? areas(runs, area.data()) : areas(packed, area.data());
    from_runs ? bounding_boxes(runs, boxes.data()) : bounding_boxes(packed, boxes.data());
    const auto host_areas = to_host(area);
    const auto host_boxes = to_host(boxes);
    for (std::size_t i = 0; i < batch.masks.size(); ++i) {
      CHECK(host_areas[i] == brute_force::area(batch.masks[i]));
      const s2d::box box = brute_force::bounding_box(batch.masks[i]);
      CHECK(host_boxes[i] == mask_box{box.x, box.y, box.width, box.height});
    }
  }
}

}  // namespace

TEST_CASE("the device encodes, decodes and measures as the core", "[device][small]") {
  if (!support::has_device()) return;
  support::for_all_batches(1, check_one);
}

TEST_CASE("the device encodes masks of many segments", "[device]") {
  if (!support::has_device()) return;
  std::mt19937 random{2};
  for (int round = 0; round < 6; ++round) {
    check_one(mask_batch{random, 5, 1080, 1920});
    check_one(mask_batch{random, 20, 480, 854});
  }
}

TEST_CASE("the device encodes logits of any format", "[device][small]") {
  if (!support::has_device()) return;
  support::for_all_batches(3, [](const mask_batch& batch) {
    std::vector<float> logits;
    std::vector<float16> halves;
    for (const auto value : batch.rows()) {
      logits.push_back(value != 0 ? 0.5f : -0.5f);
      halves.push_back(from_float<float16>(logits.back()));
    }
    const auto memory = to_device(logits);
    const auto half_memory = to_device(halves);
    CHECK(to_host(
              encode(batch_view<const float>{memory.data(), batch.count, batch.height, batch.width},
                     0.0f)) == core_runs(batch));
    CHECK(to_host(encode(
              batch_view<const float16>{half_memory.data(), batch.count, batch.height, batch.width},
              0.0f)) == core_runs(batch));
  });
}
