#include <s2d/keymask/discover.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include <s2d/keymask/output.hpp>
#include <s2d/mask/bits.hpp>

#include "support/catch.hpp"

namespace {

constexpr std::ptrdiff_t picture_height = 96, picture_width = 128;

// A rectangle that moves steadily and is present in some frames.
struct thing {
  float left, top, wide, high;
  float dx = 0, dy = 0;
  std::size_t first = 0, last = 1000;

  bool present(std::size_t t) const { return first <= t && t <= last; }
  bool covers(std::size_t t, s2d::point p) const {
    const float x = p.x - dx * float(t), y = p.y - dy * float(t);
    return x >= left && x < left + wide && y >= top && y < top + high;
  }
  s2d::bit_mask mask(std::size_t t, float from = 0, float to = 1) const {
    s2d::bit_mask result(picture_height, picture_width);
    thing part = *this;
    part.left += from * wide;
    part.wide *= to - from;
    for (std::ptrdiff_t y = 0; y < picture_height; ++y)
      for (std::ptrdiff_t x = 0; x < picture_width; ++x)
        if (part.covers(t, {float(x), float(y)})) result.set(y, x);
    return result;
  }
};

// Moves every point with the thing under it; the ground rests. Can be called from many threads.
struct scene {
  std::size_t frames;
  std::vector<thing> things;

  s2d::point_tracks operator()(const s2d::track_query& query) const {
    s2d::point_tracks tracks(frames, query.points.size());
    for (std::size_t n = 0; n < query.points.size(); ++n) {
      const s2d::point p = query.points[n];
      const thing* owner = nullptr;
      for (const thing& each : things)
        if (each.present(query.frame) && each.covers(query.frame, p)) owner = &each;
      for (std::size_t t = 0; t < frames; ++t) {
        const float age = float(t) - float(query.frame);
        const s2d::point at = owner ? s2d::point{p.x + owner->dx * age, p.y + owner->dy * age} : p;
        tracks.positions(t)[n] = at;
        tracks.visibility(t)[n] = t == query.frame || owner == nullptr || owner->present(t);
      }
    }
    return tracks;
  }

  // One mask a thing in every frame in which it is present.
  s2d::video_masks masks() const {
    s2d::video_masks result(frames);
    for (std::size_t t = 0; t < frames; ++t)
      for (const thing& each : things)
        if (each.present(t)) result[t].push_back({each.mask(t)});
    return result;
  }
};

scene two_things() { return {12, {{10, 10, 30, 30, 2, 1}, {80, 50, 30, 30, -1, 0}}}; }

std::size_t frames_of(const s2d::object& object) {
  std::size_t count = 0, previous = 0;
  for (const s2d::keymask& key : object.keymasks) {
    if (count == 0 || key.frame != previous) ++count;
    previous = key.frame;
  }
  return count;
}

std::string message(const s2d::video_masks& masks, const scene& tracker,
                    const s2d::discovery_options& options) {
  try {
    (void)s2d::discover(masks, tracker, options);
  } catch (const s2d::invalid_input& error) {
    return error.what();
  }
  return {};
}

}  // namespace

TEST_CASE("two things that move apart are two objects with a key mask in every frame",
          "[discover]") {
  const scene video = two_things();
  const auto masks = video.masks();
  const auto objects = s2d::discover_keymasks(masks, video);
  REQUIRE(objects.size() == 2);
  for (std::size_t i = 0; i < 2; ++i) {
    REQUIRE(objects[i].keymasks.size() == 12);
    for (std::size_t t = 0; t < 12; ++t) {
      CHECK(objects[i].keymasks[t].frame == t);
      CHECK(objects[i].keymasks[t].index == i);
      CHECK(objects[i].keymasks[t].coherence > 0.9f);
    }
    CHECK(objects[i].score > 0.9f);
    CHECK(objects[i].one2x == 0);
    CHECK(objects[i].visibility == std::vector<s2d::frame_range>{{0, 11}});
  }
  const auto first = s2d::object_masks(objects[0], masks);
  for (std::size_t t = 0; t < 12; ++t) CHECK(first[t] == video.things[0].mask(t));
}

TEST_CASE("a mask that fits no other frame is no key mask", "[discover]") {
  const scene video = two_things();
  auto masks = video.masks();
  masks[5][0].mask = thing{40, 60, 20, 20}.mask(5);
  const auto found = s2d::discover(masks, video);
  REQUIRE(found.objects.size() == 2);
  CHECK(found.objects[0].keymasks.size() == 11);
  CHECK(found.objects[1].keymasks.size() == 12);
  CHECK(found.coherence[10] < 0.3f);
  CHECK(found.coverage == 23.0 / 24.0);
}

TEST_CASE("results of every stage are there", "[discover]") {
  const scene video = two_things();
  const auto found = s2d::discover(video.masks(), video);
  CHECK(found.frames == 12);
  CHECK(found.masks.size() == 24);
  CHECK(found.masks[3] == s2d::mask_id{1, 1});
  CHECK(found.points[0] > 100);
  CHECK(found.visible(0, 11) == found.points[0]);
  CHECK(found.seen(5, 7));
  CHECK(found.label == std::vector<std::int32_t>(24, 0));
  REQUIRE(found.clusters.size() == 1);
  const s2d::visibility_cluster& cluster = found.clusters[0];
  CHECK(cluster.members.size() == 24);
  CHECK(cluster.majority == std::vector<std::uint8_t>(12, 1));
  CHECK(cluster.window() == s2d::frame_range{0, 11});
  CHECK(cluster.winners[0].size() == 24);
  CHECK(cluster.candidates[0].size() == 24);
  REQUIRE(cluster.proxies.size() == 24);
  CHECK(cluster.proxies[2].grid == 25);
  CHECK(cluster.proxies[2].overlaps.size() == 24);
  CHECK(cluster.proxies[2].matches.size() == 12);
  CHECK(cluster.matches.bits.height == 24);
  CHECK(cluster.matches.bits.width == 24);
  CHECK(cluster.groups.size() == 2);
  CHECK(cluster.coverage == 1.0);
}

TEST_CASE("nothing to find gives nothing", "[discover]") {
  const scene video = two_things();
  CHECK(s2d::discover(s2d::video_masks{}, scene{0, {}}).objects.empty());
  const auto none = s2d::discover(s2d::video_masks(12), video);
  CHECK(none.objects.empty());
  CHECK(none.masks.empty());
  CHECK(none.frames == 12);
  CHECK(none.coverage == 0);
  // Empty masks take no part.
  s2d::video_masks empty(12);
  empty[3].push_back({s2d::bit_mask(picture_height, picture_width)});
  CHECK(s2d::discover(empty, video).masks.empty());
}

TEST_CASE("one frame cannot confirm anything", "[discover]") {
  scene video = two_things();
  video.frames = 1;
  for (const bool compat : {false, true}) {
    s2d::discovery_options options;
    options.compat = compat;
    const auto found = s2d::discover(video.masks(), video, options);
    CHECK(found.objects.empty());
    CHECK(found.label == std::vector<std::int32_t>{-1, -1});
    CHECK(found.coherence == std::vector<float>{0, 0});
  }
  // Many masks in one frame are one visibility cluster, but each matches itself alone.
  scene crowd{1, {}};
  for (int i = 0; i < 6; ++i) crowd.things.push_back({20.f * float(i) + 4, 30, 14, 30});
  const auto found = s2d::discover(crowd.masks(), crowd);
  CHECK(found.clusters.size() == 1);
  CHECK(found.objects.empty());
}

TEST_CASE("an empty mask does not shift the index of the next", "[discover]") {
  const scene video = two_things();
  auto masks = video.masks();
  for (auto& frame : masks)
    frame.insert(frame.begin(), {s2d::bit_mask(picture_height, picture_width)});
  const auto objects = s2d::discover_keymasks(masks, video);
  REQUIRE(objects.size() == 2);
  CHECK(objects[0].keymasks[4].index == 1);
  CHECK(objects[1].keymasks[4].index == 2);
}

TEST_CASE("a frame without background keeps its first mask, but for compat", "[discover]") {
  scene video{8, {{0, 0, 64, 96}, {64, 0, 64, 96}}};
  const auto masks = video.masks();
  const auto objects = s2d::discover_keymasks(masks, video);
  REQUIRE(objects.size() == 2);
  CHECK(objects[0].keymasks.size() == 8);
  CHECK(objects[0].keymasks[0].index == 0);
  s2d::discovery_options official;
  official.compat = true;
  const auto lost = s2d::discover(masks, video, official);
  CHECK(lost.masks.size() == 8);
  CHECK(lost.masks[0] == s2d::mask_id{0, 1});
}

TEST_CASE("two fragments in one frame are united, or the larger one is kept", "[discover]") {
  scene video{9, {{40, 20, 40, 40, 1, 0}}};
  auto masks = video.masks();
  masks[4] = {{video.things[0].mask(4, 0, 0.4f)}, {video.things[0].mask(4, 0.4f, 1)}};
  s2d::discovery_options options;
  options.matching = 0.35;  // both fragments are matched
  auto objects = s2d::discover_keymasks(masks, video, options);
  REQUIRE(objects.size() == 1);
  REQUIRE(objects[0].keymasks.size() == 10);
  CHECK(frames_of(objects[0]) == 9);
  CHECK(objects[0].keymasks[4].index == 0);
  CHECK(objects[0].keymasks[5].index == 1);
  CHECK(objects[0].keymasks[5].frame == 4);
  CHECK(s2d::object_masks(objects[0], masks)[4] == video.things[0].mask(4));

  options.two_in_a_frame = s2d::same_frame::larger;
  objects = s2d::discover_keymasks(masks, video, options);
  REQUIRE(objects[0].keymasks.size() == 9);
  CHECK(objects[0].keymasks[4].index == 1);
}

TEST_CASE("the one2x flag asks for a quarter of the window and two frames", "[discover]") {
  // Frames 0 and 1 hold two halves: two of eight frames. The official five are never reached.
  scene video{8, {{40, 20, 40, 40, 1, 0}}};
  auto masks = video.masks();
  for (const std::size_t t : {0u, 1u})
    masks[t] = {{video.things[0].mask(t, 0, 0.5f)}, {video.things[0].mask(t, 0.5f, 1)}};
  const auto flagged = [&](const s2d::discovery_options& options) {
    std::size_t count = 0;
    for (const auto& cluster : s2d::discover(masks, video, options).clusters)
      for (const s2d::proxy& p : cluster.proxies) count += p.one2x;
    return count;
  };
  s2d::discovery_options options;
  CHECK(flagged(options) == 6);  // the whole masks
  options.one2x_share = 0.3;     // three of eight frames
  CHECK(flagged(options) == 0);
  options.one2x_share = 0;
  CHECK(flagged(options) == 6);
  options.one2x_frames = 3;
  CHECK(flagged(options) == 0);
  options = {};
  options.compat = true;
  CHECK(flagged(options) == 0);
}

TEST_CASE("many visibility clusters are all served, in the order of time", "[discover]") {
  // Twelve things, each alone in its own six frames.
  scene video{72, {}};
  for (std::size_t i = 0; i < 12; ++i)
    video.things.push_back({10 + 5 * float(i), 20, 30, 30, 0, 0, 6 * i, 6 * i + 5});
  s2d::discovery_options options;
  options.visibility_eps = 0.02;
  const auto found = s2d::discover(video.masks(), video, options);
  CHECK(found.clusters.size() == 12);
  REQUIRE(found.objects.size() == 12);
  for (std::size_t i = 0; i < 12; ++i) {
    CHECK(found.objects[i].cluster == i);
    CHECK(found.objects[i].keymasks.front().frame == 6 * i);
    CHECK(found.objects[i].keymasks.size() == 6);
  }
  options.compat = true;  // as folders are named: cluster_0, cluster_1, cluster_10, ...
  const auto official = s2d::discover(video.masks(), video, options);
  REQUIRE(official.objects.size() == 12);
  const std::vector<std::size_t> order{0, 1, 10, 11, 2, 3, 4, 5, 6, 7, 8, 9};
  for (std::size_t i = 0; i < 12; ++i) CHECK(official.objects[i].cluster == order[i]);
}

namespace {

// Passes queries on, but for one purpose and things right of x hides or scatters all points.
struct disturbed {
  scene video;
  s2d::track_purpose purpose;
  float beyond;
  bool scatter;

  s2d::point_tracks operator()(const s2d::track_query& query) {
    s2d::point_tracks tracks = video(query);
    if (query.purpose != purpose || query.points.front().x < beyond) return tracks;
    for (std::size_t t = 0; t < tracks.frames; ++t)
      for (std::size_t n = 0; n < tracks.points; ++n) {
        if (scatter)
          tracks.positions(t)[n] = {-1000, -1000};
        else
          tracks.visibility(t)[n] = 0;
      }
    return tracks;
  }
};

}  // namespace

TEST_CASE("a cluster without a range or without a match costs the others nothing", "[discover]") {
  const scene video = two_things();
  const auto masks = video.masks();
  for (const bool compat : {false, true}) {
    s2d::discovery_options options;
    options.compat = compat;
    // The second thing is never seen, not even in the frame of the query.
    const auto unseen =
        s2d::discover(masks, disturbed{video, s2d::track_purpose::visibility, 64, false}, options);
    REQUIRE(unseen.clusters.size() == 2);
    CHECK(unseen.clusters[1].ranges.empty());
    CHECK(unseen.clusters[1].proxies.empty());
    CHECK(unseen.clusters[1].coverage == 0);
    CHECK(unseen.clusters[0].coverage == 1);
    CHECK(unseen.coverage == 1);
    CHECK(unseen.objects.size() == 1);
    // The second thing is seen in its own frames alone and its points match nothing.
    scene apart = video;
    apart.things[0].last = 5;
    apart.things[1].first = 6;
    const auto lost = s2d::discover(
        apart.masks(), disturbed{apart, s2d::track_purpose::matching, 64, true}, options);
    REQUIRE(lost.clusters.size() == 2);
    CHECK(lost.clusters[0].coverage == 1);
    CHECK(lost.clusters[1].coverage == 0);
    CHECK(lost.clusters[1].matches.bits.empty());
    CHECK(lost.coverage == 0.5);
    REQUIRE(lost.objects.size() == 1);
    CHECK(lost.objects[0].keymasks.size() == 6);
  }
}

TEST_CASE("masks without a grid point take no part in the clustering, but for compat",
          "[discover]") {
  scene video = two_things();
  auto masks = video.masks();
  for (std::size_t t = 0; t < 6; ++t) {
    s2d::bit_mask dot(picture_height, picture_width);
    dot.set(0, 0);
    masks[t].push_back({dot});
  }
  const auto found = s2d::discover(masks, video);
  CHECK(found.clusters.size() == 1);
  CHECK(found.points[2] == 0);
  CHECK(found.label[2] == -1);
  CHECK(found.objects.size() == 2);
  s2d::discovery_options options;
  options.compat = true;
  const auto official = s2d::discover(masks, video, options);
  CHECK(official.clusters.size() == 2);
  CHECK(official.label[2] == 1);
  CHECK(official.objects.size() == 2);
}

TEST_CASE("a video of small things gets finer grids, but for compat", "[discover]") {
  // 6 x 6 pixels have up to twelve points of the first grid.
  const scene small{12, {{10, 10, 6, 6, 1, 1}, {80, 50, 6, 6, -1, 0}}};
  s2d::discovery_options coarse;
  coarse.least_points = 0;
  s2d::discovery_options compat;
  compat.compat = true;
  const auto grids = [](const s2d::discovery& found) {
    std::vector<std::size_t> sides;
    for (const s2d::visibility_cluster& cluster : found.clusters)
      for (const s2d::proxy& each : cluster.proxies) sides.push_back(each.grid);
    return sides;
  };
  const auto found = s2d::discover(small.masks(), small);
  REQUIRE(found.objects.size() == 2);
  for (const s2d::object& object : found.objects) CHECK(frames_of(object) == 12);
  for (const std::uint32_t points : found.points) CHECK(points > 20);
  CHECK(grids(found) == std::vector<std::size_t>(24, 50));
  for (const s2d::discovery_options& options : {coarse, compat}) {
    const auto few = s2d::discover(small.masks(), small, options);
    for (const std::uint32_t points : few.points) CHECK(points <= 12);
    CHECK(grids(few) == std::vector<std::size_t>(24, 25));
  }
  // Twice doubled, but no finer than the plane.
  s2d::discovery_options many;
  many.least_points = 100000;
  CHECK(grids(s2d::discover(small.masks(), small, many)) == std::vector<std::size_t>(24, 100));
  many.grid = 384;
  CHECK(grids(s2d::discover(small.masks(), small, many)) == std::vector<std::size_t>(24, 25));
  many.grid = 1;
  CHECK(s2d::discover(small.masks(), small, many).points.size() == 24);

  // The largest masks of the frames say what is small.
  const scene mixed{12, {{10, 10, 6, 6, 1, 1}, {80, 50, 30, 30, -1, 0}}};
  CHECK(s2d::discover(mixed.masks(), mixed).points ==
        s2d::discover(mixed.masks(), mixed, coarse).points);
  // In a video of small things, a large mask needs no finer grid.
  auto masks = small.masks();
  const thing large{40, 20, 40, 40};
  masks[5].push_back({large.mask(5)});
  CHECK(s2d::discover(masks, small).points[12] == s2d::discover(masks, small, coarse).points[12]);
}

TEST_CASE("masks of another size than the frames are resized", "[discover]") {
  const scene video = two_things();
  s2d::video_masks halves;
  for (const auto& frame : video.masks()) {
    halves.emplace_back();
    for (const auto& m : frame)
      halves.back().push_back({s2d::resize_nearest(m.mask, picture_height / 2, picture_width / 2)});
  }
  s2d::discovery_options options;
  options.frame_height = picture_height;
  options.frame_width = picture_width;
  const auto found = s2d::discover(halves, video, options);
  REQUIRE(found.objects.size() == 2);
  CHECK(found.objects[0].keymasks.size() == 12);
  const auto shown = s2d::object_masks(found.objects[0], halves, picture_height, picture_width);
  CHECK(shown[0].height == picture_height);
  CHECK(s2d::iou(shown[0], video.things[0].mask(0)) > 0.9);
}

TEST_CASE("masks of different sizes are refused by name", "[discover]") {
  const scene video = two_things();
  auto masks = video.masks();
  masks[7][1].mask = s2d::bit_mask(picture_height, picture_width + 1);
  CHECK_THAT(message(masks, video, {}),
             Catch::Contains("mask 1 of frame 7 is 96 x 129, expected 96 x 128"));
}

TEST_CASE("options out of range are refused by name", "[discover]") {
  const scene video = two_things();
  const auto masks = video.masks();
  const auto text = [&](auto change) {
    s2d::discovery_options options;
    change(options);
    return message(masks, video, options);
  };
  CHECK_THAT(text([](auto& o) { o.visibility = 1.5; }), Catch::Contains("visibility is 1.5"));
  CHECK_THAT(text([](auto& o) { o.matching = -1; }), Catch::Contains("matching is -1"));
  CHECK_THAT(text([](auto& o) { o.jaccard_eps = std::nan(""); }), Catch::Contains("jaccard_eps"));
  CHECK_THAT(text([](auto& o) { o.grid = 0; }), Catch::Contains("grid is 0"));
  CHECK_THAT(text([](auto& o) { o.frame_width = 10; }), Catch::Contains("0 x 10"));
}

TEST_CASE("tracks of a wrong shape are refused, naming the mask", "[discover]") {
  const auto masks = two_things().masks();
  const auto shaped = [&](std::size_t frames, std::size_t more) {
    return [frames, more](const s2d::track_query& query) {
      return s2d::point_tracks(frames, query.points.size() + more);
    };
  };
  CHECK_THROWS_WITH(s2d::discover(masks, shaped(11, 0)),
                    Catch::Contains("mask 0 of frame 0, expected 12 x"));
  CHECK_THROWS_WITH(s2d::discover(masks, shaped(12, 1)), Catch::Contains("(frames x points)"));
  const auto torn = [](const s2d::track_query& query) {
    s2d::point_tracks tracks(12, query.points.size());
    tracks.at.pop_back();
    return tracks;
  };
  CHECK_THROWS_AS(s2d::discover(masks, torn), s2d::invalid_input);
}

TEST_CASE("positions that are not finite are outside the frame", "[discover]") {
  const scene video = two_things();
  const auto masks = video.masks();
  for (const float bad : {std::nanf(""), std::numeric_limits<float>::infinity()}) {
    const auto broken = [&](const s2d::track_query& query) {
      s2d::point_tracks tracks = video(query);
      for (std::size_t t = 0; t < tracks.frames; ++t)
        if (t != query.frame)
          for (s2d::point& p : tracks.positions(t)) p = {bad, p.y};
      return tracks;
    };
    const auto found = s2d::discover(masks, broken);
    CHECK(found.objects.empty());  // every mask matches itself alone
    for (const s2d::proxy& p : found.clusters.at(0).proxies) CHECK(p.matches.size() == 1);
    CHECK(found.coherence == std::vector<float>(24, 0.0f));
  }
}

TEST_CASE("what a tracker throws is not swallowed", "[discover]") {
  const auto masks = two_things().masks();
  const auto failing = [](const s2d::track_query& query) -> s2d::point_tracks {
    if (query.purpose == s2d::track_purpose::matching) throw std::runtime_error{"no tracks today"};
    return two_things()(query);
  };
  CHECK_THROWS_WITH(s2d::discover(masks, failing), "no tracks today");
}

TEST_CASE("progress is told by stage and can stop the work", "[discover]") {
  const scene video = two_things();
  const auto masks = video.masks();
  std::vector<std::string> stages;
  std::size_t last = 0, total = 0;
  (void)s2d::discover(masks, video, {},
                      [&](std::string_view stage, std::size_t done, std::size_t all) {
                        if (stages.empty() || stages.back() != stage) {
                          stages.emplace_back(stage);
                          last = 0;
                        }
                        CHECK(done >= last);
                        last = done;
                        total = all;
                        return true;
                      });
  CHECK(stages == std::vector<std::string>{"visibility", "matching"});
  CHECK(last == total);
  CHECK(total == 24);
  CHECK_THROWS_AS(s2d::discover(masks, video, {},
                                [](std::string_view stage, std::size_t, std::size_t) {
                                  return stage != "matching";
                                }),
                  s2d::cancelled);
}

TEST_CASE("the result does not depend on the number of threads", "[discover][threads]") {
  scene video{30, {}};
  for (int i = 0; i < 5; ++i)
    video.things.push_back({22.f * float(i) + 4, 8.f * float(i), 18, 40, i % 2 ? 0.5f : -0.25f, 0,
                            std::size_t(2 * i), std::size_t(29 - i)});
  const auto masks = video.masks();
  s2d::discovery_options options;
  const auto alone = s2d::discover(masks, video, options);
  REQUIRE(alone.objects.size() > 1);
  for (const std::size_t threads : {0u, 2u, 3u, 8u}) {
    options.threads = threads;
    const auto together = s2d::discover(masks, video, options);
    CHECK(together.visible == alone.visible);
    CHECK(together.seen == alone.seen);
    CHECK(together.label == alone.label);
    CHECK(together.coherence == alone.coherence);
    REQUIRE(together.objects.size() == alone.objects.size());
    for (std::size_t i = 0; i < alone.objects.size(); ++i)
      CHECK(together.objects[i].keymasks == alone.objects[i].keymasks);
  }
}

TEST_CASE("shares are rounded as Python rounds them", "[output]") {
  CHECK(s2d::round_hundredths(1.0 / 8) == 0.12);
  CHECK(s2d::round_hundredths(3.0 / 8) == 0.38);
  CHECK(s2d::round_hundredths(5.0 / 8) == 0.62);
  CHECK(s2d::round_hundredths(2.0 / 3) == 0.67);
  CHECK(s2d::round_hundredths(0) == 0);
  CHECK(s2d::round_hundredths(1) == 1);
}

TEST_CASE("a key mask that is not in the video is refused", "[output]") {
  s2d::object object;
  object.keymasks = {{2, 1, 0}};
  CHECK_THROWS_WITH(s2d::object_masks(object, s2d::video_masks(3)),
                    Catch::Contains("key mask 1 of frame 2"));
  CHECK(s2d::object_masks(s2d::object{}, s2d::video_masks(3)).size() == 3);
}

TEST_CASE("the second clustering is set by the number of columns", "[discover]") {
  const auto grouping = [](std::ptrdiff_t columns) {
    s2d::match_matrix matrix;
    matrix.bits = s2d::bit_matrix(1, columns);
    s2d::detail::set_grouping(matrix);
    return std::pair{matrix.eps, matrix.min_samples};
  };
  CHECK(grouping(9) == std::pair<double, std::size_t>{0.1, 3});
  CHECK(grouping(10) == std::pair<double, std::size_t>{0.1, 5});
  CHECK(grouping(50) == std::pair<double, std::size_t>{0.1, 5});
  CHECK(grouping(51) == std::pair<double, std::size_t>{0.05, 5});
}
