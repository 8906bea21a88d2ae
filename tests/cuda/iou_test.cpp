#include <s2d/cuda/detail/iou.hpp>
#include <s2d/cuda/iou.hpp>

#include <cstdint>
#include <random>
#include <vector>

#include "cuda/host_executor.hpp"
#include "cuda/iou_cases.hpp"
#include "cuda/no_library.hpp"
#include "support/catch.hpp"

namespace {

using namespace s2d::cuda;
using support::host_executor;
using support::mask_batch;

// On the processor, tiles of 16 pairs of masks.
struct iou_twin {
  static constexpr auto count_pairs = [](const auto&... of) {
    detail::count_pairs_on<4>(host_executor{}, of...);
  };
  struct words {
    std::vector<std::uint64_t> all;
    const_bits_view view;
    explicit words(const mask_batch& batch)
        : all{batch.words()}, view{all.data(), batch.count, batch.height, batch.width} {}
  };
  static auto intersections(const mask_batch& a, const mask_batch& b, int) {
    const words left{a}, right{b};
    std::vector<unsigned long long> common(static_cast<std::size_t>(a.count * b.count), 77);
    count_pairs("", detail::word_rows{left.view.data, a.count},
                detail::word_rows{right.view.data, b.count}, left.view.words_per_mask(),
                common.data());
    return std::vector<std::int64_t>(common.begin(), common.end());
  }
  static auto iou(const mask_batch& a, const mask_batch& b, const s2d::iou_options& options, int) {
    const words left{a}, right{b};
    std::vector<float> out(static_cast<std::size_t>(a.count * b.count), -1);
    detail::iou_on(host_executor{}, count_pairs, left.view, right.view,
                   static_cast<int>(options.over), options.when_empty, out.data());
    return out;
  }
  static auto tube_iou(const mask_batch& a, const std::vector<std::uint8_t>& present_a,
                       const mask_batch& b, const std::vector<std::uint8_t>& present_b,
                       std::int64_t frames, bool absent_is_empty, int) {
    const words left{a}, right{b};
    std::vector<float> out(static_cast<std::size_t>(a.count / frames * (b.count / frames)), -1);
    const auto or_null = [](const auto& list) { return list.empty() ? nullptr : list.data(); };
    detail::tube_iou_on(host_executor{}, count_pairs, left.view, or_null(present_a), right.view,
                        or_null(present_b), frames, absent_is_empty, out.data());
    return out;
  }
  static auto nms(const mask_batch& masks, const std::vector<float>& scores,
                  const s2d::nms_options& options) {
    const words memory{masks};
    return kept(masks.count, [&](std::int64_t* to, std::int64_t* count) {
      detail::mask_nms_on(host_executor{}, count_pairs, memory.view, scores.data(),
                          options.threshold, static_cast<int>(options.over), to, count);
    });
  }
  static auto table_nms(const std::vector<float>& table, const std::vector<float>& scores,
                        double threshold) {
    const auto n = static_cast<std::int64_t>(scores.size());
    return kept(n, [&](std::int64_t* to, std::int64_t* count) {
      detail::nms_on(host_executor{}, detail::table_overlap{table.data(), n}, scores.data(), n,
                     threshold, to, count);
    });
  }
  template <class Nms>
  static std::vector<std::int64_t> kept(std::int64_t n, const Nms& nms) {
    std::vector<std::int64_t> all(static_cast<std::size_t>(n), -1);
    std::int64_t count = -1;
    nms(all.data(), &count);
    REQUIRE((count >= 0 && count <= n));
    all.resize(static_cast<std::size_t>(count));
    return all;
  }
};

}  // namespace

TEST_CASE("pairs have the core's common pixels and overlaps, whatever tiles they fall in",
          "[cuda][iou][threads]") {
  std::mt19937 random{1};
  for (const auto& sizes : support::all_pair_sizes())
    support::check_pairs<iou_twin>(random, sizes, 0);
}

TEST_CASE("a grid of pairs covers every word of every tile once", "[cuda][iou]") {
  for (const std::int64_t n : {1, 64, 65, 1000})
    for (const std::int64_t words : {0, 1, 15, 16, 17, 32400, 1000000, 1 << 30})
      for (const std::int64_t tile : {16, 64, 128}) {
        CAPTURE(n, words, tile);
        const auto grid = detail::make_pair_grid(n, n, words, tile, tile, 16);
        CHECK(grid.tiles_a * tile >= n);
        CHECK((grid.tiles_a - 1) * tile < n);
        CHECK(grid.splits >= 1);
        CHECK(grid.splits * grid.per_part >= words);
        CHECK((grid.splits - 1) * grid.per_part <= (words > 0 ? words - 1 : 0));
        CHECK(grid.per_part % 16 == 0);
        CHECK(grid.per_part <= 1 << 24);  // counted in 32 bits
        CHECK(grid.blocks() == grid.tiles_a * grid.tiles_b * grid.splits);
      }
}

TEST_CASE("tubes overlap as in the core, absent frames ignored or empty", "[cuda][iou][threads]") {
  support::check_tubes<iou_twin>(0);
}

TEST_CASE("suppression keeps what the core keeps, in its order", "[cuda][iou][threads]") {
  support::check_suppression<iou_twin>();
}
