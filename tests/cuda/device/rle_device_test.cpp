#include <s2d/cuda/rle.hpp>

#include <cstdint>
#include <random>
#include <vector>

#include "cuda/device/support.hpp"
#include "cuda/rle_cases.hpp"

using namespace s2d::cuda;
using support::layout;
using support::mask_batch;

namespace {

struct rle_device {
  template <class T>
  static auto encode(const std::vector<T>& memory, const mask_batch& batch, const layout& at,
                     float threshold) {
    const auto in = to_device(memory);
    const auto view = support::view_at(in.data(), batch, at);
    if constexpr (sizeof(T) == 1)
      return to_host(s2d::cuda::encode(view));
    else
      return to_host(s2d::cuda::encode(view, threshold));
  }
  static auto encode_bits(const mask_batch& batch) {
    const auto words = to_device(batch.words());
    return to_host(s2d::cuda::encode(view_of(words, batch)));
  }
  static auto decode_bits(const std::vector<s2d::rle>& masks, const mask_batch& batch) {
    auto out = support::rubbish<std::uint64_t>(batch.word_count());
    decode(on_device(masks, batch), bits_view{out.data(), batch.count, batch.height, batch.width});
    return to_host(out);
  }
  static auto decode_dense(const std::vector<s2d::rle>& masks, const mask_batch& batch) {
    auto out = support::rubbish<std::uint8_t>(batch.count * batch.height * batch.width);
    decode(on_device(masks, batch),
           batch_view<std::uint8_t>{out.data(), batch.count, batch.height, batch.width});
    return to_host(out);
  }
  static support::measures measure_bits(const mask_batch& batch) {
    const auto words = to_device(batch.words());
    return measured(view_of(words, batch), batch.count);
  }
  static support::measures measure_runs(const mask_batch& batch) {
    return measured(on_device(support::expected_runs(batch), batch), batch.count);
  }

  static const_bits_view view_of(const device_buffer<std::uint64_t>& words,
                                 const mask_batch& batch) {
    return {words.data(), batch.count, batch.height, batch.width};
  }
  // A list without masks has no size of its own.
  static rle_batch on_device(const std::vector<s2d::rle>& masks, const mask_batch& batch) {
    rle_batch runs = to_device(masks);
    runs.height = batch.height;
    runs.width = batch.width;
    return runs;
  }
  template <class Masks>
  static support::measures measured(const Masks& masks, std::int64_t count) {
    auto area = support::rubbish<std::int64_t>(count);
    auto boxes = support::rubbish<mask_box>(count);
    areas(masks, area.data());
    bounding_boxes(masks, boxes.data());
    return {to_host(area), to_host(boxes)};
  }
};

}  // namespace

TEST_CASE("the device encodes bytes of any strides, and bits, as the core", "[device][small]") {
  if (!support::has_device()) return;
  support::for_all_encodable(1, support::check_encode<rle_device>);
}

TEMPLATE_TEST_CASE("the device encodes logits of any format", "[device][small]", float, float16,
                   bfloat16) {
  if (!support::has_device()) return;
  support::for_all_encodable(2, support::check_encode_logits<rle_device, TestType>);
}

TEST_CASE("the device decodes and measures as the core", "[device][small]") {
  if (!support::has_device()) return;
  support::for_all_encodable(3, support::check_decode<rle_device>);
  support::for_all_batches(4, support::check_measures<rle_device>);
}

TEST_CASE("the device encodes, decodes and measures masks of many segments", "[device][large]") {
  if (!support::has_device()) return;
  std::mt19937 random{2};
  for (int round = 0; round < 6; ++round)
    for (const auto& batch :
         {mask_batch{random, 5, 1080, 1920}, mask_batch{random, 20, 480, 854}}) {
      const auto runs = support::expected_runs(batch);
      const layout rows{0, batch.height * batch.width, batch.width, 1};
      CHECK(rle_device::encode(batch.rows(), batch, rows, 0) == runs);
      CHECK(rle_device::encode_bits(batch) == runs);
      support::check_decode<rle_device>(batch);
      support::check_measures<rle_device>(batch);
    }
}
