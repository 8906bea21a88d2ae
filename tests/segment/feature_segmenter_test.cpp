#include <s2d/segment/feature_segmenter.hpp>

#include <stdexcept>
#include <vector>

#include <s2d/core/resize.hpp>

#include "support/catch.hpp"

namespace {

// A bright rectangle on dark ground, from column 12 + 8 t on.
s2d::image frame_at(std::size_t t) {
  s2d::image frame(64, 96);
  for (std::ptrdiff_t y = 16; y < 40; ++y)
    for (std::ptrdiff_t x = 16; x < 40; ++x)
      for (int c = 0; c < 3; ++c)
        frame.row(y)[3 * (x + 8 * static_cast<std::ptrdiff_t>(t)) + c] = 240;
  return frame;
}

std::vector<s2d::image> clip(std::size_t frames) {
  std::vector<s2d::image> out;
  for (std::size_t t = 0; t < frames; ++t) out.push_back(frame_at(t));
  return out;
}

s2d::feature_grid mean_color(const s2d::image& picture) {
  const s2d::image reduced =
      s2d::resize_area(picture.view(), picture.height / 8, picture.width / 8);
  s2d::feature_grid grid(reduced.height, reduced.width, 3);
  for (std::size_t i = 0; i < grid.values.size(); ++i)
    grid.values[i] = static_cast<float>(reduced.values[i]) / 64;
  return grid;
}

struct stateful {
  int calls = 0;
  s2d::feature_grid operator()(const s2d::image& picture) {
    ++calls;
    return mean_color(picture);
  }
};

struct batched {
  std::size_t largest = 0;
  std::size_t lost = 0;
  s2d::feature_grid operator()(const s2d::image& picture) { return mean_color(picture); }
  std::vector<s2d::feature_grid> operator()(std::span<const s2d::image> pictures) {
    if (pictures.size() > largest) largest = pictures.size();
    std::vector<s2d::feature_grid> grids;
    for (const s2d::image& each : pictures.subspan(lost)) grids.push_back(mean_color(each));
    return grids;
  }
};

const auto lambda = [](const s2d::image& picture) { return mean_color(picture); };
const auto of_index = [](std::size_t t) { return mean_color(frame_at(t)); };
const auto of_either = [](const auto& which) {
  if constexpr (std::is_same_v<decltype(which), const s2d::image&>)
    return s2d::feature_grid{};
  else
    return mean_color(frame_at(which));
};

static_assert(s2d::feature_extractor<decltype(mean_color)>);
static_assert(s2d::feature_extractor<decltype(&mean_color)>);
static_assert(s2d::feature_extractor<decltype(lambda)>);
static_assert(s2d::feature_extractor<stateful> && !s2d::feature_extractor<const stateful>);
static_assert(s2d::batch_feature_extractor<batched> && !s2d::batch_feature_extractor<stateful>);
static_assert(!s2d::feature_extractor<decltype(of_index)>);
static_assert(s2d::feature_source<decltype(of_index)>);
static_assert(s2d::feature_extractor<decltype(of_either)>);
static_assert(s2d::feature_source<decltype(of_either)>);
static_assert(s2d::frame_segmenter<s2d::feature_segmenter<stateful>>);

bool same(const s2d::video_masks& a, const s2d::video_masks& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t t = 0; t < a.size(); ++t) {
    if (a[t].size() != b[t].size()) return false;
    for (std::size_t k = 0; k < a[t].size(); ++k)
      if (!(a[t][k].mask == b[t][k].mask) || a[t][k].confidence != b[t][k].confidence) return false;
  }
  return true;
}

}  // namespace

TEST_CASE("any callable gives the features of a normalised cut", "[threads]") {
  const auto frames = clip(6);
  const auto expected = s2d::normalized_cut_masks(frames, of_index);
  REQUIRE(expected.size() == 6);
  for (std::size_t t = 0; t < 6; ++t) {
    REQUIRE(expected[t].size() == 1);
    REQUIRE(expected[t][0].mask(28, 28 + 8 * static_cast<std::ptrdiff_t>(t)));
    REQUIRE(!expected[t][0].mask(4, 4));
  }
  REQUIRE(same(s2d::normalized_cut_masks(frames, mean_color), expected));
  REQUIRE(same(s2d::normalized_cut_masks(frames, &mean_color), expected));
  REQUIRE(same(s2d::normalized_cut_masks(frames, lambda), expected));
  REQUIRE(same(s2d::normalized_cut_masks(frames, stateful{}), expected));
  REQUIRE(same(s2d::normalized_cut_masks(frames, of_either), expected));
  for (const std::size_t threads : {1, 3}) {
    s2d::normalized_cut_masks_options options;
    options.threads = threads;
    stateful one;
    REQUIRE(same(s2d::normalized_cut_masks(frames, one, options), expected));
    REQUIRE(one.calls == 6);
    batched many;
    REQUIRE(same(s2d::normalized_cut_masks(frames, many, options), expected));
    REQUIRE(many.largest == (threads == 1 ? 4u : 6u));
  }
  REQUIRE(s2d::normalized_cut_masks(std::span<const s2d::image>{}, lambda).empty());
}

TEST_CASE("an extractor makes a frame segmenter") {
  const auto frames = clip(3);
  s2d::feature_segmenter segmenter{mean_color};
  const auto masks = s2d::segment_frames(frames, segmenter);
  REQUIRE(same(masks, s2d::normalized_cut_masks(frames, of_index)));
  s2d::normalized_cut_masks_options options;
  options.affinity = s2d::cell_affinity::cosine;
  std::size_t seen = 0;
  s2d::feature_segmenter cosine{[](const s2d::image& picture) {
                                  s2d::feature_grid grid = mean_color(picture);
                                  for (std::size_t i = 0; i < grid.cells(); ++i)
                                    grid.cell(i)[0] -= 1.5f;
                                  return grid;
                                },
                                options,
                                [&](std::string_view stage, std::size_t done, std::size_t total) {
                                  REQUIRE(stage == "masks");
                                  REQUIRE(total == 3);
                                  seen = done;
                                  return true;
                                }};
  REQUIRE(cosine(frames).size() == 3);
  REQUIRE(seen == 3);
}

TEST_CASE("an extractor's faults are named with the frame") {
  const auto frames = clip(9);
  s2d::normalized_cut_masks_options options;
  options.threads = 1;
  int calls = 0;
  REQUIRE_THROWS_WITH(s2d::normalized_cut_masks(
                          frames,
                          [&](const s2d::image& picture) mutable {
                            s2d::feature_grid grid = mean_color(picture);
                            if (++calls == 6)
                              grid.values[5] = std::numeric_limits<float>::infinity();
                            return grid;
                          },
                          options),
                      Catch::Contains("value 5 of the feature grid of frame 5 is not finite"));
  batched loses;
  loses.lost = 1;
  REQUIRE_THROWS_WITH(s2d::normalized_cut_masks(frames, loses, options),
                      Catch::Contains("gave 3 grids for 4 frames from 0 on"));
  REQUIRE_THROWS_WITH(
      s2d::normalized_cut_masks(
          frames,
          [](const s2d::image&) -> s2d::feature_grid { throw std::runtime_error{"no weights"}; },
          options),
      "no weights");
  options.cuts = 0;
  REQUIRE_THROWS_AS(s2d::normalized_cut_masks(frames, lambda, options), s2d::invalid_input);
  const auto stop = [](std::string_view, std::size_t done, std::size_t) { return done < 4; };
  options.cuts = 1;
  REQUIRE_THROWS_AS(s2d::normalized_cut_masks(frames, lambda, options, stop), s2d::cancelled);
}
