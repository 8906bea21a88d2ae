#include <s2d/segment/frame_mask.hpp>

#include <cmath>
#include <vector>

#include <s2d/flow/estimator.hpp>
#include <s2d/segment/motion_segmenter.hpp>
#include <s2d/segment/normalized_cut_segmenter.hpp>

#include "moving_scene.hpp"
#include "support/catch.hpp"

namespace {

s2d::video_masks whole_frames(std::span<const s2d::image> frames) {
  s2d::video_masks masks(frames.size());
  for (std::size_t t = 0; t < frames.size(); ++t)
    masks[t].push_back({s2d::bit_mask(frames[t].height, frames[t].width), 0.5f});
  return masks;
}

struct once {
  bool used = false;
  s2d::video_masks operator()(std::span<const s2d::image> frames) {
    used = true;
    return whole_frames(frames);
  }
};

const auto whole_lambda = [](std::span<const s2d::image> frames) { return whole_frames(frames); };
[[maybe_unused]] const auto of_one = [](const s2d::image& frame) {
  return whole_frames({&frame, 1});
};

static_assert(s2d::frame_segmenter<decltype(whole_frames)>);
static_assert(s2d::frame_segmenter<decltype(&whole_frames)>);
static_assert(s2d::frame_segmenter<decltype(whole_lambda)>);
static_assert(s2d::frame_segmenter<once> && !s2d::frame_segmenter<const once>);
static_assert(!s2d::frame_segmenter<decltype(of_one)>);

}  // namespace

TEST_CASE("any callable segments frames") {
  const std::vector<s2d::image> frames(3, s2d::image(4, 5));
  REQUIRE(s2d::segment_frames(frames, whole_frames).size() == 3);
  REQUIRE(s2d::segment_frames(frames, &whole_frames).size() == 3);
  REQUIRE(s2d::segment_frames(frames, whole_lambda)[2][0].confidence == 0.5f);
  once object;
  REQUIRE(s2d::segment_frames(frames, object)[0][0].mask.width == 5);
  REQUIRE(object.used);
  REQUIRE(s2d::segment_frames({}, whole_lambda).empty());
}

TEST_CASE("a segmenter's faults are named") {
  const std::vector<s2d::image> frames(3, s2d::image(4, 5));
  const auto changed = [](auto change) {
    return [change](std::span<const s2d::image> given) {
      s2d::video_masks masks = whole_frames(given);
      change(masks);
      return masks;
    };
  };
  REQUIRE_THROWS_WITH(
      s2d::segment_frames(frames, changed([](s2d::video_masks& masks) { masks.pop_back(); })),
      Catch::Contains("masks of 2 frames, expected 3"));
  REQUIRE_THROWS_WITH(s2d::segment_frames(frames, changed([](s2d::video_masks& masks) {
                                            masks[1][0].mask = s2d::bit_mask(5, 4);
                                          })),
                      Catch::Contains("mask 0 of frame 1 is 5 x 4, the frame 4 x 5"));
  for (const float wrong : {-0.1f, 1.5f, std::nanf("")})
    REQUIRE_THROWS_WITH(s2d::segment_frames(frames, changed([&](s2d::video_masks& masks) {
                                              masks[2][0].confidence = wrong;
                                            })),
                        Catch::Contains("confidence of mask 0 of frame 2"));
}

TEST_CASE("the segmenters take the flow of any estimator") {
  const support::moving_scene scene{{}};
  // The exact flow, found by the frames that it is asked for.
  const auto exact = [&](const s2d::image& from, const s2d::image& to) {
    for (std::size_t t = 0; t < scene.frames.size(); ++t) {
      if (!(scene.frames[t] == from)) continue;
      return t + 1 < scene.frames.size() && scene.frames[t + 1] == to ? scene.flow.forward[t]
                                                                      : scene.flow.backward[t];
    }
    FAIL("asked for a frame that is not in the video");
    return s2d::flow_field{};
  };
  s2d::motion_segmenter_options options;
  options.flow.longer_side = 0;
  s2d::motion_segmenter segmenter{options};
  const auto masks = segmenter(scene.frames, exact);
  REQUIRE(segmenter.flow().forward == scene.flow.forward);
  REQUIRE(segmenter.flow().backward == scene.flow.backward);
  const auto expected = s2d::find_frame_masks(scene.frames, scene.flow);
  REQUIRE(masks.size() == expected.masks.size());
  for (std::size_t t = 0; t < masks.size(); ++t) {
    REQUIRE(masks[t].size() == expected.masks[t].size());
    for (std::size_t k = 0; k < masks[t].size(); ++k)
      REQUIRE(masks[t][k].mask == expected.masks[t][k].mask);
  }
  REQUIRE(segmenter.confidence() == expected.confidence);

  s2d::normalized_cut_segmenter_options cut_options;
  cut_options.flow.longer_side = 0;
  s2d::normalized_cut_segmenter cut{cut_options};
  const auto cut_masks = cut(scene.frames, exact);
  REQUIRE(cut.flow().forward == scene.flow.forward);
  const auto cut_expected = s2d::normalized_cut_masks(scene.frames, scene.flow);
  for (std::size_t t = 0; t < cut_masks.size(); ++t) {
    REQUIRE(cut_masks[t].size() == cut_expected[t].size());
    for (std::size_t k = 0; k < cut_masks[t].size(); ++k)
      REQUIRE(cut_masks[t][k].mask == cut_expected[t][k].mask);
  }

  // As a frame_segmenter.
  const auto whole = [&](std::span<const s2d::image> frames) { return segmenter(frames, exact); };
  REQUIRE(s2d::segment_frames(scene.frames, whole)[0].size() == masks[0].size());
}
