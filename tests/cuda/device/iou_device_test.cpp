#include <s2d/cuda/iou.hpp>

#include <cstdint>
#include <random>
#include <vector>

#include "cuda/device/support.hpp"
#include "cuda/iou_cases.hpp"

using namespace s2d::cuda;
using support::mask_batch;

namespace {

struct iou_device {
  struct words {
    device_buffer<std::uint64_t> all;
    const_bits_view view;
    explicit words(const mask_batch& batch)
        : all{to_device(batch.words())}, view{all.data(), batch.count, batch.height, batch.width} {}
  };
  static auto intersections(const mask_batch& a, const mask_batch& b, pair_counting way) {
    const words left{a}, right{b};
    auto out = support::rubbish<std::int64_t>(a.count * b.count);
    intersection_areas(left.view, right.view, out.data(), {}, way);
    return to_host(out);
  }
  static auto iou(const mask_batch& a, const mask_batch& b, const s2d::iou_options& options,
                  pair_counting way) {
    const words left{a}, right{b};
    auto out = support::rubbish<float>(a.count * b.count);
    s2d::cuda::iou(left.view, right.view, out.data(), options, {}, way);
    return to_host(out);
  }
  static auto tube_iou(const mask_batch& a, const std::vector<std::uint8_t>& present_a,
                       const mask_batch& b, const std::vector<std::uint8_t>& present_b,
                       std::int64_t frames, bool absent_is_empty, pair_counting way) {
    const words left{a}, right{b};
    const auto in_a = to_device(present_a), in_b = to_device(present_b);
    auto out = support::rubbish<float>(a.count / frames * (b.count / frames));
    s2d::cuda::tube_iou(left.view, in_a.data(), right.view, in_b.data(), frames, out.data(),
                        absent_is_empty ? s2d::absent_frame::empty : s2d::absent_frame::ignored, {},
                        way);
    return to_host(out);
  }
  static auto nms(const mask_batch& masks, const std::vector<float>& scores,
                  const s2d::nms_options& options) {
    const words memory{masks};
    const auto on_scores = to_device(scores);
    return kept(masks.count, [&](std::int64_t* to, std::int64_t* count) {
      s2d::cuda::nms(memory.view, on_scores.data(), to, count, options);
    });
  }
  static auto table_nms(const std::vector<float>& table, const std::vector<float>& scores,
                        double threshold) {
    const auto on_table = to_device(table), on_scores = to_device(scores);
    return kept(on_scores.size(), [&](std::int64_t* to, std::int64_t* count) {
      s2d::cuda::nms(on_table.data(), on_scores.size(), on_scores.data(), to, count, {threshold});
    });
  }
  template <class Nms>
  static std::vector<std::int64_t> kept(std::int64_t n, const Nms& nms) {
    auto all = support::rubbish<std::int64_t>(n);
    auto count = support::rubbish<std::int64_t>(1);
    nms(all.data(), count.data());
    auto host = to_host(all);
    const auto number = to_host(count)[0];
    REQUIRE((number >= 0 && number <= n));
    host.resize(static_cast<std::size_t>(number));
    return host;
  }
};

constexpr auto ways = {pair_counting::popcount, pair_counting::tensor_cores};

}  // namespace

TEST_CASE("the device's overlaps are the core's, counted either way", "[device][small]") {
  if (!support::has_device()) return;
  std::mt19937 random{1};
  for (const auto way : ways) {
    for (const auto& sizes : support::all_pair_sizes())
      support::check_pairs<iou_device>(random, sizes, way);
    support::check_pairs<iou_device>(random, {65, 129, 20, 64}, way);
    support::check_pairs<iou_device>(random, {70, 30, 97, 101}, way);
  }
}

TEST_CASE("the device's overlaps of large masks are the core's", "[device][large]") {
  if (!support::has_device()) return;
  std::mt19937 random{2};
  for (const auto way : ways) {
    support::check_pairs<iou_device>(random, {3, 4, 1080, 1920}, way);
    support::check_pairs<iou_device>(random, {130, 140, 480, 854}, way);
  }
}

TEST_CASE("the device's tubes overlap as the core's", "[device][small]") {
  if (!support::has_device()) return;
  for (const auto way : ways) support::check_tubes<iou_device>(way);
}

TEST_CASE("the device's suppression keeps what the core keeps", "[device][small]") {
  if (!support::has_device()) return;
  support::check_suppression<iou_device>();
}
