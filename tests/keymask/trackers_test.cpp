#include <cstddef>
#include <memory>
#include <stdexcept>
#include <vector>

#include <s2d/keymask/discover.hpp>

#include "support/catch.hpp"

namespace {

constexpr std::size_t frames = 8;

// A square that rests; its points do too.
s2d::video_masks resting_square() {
  s2d::video_masks masks(frames);
  for (auto& each : masks) {
    each.push_back({s2d::bit_mask(96, 128)});
    for (std::ptrdiff_t y = 20; y < 60; ++y)
      for (std::ptrdiff_t x = 30; x < 80; ++x) each[0].mask.set(y, x);
  }
  return masks;
}

s2d::point_tracks resting(const s2d::track_query& query) {
  s2d::point_tracks tracks(frames, query.points.size());
  for (std::size_t t = 0; t < frames; ++t)
    for (std::size_t n = 0; n < query.points.size(); ++n) {
      tracks.positions(t)[n] = query.points[n];
      tracks.visibility(t)[n] = 1;
    }
  return tracks;
}

struct counting {
  std::size_t calls = 0;
  s2d::point_tracks operator()(const s2d::track_query& query) {
    ++calls;
    return resting(query);
  }
};

struct batched {
  std::size_t calls = 0;
  s2d::point_tracks operator()(const s2d::track_query& query) { return resting(query); }
  std::vector<s2d::point_tracks> operator()(std::span<const s2d::track_query> queries) {
    ++calls;
    std::vector<s2d::point_tracks> all;
    for (const s2d::track_query& each : queries) all.push_back(resting(each));
    return all;
  }
};

// Cannot be copied.
struct unique {
  std::unique_ptr<int> weights = std::make_unique<int>(1);
  s2d::point_tracks operator()(s2d::track_query query) const { return resting(query); }
};

const auto lambda = [](const s2d::track_query& query) { return resting(query); };
[[maybe_unused]] const auto of_points = [](std::span<const s2d::point>) {
  return s2d::point_tracks{};
};

static_assert(s2d::point_tracker<decltype(resting)>);
static_assert(s2d::point_tracker<decltype(&resting)>);
static_assert(s2d::point_tracker<decltype(lambda)>);
static_assert(s2d::point_tracker<counting> && !s2d::point_tracker<const counting>);
static_assert(s2d::point_tracker<unique>);
static_assert(s2d::batch_point_tracker<batched> && !s2d::batch_point_tracker<counting>);
static_assert(!s2d::point_tracker<decltype(of_points)>);

void check(const std::vector<s2d::object>& objects) {
  REQUIRE(objects.size() == 1);
  REQUIRE(objects[0].keymasks.size() == frames);
}

}  // namespace

TEST_CASE("discovery takes any callable as tracker", "[discover][threads]") {
  const auto masks = resting_square();
  for (const std::size_t threads : {1, 3}) {
    s2d::discovery_options options;
    options.threads = threads;
    check(s2d::discover_keymasks(masks, resting, options));
    check(s2d::discover_keymasks(masks, &resting, options));
    check(s2d::discover_keymasks(masks, lambda, options));
    check(s2d::discover_keymasks(masks, unique{}, options));
    counting one;
    check(s2d::discover_keymasks(masks, one, options));
    REQUIRE(one.calls == 2 * frames);
    batched many;
    check(s2d::discover_keymasks(masks, many, options));
    REQUIRE(many.calls == 2);
  }
}

TEST_CASE("what a tracker throws comes through discovery", "[discover]") {
  REQUIRE_THROWS_WITH(s2d::discover(resting_square(),
                                    [](const s2d::track_query&) -> s2d::point_tracks {
                                      throw std::runtime_error{"no weights"};
                                    }),
                      "no weights");
}
