// What points followed along flow have to be, on the processor and on a device. Side: where they
// are followed. Units that include this are compiled with -ffp-contract=off: then the core's
// results are the twin's, bit for bit.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <span>
#include <vector>

#include <s2d/coherence/visibility.hpp>
#include <s2d/cuda/tracks_types.hpp>
#include <s2d/track/follow_flow.hpp>

#include "cuda/flows.hpp"
#include "support/catch.hpp"

#if defined(S2D_TEST_PICTURES)
#include <s2d/flow/video_flow.hpp>
#include <s2d/track/grid.hpp>

#include "cuda/real_frames.hpp"
#endif

namespace support {

/// Tracks of all points, [T, P].
struct followed {
  std::vector<s2d::cuda::track_position> at;
  std::vector<std::uint8_t> visible;
};

/// A video's flow with absent links, and points of several masks.
struct track_case {
  s2d::video_flow flow;
  std::vector<bool> cut_before;
  std::vector<std::vector<s2d::point>> points;
  std::vector<s2d::track_query> queries;
  std::ptrdiff_t frame_height = 1, frame_width = 1;

  [[nodiscard]] std::size_t frames() const { return flow.frames(); }
  [[nodiscard]] std::size_t count() const {
    std::size_t n = 0;
    for (const auto& set : points) n += set.size();
    return n;
  }
  void ask(std::vector<s2d::point> set, std::size_t frame, bool backward = true) {
    points.push_back(std::move(set));
    queries.push_back({{}, frame, 0, s2d::track_purpose::visibility, backward});
    for (std::size_t q = 0; q < queries.size(); ++q) queries[q].points = points[q];
  }
};

/// A field of waves with some noise, which points leave and return to.
inline s2d::flow_field wavy_flow(std::mt19937& random, std::ptrdiff_t h, std::ptrdiff_t w,
                                 float sign) {
  s2d::flow_field field(h, w);
  const auto noise = [&] { return static_cast<float>(random() % 1000) * 4e-4f; };
  for (std::ptrdiff_t y = 0; y < h; ++y)
    for (std::ptrdiff_t x = 0; x < w; ++x) {
      field.u(y, x) = sign * (1.3f + 2 * std::sin(static_cast<float>(y) * 0.11f)) + noise();
      field.v(y, x) = sign * std::cos(static_cast<float>(x) * 0.07f) + noise();
    }
  return field;
}

/// @param broken  fields of random_flow, with infinities and the like
inline track_case random_tracks(std::mt19937& random, std::size_t frames, std::ptrdiff_t h,
                                std::ptrdiff_t w, bool broken) {
  track_case made;
  made.frame_height = broken ? 2 * h + 1 : h;
  made.frame_width = broken ? w : 3 * w - 1;
  made.flow.forward.resize(frames);
  made.flow.backward.resize(frames);
  made.cut_before.resize(frames > 2 ? frames - 1 : 0);
  for (std::size_t t = 1; t < made.cut_before.size(); ++t) made.cut_before[t] = random() % 9 == 0;
  for (std::size_t t = 0; t + 1 < frames; ++t) {
    const auto one = [&](float sign) {
      if (random() % 12 == 0) return s2d::flow_field{};
      return broken ? random_flow(random, h, w) : wavy_flow(random, h, w, sign);
    };
    made.flow.forward[t] = one(1);
    made.flow.backward[t + 1] = one(-1);
  }
  for (std::size_t q = 0; q < 7 && frames > 0; ++q) {
    std::vector<s2d::point> set(q == 2 ? 0 : 1 + random() % 40);
    for (s2d::point& p : set)
      p = {
          static_cast<float>(random() % static_cast<unsigned>(4 * made.frame_width + 16)) / 4 - 2,
          static_cast<float>(random() % static_cast<unsigned>(7 * made.frame_height + 16)) / 7 - 1};
    made.ask(std::move(set), random() % frames, random() % 3 != 0);
  }
  return made;
}

/// The tracks of all queries, one beside the other.
inline followed joined(const std::vector<s2d::point_tracks>& tracks, std::size_t frames) {
  followed all;
  for (std::size_t t = 0; t < frames; ++t)
    for (const s2d::point_tracks& own : tracks) {
      for (const s2d::point p : own.positions(t)) all.at.push_back({p.x, p.y});
      all.visible.insert(all.visible.end(), own.visibility(t).begin(), own.visibility(t).end());
    }
  return all;
}

template <class Side>
void check_follow(const track_case& given, const s2d::consistency_options& test = {}) {
  const followed expected =
      joined(s2d::follow_flow(given.flow, given.queries, given.frame_height, given.frame_width,
                              {test.base, test.slope, given.cut_before}),
             given.frames());
  const followed found = Side::follow(given, test);
  CHECK(found.at == expected.at);
  CHECK(found.visible == expected.visible);
}

template <class Side>
void check_small_follow() {
  std::mt19937 random{11};
  for (const bool broken : {false, true})
    for (const auto& [h, w] : {std::pair{1, 1}, {1, 9}, {9, 1}, {2, 2}, {17, 31}, {40, 53}})
      for (const std::size_t frames : {0, 1, 2, 9, 30}) {
        CAPTURE(broken, h, w, frames);
        const track_case given = random_tracks(random, frames, h, w, broken);
        check_follow<Side>(given);
        check_follow<Side>(given, {0.25f, 0});
      }
  track_case still;  // no flow at all
  still.flow.forward.resize(3);
  still.flow.backward.resize(3);
  still.frame_height = still.frame_width = 8;
  still.ask({{1, 2.25f}, {7, 7}}, 1);
  check_follow<Side>(still);
}

/// Steps that hand can follow: moves, a hidden step, a cut, an absent link, the end of the frame.
template <class Side>
void check_known_follow() {
  track_case given;
  given.frame_height = 4, given.frame_width = 8;
  given.flow.forward.assign(6, s2d::flow_field(4, 8));
  given.flow.backward.assign(6, s2d::flow_field(4, 8));
  for (std::size_t t = 0; t < 6; ++t)
    for (std::size_t i = 0; i < 32; ++i) {
      given.flow.forward[t].u.values[i] = 1;
      given.flow.backward[t].u.values[i] = t == 2 ? 3.0f : -1.0f;  // into frame 2: no return
    }
  given.flow.backward[4] = {};
  given.cut_before = {false, false, false, false, false, true};
  given.ask({{2, 1}, {6.5f, 3}}, 1);
  const followed found = Side::follow(given, {});
  using s2d::cuda::track_position;
  CHECK(found.at == std::vector<track_position>{{1, 1},
                                                {5.5f, 3},
                                                {2, 1},
                                                {6.5f, 3},  //
                                                {3, 1},
                                                {7.5f, 3},
                                                {4, 1},
                                                {8.5f, 3},  //
                                                {4, 1},
                                                {8.5f, 3},
                                                {4, 1},
                                                {8.5f, 3}});
  CHECK(found.visible == std::vector<std::uint8_t>{1, 1, 1, 1, 0, 0, 1, 0, 1, 0, 0, 0});
  check_follow<Side>(given);
}

#if defined(S2D_TEST_PICTURES)
/// A grid of points in every frame of a real video.
template <class Side>
void check_real_follow() {
  const auto frames = real_frames(4);
  if (frames.empty()) return;
  track_case given;
  given.flow = s2d::estimate_video_flow(frames);
  given.frame_height = frames[0].height;
  given.frame_width = frames[0].width;
  s2d::bit_mask all(given.frame_height, given.frame_width);
  for (std::ptrdiff_t y = 0; y < all.height; ++y)
    for (std::ptrdiff_t x = 0; x < all.width; ++x) all.set(y, x);
  for (std::size_t t = 0; t < frames.size(); ++t)
    given.ask(s2d::points_in_mask(all, 50, all.height, all.width).at, t);
  check_follow<Side>(given);
}
#endif

/// What the core refuses and a kernel meets: such points rest, the others do not mind.
template <class Side>
void check_bad_starts() {
  std::mt19937 random{12};
  track_case given = random_tracks(random, 5, 17, 31, false);
  given.points.clear();
  given.queries.clear();
  const float infinity = std::numeric_limits<float>::infinity();
  given.ask({{3, 4}}, 2);
  given.ask({{infinity, 4}}, 2);
  given.ask({{3, 4}}, 5);
  given.ask({{5, 6}}, 4);
  const followed found = Side::follow(given, {});
  track_case good = given;
  good.points.clear();
  good.queries.clear();
  good.ask({{3, 4}}, 2);
  good.ask({{5, 6}}, 4);
  const followed expected = Side::follow(good, {});
  REQUIRE(found.at.size() == 20);
  for (std::size_t t = 0; t < 5; ++t) {
    CHECK(found.at[4 * t] == expected.at[2 * t]);
    CHECK(found.at[4 * t + 1] == s2d::cuda::track_position{infinity, 4});
    CHECK(found.at[4 * t + 2] == s2d::cuda::track_position{3, 4});
    CHECK(found.at[4 * t + 3] == expected.at[2 * t + 1]);
    CHECK(found.visible[4 * t] == expected.visible[2 * t]);
    CHECK(found.visible[4 * t + 1] == 0);
    CHECK(found.visible[4 * t + 2] == 0);
    CHECK(found.visible[4 * t + 3] == expected.visible[2 * t + 1]);
  }
}

/// Sets of points of any size, none too, and how many of each are seen.
template <class Side>
void check_visible_sets() {
  std::mt19937 random{13};
  for (const std::size_t frames : {0, 1, 5, 64, 130}) {
    std::vector<s2d::point_tracks> tracks;
    std::vector<std::int64_t> offsets{0};
    for (const std::size_t n : {10, 0, 1, 52, 65, 130, 200, 5}) {
      s2d::point_tracks own(frames, n);
      for (std::size_t t = 0; t < frames; ++t)
        for (auto& seen : own.visibility(t)) seen = random() % 10 < (n == 10 ? 3 : t % 11) ? 1 : 0;
      offsets.push_back(offsets.back() + static_cast<std::int64_t>(n));
      tracks.push_back(std::move(own));
    }
    const auto sets = static_cast<std::ptrdiff_t>(tracks.size());
    s2d::matrix<std::uint32_t> expected(sets, static_cast<std::ptrdiff_t>(frames));
    std::vector<std::uint32_t> points;
    for (std::size_t q = 0; q < tracks.size(); ++q) {
      const auto own = s2d::count_visible(tracks[q]);
      for (std::size_t t = 0; t < frames; ++t)
        expected(static_cast<std::ptrdiff_t>(q), static_cast<std::ptrdiff_t>(t)) = own[t];
      points.push_back(static_cast<std::uint32_t>(tracks[q].points));
    }
    const auto found = Side::count_visible(joined(tracks, frames), frames, offsets);
    CHECK(found == expected.values);
    for (const double threshold : {0.0, 0.3, 1.0}) {
      const auto rows = s2d::visible_frames(expected, points, threshold);
      CHECK(Side::visible_frames(found, frames, offsets, threshold) ==
            std::vector<std::uint64_t>{rows.words().begin(), rows.words().end()});
    }
  }
}

}  // namespace support
