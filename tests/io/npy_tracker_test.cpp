#include <s2d/io/npy_tracker.hpp>

#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/folder.hpp"

namespace {

namespace fs = std::filesystem;
using shape = std::vector<std::ptrdiff_t>;

// A folder of its own for every test case, removed behind it.
s2d::track_query query_of(std::span<const s2d::point> points, std::size_t frame, std::size_t mask,
                          s2d::track_purpose purpose = s2d::track_purpose::visibility) {
  s2d::track_query query;
  query.points = points;
  query.frame = frame;
  query.mask = mask;
  query.purpose = purpose;
  return query;
}

template <class T>
void put(const fs::path& file, const std::vector<T>& values, const shape& extents) {
  s2d::write_npy(file, values, extents);
}

std::string message(const s2d::npy_tracker& tracker, const s2d::track_query& query) {
  try {
    (void)tracker(query);
  } catch (const std::exception& error) {
    return error.what();
  }
  return {};
}

}  // namespace

static_assert(s2d::point_tracker<const s2d::npy_tracker>);

TEST_CASE("tracks in sixteenths of a pixel are read by frame, mask and purpose", "[npy_tracker]") {
  const support::temporary_folder folder;
  put<std::int16_t>(folder / "vis_f03_k01_tracks.npy", {0, 16, 24, -8, 1, 2, 3, 4}, {2, 2, 2});
  put<std::uint8_t>(folder / "vis_f03_k01_visible.npy", {1, 0, 1, 1}, {2, 2});
  put<std::int16_t>(folder / "match_f112_k12_tracks.npy", {160, 320, 32, 48}, {2, 1, 2});
  put<std::uint8_t>(folder / "match_f112_k12_visible.npy", {0, 1}, {2, 1});
  const s2d::npy_tracker tracker{folder.path(), 2};

  const std::vector<s2d::point> two(2), one(1);
  const auto tracks = tracker(query_of(two, 3, 0));
  CHECK(tracks.frames == 2);
  CHECK(tracks.points == 2);
  CHECK(tracks.at ==
        std::vector<s2d::point>{{0, 1}, {1.5f, -0.5f}, {1.0f / 16, 0.125f}, {3.0f / 16, 0.25f}});
  CHECK(tracks.visible == std::vector<std::uint8_t>{1, 0, 1, 1});
  const auto match = tracker(query_of(one, 112, 11, s2d::track_purpose::matching));
  CHECK(match.at == std::vector<s2d::point>{{10, 20}, {2, 3}});
}

TEST_CASE("tracks in pixels and visibility as bool are read too", "[npy_tracker]") {
  const support::temporary_folder folder;
  put<float>(folder / "vis_f00_k02_tracks.npy", {0.25f, -3, 1e4f, 2}, {2, 1, 2});
  std::vector<std::byte> visible =
      s2d::encode_npy<std::uint8_t>(std::vector<std::uint8_t>{1, 0}, shape{2, 1});
  for (std::size_t i = 0; i + 2 < visible.size(); ++i)
    if (visible[i] == std::byte{'u'} && visible[i + 1] == std::byte{'1'})
      visible[i] = std::byte{'b'};
  s2d::write_file(folder / "vis_f00_k02_visible.npy", visible);
  const std::vector<s2d::point> one(1);
  const auto tracks = s2d::npy_tracker{folder.path(), 2}(query_of(one, 0, 1));
  CHECK(tracks.at == std::vector<s2d::point>{{0.25f, -3}, {1e4f, 2}});
  CHECK(tracks.visible == std::vector<std::uint8_t>{1, 0});
}

TEST_CASE("what does not fit is refused, naming the file", "[npy_tracker]") {
  const support::temporary_folder folder;
  const s2d::npy_tracker tracker{folder.path(), 2};
  const std::vector<s2d::point> one(1);
  const auto query = query_of(one, 0, 0);
  const fs::path positions = folder / "vis_f00_k01_tracks.npy";
  const fs::path visible = folder / "vis_f00_k01_visible.npy";

  CHECK_THROWS_AS(tracker(query), s2d::io_error);
  CHECK_THAT(message(tracker, query), Catch::Contains("vis_f00_k01_tracks.npy"));

  put<std::int16_t>(positions, {1, 2, 3, 4, 5, 6}, {3, 1, 2});
  CHECK_THAT(message(tracker, query),
             Catch::Contains("vis_f00_k01_tracks.npy: shape [3, 1, 2], expected [2, 1, 2]"));
  put<std::int32_t>(positions, {1, 2, 3, 4}, {2, 1, 2});
  CHECK_THAT(message(tracker, query), Catch::Contains("expected int16 in 1/16 pixel or float32"));
  put<float>(positions, {1, 2, std::nanf(""), 4}, {2, 1, 2});
  CHECK_THAT(message(tracker, query), Catch::Contains("element 2 is not finite"));
  put<float>(positions, {1, 2, 3, HUGE_VALF}, {2, 1, 2});
  CHECK_THAT(message(tracker, query), Catch::Contains("element 3 is not finite"));

  put<float>(positions, {1, 2, 3, 4}, {2, 1, 2});
  CHECK_THAT(message(tracker, query), Catch::Contains("vis_f00_k01_visible.npy"));
  put<std::uint8_t>(visible, {1, 1}, {2});
  CHECK_THAT(message(tracker, query), Catch::Contains("shape [2], expected [2, 1]"));
  put<float>(visible, {1, 1}, {2, 1});
  CHECK_THAT(message(tracker, query), Catch::Contains("expected uint8 or bool"));
  put<std::uint8_t>(visible, {1, 2}, {2, 1});
  CHECK_THAT(message(tracker, query), Catch::Contains("element 1 is 2, expected 0 or 1"));
  put<std::uint8_t>(visible, {1, 1}, {2, 1});
  CHECK(message(tracker, query).empty());

  fs::resize_file(positions, fs::file_size(positions) - 1);
  CHECK_THROWS_AS(tracker(query), s2d::invalid_input);
}
