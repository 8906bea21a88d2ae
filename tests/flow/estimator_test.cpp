#include <s2d/flow/estimator.hpp>

#include <atomic>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/catch.hpp"

namespace {

// Frame t is one gray of 10 t, with a mark where the frame number stands.
std::vector<s2d::image> grays(std::size_t frames, std::ptrdiff_t h, std::ptrdiff_t w) {
  std::vector<s2d::image> out;
  for (std::size_t t = 0; t < frames; ++t) {
    out.emplace_back(h, w);
    for (auto& value : out.back().values) value = static_cast<std::uint8_t>(10 * t);
  }
  return out;
}

s2d::flow_field constant(std::ptrdiff_t h, std::ptrdiff_t w, float u, float v) {
  s2d::flow_field flow(h, w);
  for (float& value : flow.u.values) value = u;
  for (float& value : flow.v.values) value = v;
  return flow;
}

// The flow between grays: how much brighter the other frame is, and its own brightness.
s2d::flow_field brightness(const s2d::image& from, const s2d::image& to) {
  return constant(from.height, from.width, float(to.values[0]) - float(from.values[0]),
                  float(from.values[0]));
}

struct counting {
  int calls = 0;
  s2d::flow_field operator()(s2d::image_view from, s2d::image_view to) {
    ++calls;
    return constant(from.height, from.width, float(to.data[0]) - float(from.data[0]), 0);
  }
};

const auto lambda = [](const s2d::image& from, const s2d::image& to) {
  return brightness(from, to);
};
[[maybe_unused]] const auto wrong_arguments = [](const s2d::image& from) {
  return constant(1, 1, from.width, 0);
};
[[maybe_unused]] const auto wrong_result = [](const s2d::image&, const s2d::image&) { return 3; };

static_assert(s2d::flow_estimator<decltype(brightness)>);
static_assert(s2d::flow_estimator<decltype(&brightness)>);
static_assert(s2d::flow_estimator<decltype(lambda)>);
static_assert(s2d::flow_estimator<counting> && !s2d::flow_estimator<const counting>);
static_assert(s2d::flow_estimator<const s2d::flow_search>);
static_assert(!s2d::flow_estimator<decltype(wrong_arguments)>);
static_assert(!s2d::flow_estimator<decltype(wrong_result)>);

s2d::video_flow_options kept_size(std::size_t threads = 1) {
  s2d::video_flow_options options;
  options.longer_side = 0;
  options.threads = threads;
  return options;
}

}  // namespace

TEST_CASE("any callable estimates the flow of a video, in both directions") {
  const auto frames = grays(5, 3, 4);
  const auto check = [&](const s2d::video_flow& flow) {
    REQUIRE(flow.frames() == 5);
    REQUIRE(flow.backward[0].empty());
    REQUIRE(flow.forward[4].empty());
    for (std::size_t t = 0; t < 4; ++t) {
      REQUIRE(flow.forward[t].u(2, 3) == 10);
      REQUIRE(flow.backward[t + 1].u(2, 3) == -10);
    }
  };
  check(s2d::estimate_video_flow(frames, brightness, kept_size()));
  check(s2d::estimate_video_flow(frames, &brightness, kept_size()));
  check(s2d::estimate_video_flow(frames, lambda, kept_size()));
  counting object;
  check(s2d::estimate_video_flow(frames, object, kept_size()));
  REQUIRE(object.calls == 8);
  check(s2d::estimate_video_flow(frames, counting{}, kept_size(8)));
  REQUIRE(s2d::estimate_video_flow({}, brightness).frames() == 0);
  REQUIRE(s2d::estimate_video_flow({frames.data(), 1}, brightness).forward[0].empty());
}

TEST_CASE("with the built-in search as estimator a video's flow is the built-in one") {
  std::vector<s2d::image> frames;
  for (int t = 0; t < 3; ++t) {
    frames.emplace_back(40, 56);
    for (std::ptrdiff_t y = 0; y < 40; ++y)
      for (std::ptrdiff_t x = 0; x < 56; ++x)
        for (int c = 0; c < 3; ++c)
          frames.back().row(y)[3 * x + c] =
              static_cast<std::uint8_t>((x - 2 * t) * (x - 2 * t) / 9 + y * y / 11 + 7 * c);
  }
  const s2d::video_flow expected = s2d::estimate_video_flow(frames, kept_size());
  for (const std::size_t threads : {1, 3}) {
    const s2d::video_flow flow =
        s2d::estimate_video_flow(frames, s2d::flow_search{}, kept_size(threads));
    REQUIRE(flow.forward == expected.forward);
    REQUIRE(flow.backward == expected.backward);
  }
}

TEST_CASE("an estimator sees the grid, and neither cuts nor duplicated frames", "[threads]") {
  auto frames = grays(25, 20, 40);
  frames[7] = frames[6];
  s2d::video_flow_options options = kept_size();
  options.longer_side = 32;
  options.cut_before.resize(4);
  options.cut_before[3] = true;
  s2d::video_flow one;
  for (const std::size_t threads : {1, 2, 5}) {
    options.threads = threads;
    std::atomic<int> calls = 0;
    const s2d::video_flow flow = s2d::estimate_video_flow(
        frames,
        [&](const s2d::image& from, const s2d::image& to) {
          ++calls;
          return brightness(from, to);
        },
        options);
    REQUIRE(calls == 2 * (24 - 2));
    REQUIRE(flow.forward[0].width() == 32);
    for (std::size_t t = 0; t + 1 < 25; ++t) {
      const bool absent = t == 2 || t == 6;
      REQUIRE(flow.forward[t].empty() == absent);
      REQUIRE(flow.backward[t + 1].empty() == absent);
      if (absent) continue;
      REQUIRE(flow.forward[t].v(0, 0) == 10 * float(t == 7 ? 6 : t));
    }
    if (threads == 1) one = flow;
    REQUIRE(flow.forward == one.forward);
    REQUIRE(flow.backward == one.backward);
  }
}

TEST_CASE("fields that do not belong together are named") {
  const auto frames = grays(4, 6, 8);
  int calls = 0;
  REQUIRE_THROWS_WITH(
      s2d::estimate_video_flow(
          frames,
          [&](const s2d::image&, const s2d::image&) mutable {
            return constant(++calls == 5 ? 4 : 3, 4, 0, 0);
          },
          kept_size()),
      Catch::Contains("from frame 2 to 3") && Catch::Contains("4 x 4") && Catch::Contains("3 x 4"));
  REQUIRE_THROWS_WITH(s2d::estimate_video_flow(
                          frames,
                          [](const s2d::image&, const s2d::image&) {
                            s2d::flow_field flow(3, 4);
                            flow.v = s2d::matrix<float>(3, 5);
                            return flow;
                          },
                          kept_size()),
                      Catch::Contains("planes of 3 x 4 and 3 x 5"));
  REQUIRE_THROWS_WITH(s2d::estimate_video_flow(
                          frames,
                          [](const s2d::image&, const s2d::image&) {
                            s2d::flow_field flow(3, 4);
                            flow.u.values.pop_back();
                            return flow;
                          },
                          kept_size()),
                      Catch::Contains("11 and 12 values"));
  auto uneven = frames;
  uneven[2] = s2d::image(6, 9);
  REQUIRE_THROWS_AS(s2d::estimate_video_flow(uneven, brightness, kept_size()), s2d::invalid_input);
  const std::vector<s2d::image> none(2);
  REQUIRE_THROWS_AS(s2d::estimate_video_flow(none, brightness, kept_size()), s2d::invalid_input);
}

TEST_CASE("what an estimator throws comes through, and progress stops the work", "[threads]") {
  const auto frames = grays(6, 6, 8);
  for (const std::size_t threads : {1, 3})
    REQUIRE_THROWS_WITH(s2d::estimate_video_flow(
                            frames,
                            [](const s2d::image&, const s2d::image&) -> s2d::flow_field {
                              throw std::runtime_error{"no weights"};
                            },
                            kept_size(threads)),
                        "no weights");
  const auto stop = [](std::string_view stage, std::size_t done, std::size_t total) {
    REQUIRE(stage == "flow");
    REQUIRE(total == 6);
    return done < 3;
  };
  REQUIRE_THROWS_AS(s2d::estimate_video_flow(frames, brightness, kept_size(), stop),
                    s2d::cancelled);
}

TEST_CASE("an estimator may know of no flow") {
  const auto frames = grays(3, 6, 8);
  const auto flow = s2d::estimate_video_flow(
      frames,
      [](const s2d::image& from, const s2d::image& to) {
        return from.values[0] < to.values[0] ? brightness(from, to) : s2d::flow_field{};
      },
      kept_size());
  REQUIRE(!flow.forward[0].empty());
  REQUIRE(flow.backward[1].empty());
}
