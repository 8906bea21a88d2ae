#include <s2d/cuda/detail/iou.hpp>
#include <s2d/cuda/iou.hpp>
#include <s2d/mask/iou.hpp>
#include <s2d/mask/nms.hpp>

#include <cstdint>
#include <random>
#include <tuple>
#include <vector>

#include "cuda/batches.hpp"
#include "cuda/host_executor.hpp"
#include "cuda/no_library.hpp"
#include "support/catch.hpp"

namespace {

using namespace s2d::cuda;
using support::host_buffer;
using support::host_executor;
using support::mask_batch;

std::vector<s2d::bit_mask> packed(const mask_batch& batch) {
  std::vector<s2d::bit_mask> all;
  for (const auto& mask : batch.masks) all.push_back(brute_force::pack(mask));
  return all;
}

std::vector<std::int64_t> areas_of(const mask_batch& batch) {
  std::vector<std::int64_t> all;
  for (const auto& mask : batch.masks) all.push_back(brute_force::area(mask));
  return all;
}

// [n, m] common pixels by the kernel, 16 threads a block.
std::vector<unsigned long long> common_of(const mask_batch& a, const mask_batch& b,
                                          std::int64_t frames = 1) {
  const auto left = a.words(), right = b.words();
  const std::int64_t n = a.count / frames, m = b.count / frames;
  std::vector<unsigned long long> common(static_cast<std::size_t>(n * m), 77);
  const std::int64_t words = frames * a.height * ((a.width + 63) / 64);
  detail::count_pairs_on<4>(host_executor{}, "", {left.data(), n}, {right.data(), m}, words,
                            common.data());
  return common;
}

struct sizes {
  std::int64_t n, m, height, width;
};
const std::vector<sizes> all_sizes{{0, 3, 4, 5},      {3, 0, 4, 5},    {1, 1, 1, 1},
                                   {2, 3, 0, 7},      {5, 7, 9, 70},   {17, 16, 20, 64},
                                   {33, 18, 40, 130}, {1, 40, 97, 101}};

}  // namespace

TEST_CASE("the common pixels of all pairs are counted, whatever tiles they fall in",
          "[cuda][iou][threads]") {
  std::mt19937 random{1};
  for (const auto& [n, m, h, w] : all_sizes) {
    CAPTURE(n, m, h, w);
    const mask_batch a{random, n, h, w}, b{random, m, h, w};
    const auto common = common_of(a, b);
    for (std::int64_t i = 0; i < n; ++i)
      for (std::int64_t j = 0; j < m; ++j)
        CHECK(common[static_cast<std::size_t>(i * m + j)] ==
              static_cast<unsigned long long>(brute_force::area(brute_force::combine(
                  a.masks[static_cast<std::size_t>(i)], b.masks[static_cast<std::size_t>(j)],
                  [](bool p, bool q) { return p && q; }))));
  }
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

TEST_CASE("shares of pairs are those of the core, by every rule", "[cuda][iou][threads]") {
  std::mt19937 random{2};
  for (const auto& [n, m, h, w] : all_sizes) {
    const mask_batch a{random, n, h, w}, b{random, m, h, w};
    const auto common = common_of(a, b);
    const auto areas_a = areas_of(a), areas_b = areas_of(b);
    for (const s2d::over rule : {s2d::over::either, s2d::over::smaller, s2d::over::first}) {
      std::vector<float> out(static_cast<std::size_t>(n * m), -1);
      host_executor{}.for_each("", n * m,
                               detail::share_pairs{common.data(), areas_a.data(), areas_b.data(), m,
                                                   static_cast<int>(rule), 0.25, out.data()});
      CHECK(out == s2d::iou<float>(packed(a), packed(b), {rule, 0.25}).values);
    }
  }
}

TEST_CASE("tubes overlap as in the core, absent frames ignored or empty", "[cuda][iou][threads]") {
  std::mt19937 random{3};
  const std::int64_t n = 4, m = 6, frames = 5, h = 13, w = 70;
  mask_batch a{random, n * frames, h, w}, b{random, m * frames, h, w};
  using tube = std::vector<s2d::tube_segment<s2d::bit_mask>>;
  const auto draw = [&](mask_batch& batch, std::vector<std::uint8_t>& present) {
    std::vector<tube> tubes(static_cast<std::size_t>(batch.count / frames));
    for (std::size_t i = 0; i < batch.masks.size(); ++i) {
      present.push_back(random() % 3 != 0);
      if (present.back() != 0)
        tubes[i / frames].push_back(
            {static_cast<std::ptrdiff_t>(i % frames), brute_force::pack(batch.masks[i])});
      else
        batch.masks[i] = brute_force::dense(h, w);
    }
    return tubes;
  };
  std::vector<std::uint8_t> present_a, present_b;
  const auto tubes_a = draw(a, present_a), tubes_b = draw(b, present_b);
  const auto common = common_of(a, b, frames);
  const auto areas_a = areas_of(a), areas_b = areas_of(b);
  for (const bool empty : {false, true}) {
    std::vector<float> out(static_cast<std::size_t>(n * m), -1);
    host_executor{}.for_each(
        "", n * m,
        detail::share_tubes{common.data(), areas_a.data(), areas_b.data(), present_a.data(),
                            present_b.data(), m, frames, empty, out.data()});
    CHECK(out == s2d::tube_iou<float>(tubes_a, tubes_b,
                                      empty ? s2d::absent_frame::empty : s2d::absent_frame::ignored)
                     .values);
  }
}

TEST_CASE("suppression keeps what the core keeps, in its order", "[cuda][iou][threads]") {
  std::mt19937 random{4};
  for (const std::int64_t n : {0, 1, 2, 63, 64, 65, 150}) {
    mask_batch masks{random, n, 12, 80};
    std::vector<float> scores;
    for (std::int64_t i = 0; i < n; ++i) scores.push_back(static_cast<float>(random() % 20) / 10);
    const auto common = common_of(masks, masks);
    const auto areas = areas_of(masks);
    for (const auto& [threshold, rule] :
         {std::tuple{0.0, s2d::over::either}, std::tuple{0.3, s2d::over::either},
          std::tuple{0.5, s2d::over::smaller}, std::tuple{1.0, s2d::over::first}}) {
      CAPTURE(n, threshold);
      std::vector<std::int64_t> kept(static_cast<std::size_t>(n), -1), again(kept);
      std::int64_t count = -1;
      detail::nms_on(host_executor{},
                     detail::mask_overlap{common.data(), areas.data(), n, static_cast<int>(rule)},
                     scores.data(), n, threshold, kept.data(), &count);
      const auto expected = s2d::nms(packed(masks), scores, {threshold, rule});
      REQUIRE(count == static_cast<std::int64_t>(expected.size()));
      CHECK(std::equal(expected.begin(), expected.end(), kept.begin()));

      const auto table = s2d::iou<float>(packed(masks), packed(masks), {rule});
      const auto by_table = s2d::nms(table, scores, {threshold});
      detail::nms_on(host_executor{}, detail::table_overlap{table.values.data(), n}, scores.data(),
                     n, threshold, again.data(), &count);
      REQUIRE(count == static_cast<std::int64_t>(by_table.size()));
      CHECK(std::equal(by_table.begin(), by_table.end(), again.begin()));
    }
  }
}
