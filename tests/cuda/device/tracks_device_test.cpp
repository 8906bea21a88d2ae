#include <s2d/cuda/tracks.hpp>

#include <cstdint>
#include <random>
#include <vector>

#include "cuda/device/support.hpp"
#include "cuda/device/visibility.hpp"
#include "cuda/tracks_cases.hpp"

using namespace s2d::cuda;

namespace {

struct tracks_device : support::device_visibility {
  static support::followed follow(const support::track_case& given,
                                  const s2d::consistency_options& test) {
    const auto flow = to_device(given.flow, given.cut_before);
    std::vector<track_position> at;  // not by to_device, which refuses what kernels have to bear
    std::vector<std::int32_t> frame;
    std::vector<std::uint8_t> backward;
    for (const s2d::track_query& query : given.queries)
      for (const s2d::point p : query.points) {
        at.push_back({p.x, p.y});
        frame.push_back(static_cast<std::int32_t>(query.frame));
        backward.push_back(query.backward ? 1 : 0);
      }
    const auto count = static_cast<std::int64_t>(at.size());
    const auto positions = to_device(at);
    const auto frames = to_device(frame);
    const auto wanted = to_device(backward);
    auto to = support::rubbish<track_position>(flow.frames * count);
    auto seen = support::rubbish<std::uint8_t>(flow.frames * count);
    follow_flow(flow.view(), {positions.data(), frames.data(), wanted.data(), count},
                given.frame_height, given.frame_width, {to.data(), seen.data(), flow.frames, count},
                test);
    return {to_host(to), to_host(seen)};
  }
};

}  // namespace

TEST_CASE("the device follows points as the core, bit for bit", "[device][small]") {
  if (!support::has_device()) return;
  support::check_known_follow<tracks_device>();
  support::check_small_follow<tracks_device>();
}

TEST_CASE("the device leaves points that stand nowhere where they are", "[device][small]") {
  if (!support::has_device()) return;
  support::check_bad_starts<tracks_device>();
}

TEST_CASE("the device counts visible points of sets as the core", "[device][small]") {
  if (!support::has_device()) return;
  support::check_visible_sets<tracks_device>();
}

TEST_CASE("the device follows many points through a long video as the core", "[device]") {
  if (!support::has_device()) return;
  std::mt19937 random{15};
  support::track_case given = support::random_tracks(random, 100, 120, 213, false);
  for (std::size_t q = 0; q < 40; ++q) {
    std::vector<s2d::point> points(1000 + q);
    for (s2d::point& p : points)
      p = {static_cast<float>(random() % 6380) / 10, static_cast<float>(random() % 1200) / 10};
    given.ask(std::move(points), random() % 100);
  }
  support::check_follow<tracks_device>(given);
}

#if defined(S2D_TEST_PICTURES)
TEST_CASE("the device follows points of a real video as the core", "[device]") {
  if (!support::has_device()) return;
  support::check_real_follow<tracks_device>();
}
#endif

TEST_CASE("queries go to the device one after the other", "[device]") {
  if (!support::has_device()) return;
  const std::vector<s2d::point> one{{1, 2}, {3, 4}}, two{{5, 6}};
  const std::vector<s2d::track_query> queries{
      {one, 1}, {{}, 0}, {two, 2, 0, s2d::track_purpose::matching, false}};
  const device_queries sent = to_device(queries, 3);
  CHECK(sent.points == 3);
  CHECK(sent.queries == 3);
  CHECK(to_host(sent.at) == std::vector<track_position>{{1, 2}, {3, 4}, {5, 6}});
  CHECK(to_host(sent.frame) == std::vector<std::int32_t>{1, 1, 2});
  CHECK(to_host(sent.backward) == std::vector<std::uint8_t>{1, 1, 0});
  CHECK(to_host(sent.offsets) == std::vector<std::int64_t>{0, 2, 2, 3});
}
