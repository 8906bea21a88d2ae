#include <s2d/cuda/point_mask.hpp>

#include <cstdint>
#include <random>
#include <vector>

#include "cuda/device/support.hpp"
#include "cuda/device/visibility.hpp"
#include "cuda/point_mask_cases.hpp"

using namespace s2d::cuda;
using support::set_case;
using support::table_case;

namespace {

struct point_mask_device : support::device_visibility {
  struct tracks {
    device_buffer<track_position> at;
    device_buffer<std::uint8_t> visible;
    device_buffer<std::int64_t> offsets;
    const_tracks_view view;
    point_sets sets;
    tracks(const set_case& given, std::size_t frames)
        : at{to_device(given.all.at)},
          visible{to_device(given.all.visible)},
          offsets{to_device(given.offsets)},
          view{at.data(), visible.data(), static_cast<std::int64_t>(frames), given.offsets.back()},
          sets{offsets.data(), offsets.size() - 1} {}
  };
  struct table {
    device_buffer<std::uint64_t> words;
    device_buffer<std::int64_t> first_row;
    mask_table_view view;
    explicit table(const table_case& given)
        : words{to_device(given.words())},
          first_row{to_device(given.first_row)},
          view{{words.data(), given.count(), given.height, given.width},
               first_row.data(),
               static_cast<std::int64_t>(given.frames)} {}
  };

  static std::vector<point_overlap> match(const table_case& given, const set_case& sets,
                                          const s2d::match_options& options) {
    const tracks points{sets, given.frames};
    auto out = support::rubbish<point_overlap>(points.sets.count * given.count());
    match_points(points.view, points.sets, table{given}.view, out.data(), options);
    return to_host(out);
  }
  static std::vector<std::uint64_t> inside(const table_case& given, const set_case& sets) {
    const tracks points{sets, given.frames};
    const std::int64_t count = points.view.points;
    auto out = support::rubbish<std::uint64_t>(given.count() * ((count + 63) / 64));
    points_in_masks(points.view, table{given}.view, bits_view{out.data(), given.count(), 1, count});
    return to_host(out);
  }
  static std::vector<std::uint64_t> matching(const std::vector<point_overlap>& overlaps,
                                             const set_case& sets, std::int64_t masks,
                                             double ratio) {
    const auto count = static_cast<std::int64_t>(sets.tracks.size());
    const auto memory = to_device(overlaps);
    auto out = support::rubbish<std::uint64_t>(count * ((masks + 63) / 64));
    matching_masks(memory.data(), count, masks, out.data(), ratio);
    return to_host(out);
  }
};

}  // namespace

TEST_CASE("the device counts points in masks by hand", "[device][small]") {
  if (!support::has_device()) return;
  support::check_known_matches<point_mask_device>();
}

TEST_CASE("sets of points meet masks on the device as in the core", "[device][small]") {
  if (!support::has_device()) return;
  support::check_small_matches<point_mask_device>();
}

TEST_CASE("the device counts points of frames of several bands", "[device][small]") {
  if (!support::has_device()) return;
  support::check_large_frames<point_mask_device>();
}

TEST_CASE("many sets of points meet many masks on the device as in the core", "[device]") {
  if (!support::has_device()) return;
  std::mt19937 random{23};
  const table_case given = support::random_table(random, 30, 120, 213, 12);
  std::vector<std::size_t> sizes;
  for (std::size_t q = 0; q < 120; ++q) sizes.push_back(random() % 900);
  const set_case sets = support::random_sets(random, 30, 120, 213, sizes);
  support::check_matches<point_mask_device>(given, sets);
}

#if defined(S2D_TEST_PICTURES)
TEST_CASE("golden discoveries see and match the same masks on the device", "[device][golden]") {
  if (!support::has_device()) return;
  support::check_golden_matches<point_mask_device>();
}
#endif
