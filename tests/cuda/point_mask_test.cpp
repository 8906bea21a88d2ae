#include <s2d/cuda/detail/point_mask.hpp>
#include <s2d/cuda/point_mask.hpp>

#include <cstdint>
#include <vector>

#include "cuda/host_executor.hpp"
#include "cuda/host_tracks.hpp"
#include "cuda/no_library.hpp"
#include "cuda/point_mask_cases.hpp"
#include "support/catch.hpp"

namespace {

using namespace s2d::cuda;
using support::host_executor;
using support::set_case;
using support::table_case;

// Threads: of a block; one is fast where there are many blocks.
template <int Threads>
struct point_mask_twin : support::host_visibility {
  static std::vector<point_overlap> match(const table_case& given, const set_case& sets,
                                          const s2d::match_options& options) {
    const auto words = given.words();
    std::vector<point_overlap> out(sets.tracks.size() * given.masks.size(), {77, 77});
    detail::match_points_on(host_executor{Threads}, view_of(sets, given.frames), sets_of(sets),
                            view_of(given, words), options.unit == s2d::match_unit::pixels,
                            options.visible_only, out.data());
    return out;
  }
  static std::vector<std::uint64_t> inside(const table_case& given, const set_case& sets) {
    const auto words = given.words();
    const std::int64_t points = sets.offsets.back();
    std::vector<std::uint64_t> out(static_cast<std::size_t>(given.count() * ((points + 63) / 64)),
                                   0xA5);
    detail::points_in_masks_on(host_executor{}, view_of(sets, given.frames), view_of(given, words),
                               {out.data(), given.count(), 1, points});
    return out;
  }
  static std::vector<std::uint64_t> matching(const std::vector<point_overlap>& overlaps,
                                             const set_case& sets, std::int64_t masks,
                                             double ratio) {
    const auto count = static_cast<std::int64_t>(sets.tracks.size());
    std::vector<std::uint64_t> out(static_cast<std::size_t>(count * ((masks + 63) / 64)), 0xA5);
    detail::matching_masks_on(host_executor{}, overlaps.data(), count, masks, ratio, out.data());
    return out;
  }

 private:
  static const_tracks_view view_of(const set_case& sets, std::size_t frames) {
    return {sets.all.at.data(), sets.all.visible.data(), static_cast<std::int64_t>(frames),
            sets.offsets.back()};
  }
  static point_sets sets_of(const set_case& sets) {
    return {sets.offsets.data(), static_cast<std::int64_t>(sets.tracks.size())};
  }
  static mask_table_view view_of(const table_case& given, const std::vector<std::uint64_t>& words) {
    return {{words.data(), given.count(), given.height, given.width},
            given.first_row.data(),
            static_cast<std::int64_t>(given.frames)};
  }
};

}  // namespace

TEST_CASE("points in masks are counted by hand, pixels and points", "[cuda][point_mask][threads]") {
  support::check_known_matches<point_mask_twin<8>>();
}

TEST_CASE("sets of points meet masks as the core's do", "[cuda][point_mask][threads]") {
  support::check_small_matches<point_mask_twin<3>>();
}

TEST_CASE("frames of more pixels than a block holds are counted in bands",
          "[cuda][point_mask][threads]") {
  support::check_large_frames<point_mask_twin<8>>();
}

#if defined(S2D_TEST_PICTURES)
TEST_CASE("golden discoveries see and match the same masks", "[cuda][point_mask][golden]") {
  support::check_golden_matches<point_mask_twin<1>>();
}
#endif

#if defined(S2D_TEST_CUDA_LIBRARY)
// Extents are such that no call has memory to look at.
TEST_CASE("points and masks that do not fit are refused by name", "[cuda][point_mask]") {
  const const_tracks_view none{nullptr, nullptr, 3, 0};
  const mask_table_view table{{nullptr, 0, 4, 5}, nullptr, 3};
  CHECK_THROWS_WITH(match_points(none, {}, {{}, nullptr, 2}, nullptr),
                    "match_points: tracks of 3 frames for a video of 2");
  CHECK_THROWS_WITH(match_points(none, {}, table, nullptr),
                    "match_points: the address is null, expected device memory of 4 elements");
  CHECK_THROWS_WITH(points_in_masks(none, {{}, nullptr, 2}, {}),
                    "points_in_masks: tracks of 3 frames for a video of 2");
  CHECK_THROWS_WITH(matching_masks(nullptr, 0, 3, nullptr, -0.5),
                    "matching_masks: ratio is -0.5, expected 0 to 1");
  CHECK_THROWS_WITH(matching_masks(nullptr, 2, 3, nullptr),
                    "matching_masks: overlaps: the address is null, expected device memory of 6 "
                    "elements");
}
#endif
