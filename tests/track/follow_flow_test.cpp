#include <s2d/track/follow_flow.hpp>

#include <cmath>
#include <limits>

#include <s2d/track/flow_tracker.hpp>

#include "support/catch.hpp"

namespace {

s2d::flow_field constant(std::ptrdiff_t height, std::ptrdiff_t width, float u, float v) {
  s2d::flow_field field(height, width);
  for (float& value : field.u.values) value = u;
  for (float& value : field.v.values) value = v;
  return field;
}

// Everything moves by (u, v) from frame to frame.
s2d::video_flow steady(std::size_t frames, std::ptrdiff_t height, std::ptrdiff_t width, float u,
                       float v) {
  s2d::video_flow flow;
  flow.forward.resize(frames);
  flow.backward.resize(frames);
  for (std::size_t t = 0; t + 1 < frames; ++t) {
    flow.forward[t] = constant(height, width, u, v);
    flow.backward[t + 1] = constant(height, width, -u, -v);
  }
  return flow;
}

s2d::point_tracks follow(const s2d::video_flow& flow, std::vector<s2d::point> points,
                         std::size_t frame, std::ptrdiff_t height, std::ptrdiff_t width,
                         bool backward = true, const s2d::follow_options& options = {}) {
  s2d::track_query query;
  query.points = points;
  query.frame = frame;
  query.backward = backward;
  return s2d::follow_flow(flow, {&query, 1}, height, width, options).front();
}

}  // namespace

static_assert(s2d::point_tracker<s2d::flow_tracker>);
static_assert(s2d::point_tracker<const s2d::flow_tracker>);
static_assert(s2d::batch_point_tracker<s2d::flow_tracker>);

TEST_CASE("points move with a steady flow in both directions of time", "[follow_flow]") {
  for (const std::size_t n : {1u, 7u, 8u, 9u, 40u}) {
    std::vector<s2d::point> points;
    for (std::size_t i = 0; i < n; ++i) points.push_back({20.f + float(i) / 4, 15.f});
    const auto tracks = follow(steady(6, 32, 64, 1.5f, -0.5f), points, 2, 32, 64);
    REQUIRE(tracks.frames == 6);
    REQUIRE(tracks.points == n);
    for (std::size_t t = 0; t < 6; ++t)
      for (std::size_t i = 0; i < n; ++i) {
        const float age = float(t) - 2;
        CHECK(tracks.positions(t)[i].x == Approx(points[i].x + 1.5f * age));
        CHECK(tracks.positions(t)[i].y == Approx(15 - 0.5f * age));
        CHECK(tracks.visibility(t)[i] == 1);
      }
    CHECK(tracks.positions(2)[0] == points[0]);
  }
}

TEST_CASE("flow on a smaller grid is scaled about pixel edges", "[follow_flow]") {
  // Half the size in x, a third in y: a flow of (1, 1) is (2, 3) in the frame.
  const auto tracks = follow(steady(3, 10, 20, 1, 1), {{12.5f, 7.25f}}, 0, 30, 40);
  CHECK(tracks.positions(1)[0].x == Approx(14.5f));
  CHECK(tracks.positions(1)[0].y == Approx(10.25f));
  CHECK(tracks.positions(2)[0].x == Approx(16.5f));
}

TEST_CASE("the flow is read bilinearly and continued beyond the border", "[follow_flow]") {
  s2d::video_flow flow = steady(2, 4, 5, 0, 0);
  for (std::ptrdiff_t y = 0; y < 4; ++y)
    for (std::ptrdiff_t x = 0; x < 5; ++x) {
      flow.forward[0].u(y, x) = float(x) * 0.25f;
      flow.forward[0].v(y, x) = float(y) * 0.5f;
    }
  const auto tracks = follow(flow, {{1.5f, 2.25f}, {-3, -2}, {4.4f, 9}}, 0, 4, 5);
  CHECK(tracks.positions(1)[0].x == Approx(1.5f + 0.375f));
  CHECK(tracks.positions(1)[0].y == Approx(2.25f + 1.125f));
  CHECK(tracks.positions(1)[1].x == Approx(-3));
  CHECK(tracks.positions(1)[1].y == Approx(-2));
  CHECK(tracks.positions(1)[2].x == Approx(4.4f + 1.0f));
  CHECK(tracks.positions(1)[2].y == Approx(9 + 1.5f));
}

TEST_CASE("a step is visible if it returns within 1 + 0.05 of its squared lengths",
          "[follow_flow]") {
  const auto visible = [](float forward, float back) {
    s2d::video_flow flow = steady(2, 8, 64, forward, 0);
    flow.backward[1] = constant(8, 64, back, 0);
    return follow(flow, {{20, 4}}, 0, 8, 64).visibility(1)[0] == 1;
  };
  CHECK(visible(0, 0.99f));
  CHECK(visible(0, 1.02f));  // 1.0404 < 1 + 0.05 * 1.0404
  CHECK_FALSE(visible(0, 1.03f));
  CHECK(visible(10, -8.0f));        // 4 < 1 + 0.05 * 164
  CHECK_FALSE(visible(10, -6.6f));  // 11.56 > 1 + 0.05 * 143.56
}

TEST_CASE("a hidden point may reappear, one outside the frame is hidden", "[follow_flow]") {
  s2d::video_flow flow = steady(4, 8, 64, 0, 0);
  flow.backward[1] = constant(8, 64, 5, 0);  // the step into frame 1 does not return
  const auto tracks = follow(flow, {{20, 4}}, 0, 8, 64);
  CHECK(tracks.visibility(1)[0] == 0);
  CHECK(tracks.visibility(2)[0] == 1);
  const auto leaving = follow(steady(5, 8, 64, 20, 0), {{20, 4}, {63.4f, 0}}, 0, 8, 64);
  CHECK(leaving.visibility(2)[0] == 1);
  CHECK(leaving.visibility(3)[0] == 0);
  CHECK(leaving.positions(3)[0].x == Approx(80));
  CHECK(leaving.visibility(0)[1] == 1);
  CHECK(leaving.visibility(1)[1] == 0);
}

TEST_CASE("without backward tracking points rest before their frame, hidden", "[follow_flow]") {
  const auto tracks = follow(steady(5, 8, 64, 2, 0), {{20, 4}}, 3, 8, 64, false);
  for (std::size_t t = 0; t < 3; ++t) {
    CHECK(tracks.positions(t)[0] == s2d::point{20, 4});
    CHECK(tracks.visibility(t)[0] == 0);
  }
  CHECK(tracks.positions(4)[0].x == Approx(22));
}

TEST_CASE("a duplicated frame changes nothing, a cut ends tracks", "[follow_flow]") {
  s2d::video_flow flow = steady(6, 8, 64, 2, 0);
  flow.forward[2] = flow.backward[3] = {};  // frames 2 and 3 are alike
  const auto still = follow(flow, {{20, 4}}, 0, 8, 64);
  CHECK(still.positions(3)[0] == still.positions(2)[0]);
  CHECK(still.visibility(3)[0] == 1);
  CHECK(still.positions(5)[0].x == Approx(28));
  CHECK(still.visibility(5)[0] == 1);

  s2d::follow_options options;
  options.cut_before = {false, false, false, true};
  for (const std::size_t from : {0u, 5u}) {
    const auto ended = follow(flow, {{20, 4}}, from, 8, 64, true, options);
    for (std::size_t t = 0; t < 6; ++t) {
      CAPTURE(from, t);
      CHECK(ended.visibility(t)[0] == ((t < 3) == (from < 3) ? 1 : 0));
    }
    CHECK(ended.positions(from == 0 ? 5 : 0)[0] == ended.positions(from == 0 ? 2 : 3)[0]);
  }
}

TEST_CASE("where the flow is not finite a point rests for good", "[follow_flow]") {
  for (const float bad : {std::nanf(""), std::numeric_limits<float>::infinity(), -1e30f}) {
    s2d::video_flow flow = steady(4, 8, 64, 1, 0);
    flow.forward[1].u(4, 21) = bad;
    const auto tracks = follow(flow, {{20, 4}, {40, 4}}, 0, 8, 64);
    CHECK(tracks.positions(3)[0] == s2d::point{21, 4});
    CHECK(tracks.visibility(2)[0] == 0);
    CHECK(tracks.visibility(3)[0] == 0);
    CHECK(tracks.positions(3)[1].x == Approx(43));
    CHECK(tracks.visibility(3)[1] == 1);
  }
}

TEST_CASE("queries together give what they give alone", "[follow_flow]") {
  s2d::video_flow flow = steady(7, 16, 40, 0.5f, 0.25f);
  for (std::size_t t = 0; t + 1 < 7; ++t)
    for (std::size_t i = 0; i < flow.forward[t].u.values.size(); ++i)
      flow.forward[t].u.values[i] += float(i % 13) * 0.1f;
  std::vector<std::vector<s2d::point>> points(5);
  std::vector<s2d::track_query> queries;
  for (std::size_t q = 0; q < points.size(); ++q) {
    for (std::size_t i = 0; i < 3 * q; ++i) points[q].push_back({float(5 + 3 * i), float(4 + q)});
    s2d::track_query query;
    query.points = points[q];
    query.frame = (q * 3) % 7;
    query.backward = q % 2 == 0;
    queries.push_back(query);
  }
  const auto together = s2d::follow_flow(flow, queries, 32, 80);
  REQUIRE(together.size() == queries.size());
  for (std::size_t q = 0; q < queries.size(); ++q) {
    const auto alone = follow(flow, points[q], queries[q].frame, 32, 80, queries[q].backward);
    CHECK(together[q].at == alone.at);
    CHECK(together[q].visible == alone.visible);
  }
}

TEST_CASE("one frame and no points are tracks too", "[follow_flow]") {
  const auto one = follow(steady(1, 8, 8, 0, 0), {{3, 3}}, 0, 8, 8);
  CHECK(one.frames == 1);
  CHECK(one.visibility(0)[0] == 1);
  CHECK(follow(steady(4, 8, 8, 0, 0), {}, 2, 8, 8).at.empty());
}

TEST_CASE("flow and queries that do not fit are refused", "[follow_flow]") {
  s2d::video_flow flow = steady(3, 8, 8, 0, 0);
  CHECK_THROWS_WITH(follow(flow, {{1, 1}}, 3, 8, 8), Catch::Contains("frame 3 of 3"));
  CHECK_THROWS_WITH(follow(flow, {{1, 1}}, 0, 0, 8), Catch::Contains("0 x 8"));
  CHECK_THROWS_WITH(follow(flow, {{std::nanf(""), 1}}, 0, 8, 8), Catch::Contains("not finite"));
  flow.backward.pop_back();
  CHECK_THROWS_WITH(follow(flow, {{1, 1}}, 0, 8, 8), Catch::Contains("3 forward and 2 backward"));
  flow = steady(3, 8, 8, 0, 0);
  flow.forward[1] = constant(8, 9, 0, 0);
  CHECK_THROWS_WITH(follow(flow, {{1, 1}}, 0, 8, 8), Catch::Contains("8 x 8 and 8 x 9"));
  CHECK_THROWS_AS((s2d::flow_tracker{flow, 8, 8}), s2d::invalid_input);
  const std::vector<s2d::track_query> none;
  CHECK_THROWS_WITH(s2d::follow_flow(steady(3, 8, 8, 0, 0), none, 8, 8, {.tolerance = -1}),
                    Catch::Contains("tolerance is -1"));
}

TEST_CASE("the tracker estimates the flow of pictures by itself", "[flow_tracker]") {
  // A textured square moves by two pixels a frame before a textured ground.
  std::vector<s2d::image> frames(5, s2d::image(64, 96));
  const auto texture = [](std::ptrdiff_t y, std::ptrdiff_t x) {
    return std::uint8_t(128 + 60 * std::sin(double(x) * 0.9) * std::cos(double(y) * 0.7) +
                        30 * std::sin(double(x * y) * 0.05));
  };
  for (std::size_t t = 0; t < frames.size(); ++t)
    for (std::ptrdiff_t y = 0; y < 64; ++y)
      for (std::ptrdiff_t x = 0; x < 96; ++x) {
        const std::ptrdiff_t left = 20 + 2 * std::ptrdiff_t(t);
        const bool square = x >= left && x < left + 32 && y >= 16 && y < 48;
        for (int c = 0; c < 3; ++c)
          frames[t].row(y)[3 * x + c] = square ? texture(y, x - left) : texture(x, y + 40);
      }
  const s2d::flow_tracker tracker{frames};
  std::vector<s2d::point> points{{36, 32}, {30, 28}, {80, 10}};
  s2d::track_query query;
  query.points = points;
  const auto tracks = tracker(query);
  REQUIRE(tracks.frames == 5);
  CHECK(tracks.positions(4)[0].x == Approx(44).margin(1));
  CHECK(tracks.positions(4)[0].y == Approx(32).margin(1));
  CHECK(tracks.positions(4)[1].x == Approx(38).margin(1));
  CHECK(tracks.positions(4)[2].x == Approx(80).margin(1));
  CHECK(tracks.visibility(4)[0] == 1);
  CHECK(tracks.visibility(4)[2] == 1);
  CHECK(s2d::flow_tracker{std::vector<s2d::image>{}}.flow().frames() == 0);
}
