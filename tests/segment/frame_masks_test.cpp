#include <s2d/segment/motion_segmenter.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include <s2d/mask/bits.hpp>

#include "moving_scene.hpp"
#include "support/catch.hpp"
#include "support/data.hpp"
#if __has_include(<stb_image.h>) || __has_include(<stb/stb_image.h>)
#include <s2d/io/image.hpp>
#define S2D_TEST_PICTURES
#endif

using support::count_masks;
using support::moving_scene;
using support::same_masks;
using support::worst_overlap;

TEST_CASE("Frame masks: a moving box is found in every frame, by a still and a moving camera") {
  for (const int camera : {0, 5}) {
    const moving_scene scene({.camera_x = camera, .box_x = 2, .box_y = 1});
    const s2d::frame_masks_result found = s2d::find_frame_masks(scene.frames, scene.flow);
    CHECK(worst_overlap(found.masks, scene.truth) > 0.85);
    CHECK_FALSE(found.diagnosis.nothing_moves);
    CHECK_FALSE(found.diagnosis.everything_moves);
    for (std::size_t t = 0; t < scene.frames.size(); ++t) {
      REQUIRE(found.masks[t].size() == 1);
      CHECK(found.masks[t][0].confidence > 0.4F);
      CHECK(found.masks[t][0].confidence <= 1);
      CHECK(found.confidence[t] == found.masks[t][0].confidence);
    }
    CHECK(same_masks(s2d::frame_masks(scene.frames, scene.flow), found.masks));
  }
}

TEST_CASE("Frame masks: one small thing is found, by a still and a moving camera") {
  for (const int camera : {0, 2}) {
    const moving_scene scene({.frames = 12,
                              .height = 240,
                              .width = 428,
                              .camera_x = camera,
                              .box_x = 6,
                              .box_y = 2,
                              .box_side = 20});  // 0.4 % of the frame
    const s2d::frame_masks_result found = s2d::find_frame_masks(scene.frames, scene.flow);
    CHECK(worst_overlap(found.masks, scene.truth) > 0.7);
    CHECK(count_masks(found.masks) == scene.frames.size());
    CHECK_FALSE(found.diagnosis.everything_moves);
    s2d::frame_masks_options options;
    options.motion.energy_share = 0;  // then nothing moves
    CHECK(count_masks(s2d::frame_masks(scene.frames, scene.flow, options)) == 0);
  }
}

TEST_CASE("Frame masks: by a camera that rests, slower things are found") {
  // Half a pixel of the flow grid a frame.
  const moving_scene scene(
      {.frames = 12, .height = 480, .width = 856, .box_x = 1, .box_side = 104});
  s2d::frame_masks_options options;
  const s2d::frame_masks_result found = s2d::find_frame_masks(scene.frames, scene.flow, options);
  CHECK(found.diagnosis.energy[5] > options.rest_energy);
  CHECK(found.diagnosis.energy[5] < options.least_energy);
  CHECK(worst_overlap(found.masks, scene.truth) > 0.8);
  CHECK_FALSE(found.diagnosis.everything_moves);
  options.rest_energy = options.least_energy;
  CHECK(count_masks(s2d::frame_masks(scene.frames, scene.flow, options)) == 0);
}

TEST_CASE("Frame masks: where only small things move, small masks are kept") {
  const moving_scene scene({.frames = 12,
                            .height = 480,
                            .width = 856,
                            .box_x = 12,
                            .box_side = 14,  // 0.05 % of the frame
                            .boxes = 6});
  s2d::frame_masks_options options;
  const s2d::video_masks found = s2d::frame_masks(scene.frames, scene.flow, options);
  CHECK(worst_overlap(found, scene.truth) > 0.5);
  for (const auto& frame : found) CHECK(frame.size() == 6);
  options.least_of_moving = 1;
  CHECK(worst_overlap(s2d::frame_masks(scene.frames, scene.flow, options), scene.truth) < 0.2);
}

TEST_CASE("Frame masks work on flow of any grid") {
  const moving_scene scene({.box_x = 4});
  s2d::video_flow coarse = scene.flow;
  for (auto* fields : {&coarse.forward, &coarse.backward})
    for (s2d::flow_field& field : *fields)
      field = s2d::resize_area(field, 48, 64, s2d::flow_unit::grid);
  const s2d::video_masks found = s2d::frame_masks(scene.frames, coarse);
  CHECK(worst_overlap(found, scene.truth) > 0.85);
}

TEST_CASE("Frame masks of no frame and of one frame: nothing moves") {
  CHECK(s2d::frame_masks({}, {}).empty());
  const moving_scene scene({.frames = 1});
  const s2d::frame_masks_result found = s2d::find_frame_masks(scene.frames, scene.flow);
  REQUIRE(found.masks.size() == 1);
  CHECK(found.masks[0].empty());
  CHECK(found.confidence[0] == 0);
  CHECK(found.diagnosis.nothing_moves);
}

TEST_CASE("Frame masks of two and three frames, with one direction each, find the box") {
  for (const int count : {2, 3}) {
    const moving_scene scene({.frames = count});
    CHECK(worst_overlap(s2d::frame_masks(scene.frames, scene.flow), scene.truth) > 0.7);
  }
}

TEST_CASE("Frame masks: identical frames, constant colour and a pure pan have none") {
  const moving_scene still({.frames = 5, .box_x = 0});
  const moving_scene pan({.frames = 5, .camera_x = 6, .box_x = 6});
  for (const moving_scene* scene : {&still, &pan}) {
    const s2d::frame_masks_result found = s2d::find_frame_masks(scene->frames, scene->flow);
    CHECK(count_masks(found.masks) == 0);
    CHECK(found.diagnosis.nothing_moves);
  }
  const std::vector<s2d::image> grey(4, s2d::image(60, 80));
  s2d::motion_segmenter segmenter;
  CHECK(count_masks(segmenter(grey)) == 0);
  CHECK(segmenter.diagnosis().nothing_moves);
}

TEST_CASE("Frame masks: noise on a still scene moves nothing") {
  for (const std::uint64_t seed : {1u, 2u}) {
    const moving_scene scene(
        {.frames = 12, .height = 240, .width = 320, .box_x = 0, .seed = seed, .noise = 4});
    s2d::motion_segmenter segmenter;
    CHECK(count_masks(segmenter(scene.frames)) == 0);
    CHECK(segmenter.diagnosis().nothing_moves);
    for (const float e : segmenter.diagnosis().energy) CHECK(e < 0.2F);
  }
}

TEST_CASE("Frame masks: an object that fills the frame or its border gives a result, not a crash") {
  moving_scene scene({.frames = 4});
  for (auto* fields : {&scene.flow.forward, &scene.flow.backward})
    for (s2d::flow_field& field : *fields)
      for (std::ptrdiff_t y = 0; y < field.height(); ++y)
        for (std::ptrdiff_t x = 0; x < field.width(); ++x)
          field.u(y, x) = static_cast<float>((x * 7 + y * 13) % 11) - 5;
  const s2d::frame_masks_result found = s2d::find_frame_masks(scene.frames, scene.flow);
  CHECK(found.masks.size() == 4);
  for (const float c : found.confidence) CHECK((c >= 0 && c <= 1));
}

TEST_CASE("Frame masks: an object that rests for a while is held") {
  moving_scene scene({.frames = 6, .box_x = 3});
  const moving_scene rest({.frames = 1, .box_x = 3});
  // The box waits for two frames in the middle: noise keeps the frames from being equal.
  std::vector<s2d::image> frames;
  std::vector<s2d::bit_mask> truth;
  s2d::video_flow flow;
  for (std::size_t t = 0; t < 6; ++t) {
    for (int copy = 0; copy < (t == 3 ? 3 : 1); ++copy) {
      frames.push_back(scene.frames[t]);
      frames.back().values[5] = static_cast<std::uint8_t>(100 + copy);
      truth.push_back(scene.truth[t]);
      flow.forward.push_back(scene.flow.forward[t]);
      flow.backward.push_back(scene.flow.backward[t]);
    }
  }
  flow.forward[3] = flow.forward[4] = s2d::flow_field(96, 128);
  flow.backward[4] = flow.backward[5] = s2d::flow_field(96, 128);
  CHECK(worst_overlap(s2d::frame_masks(frames, flow), truth) > 0.8);
}

TEST_CASE("Frame masks: what passes is found, however long the clip rests before or after") {
  // The box has left after 18 frames; noise is all that there is in the others.
  for (const int count : {30, 60, 120}) {
    moving_scene scene({.frames = count, .box_x = 6, .noise = 2});
    const bool before = count == 60;
    if (before) {
      std::reverse(scene.frames.begin(), scene.frames.end());
      std::reverse(scene.truth.begin(), scene.truth.end());
      std::swap(scene.flow.forward, scene.flow.backward);
      std::reverse(scene.flow.forward.begin(), scene.flow.forward.end());
      std::reverse(scene.flow.backward.begin(), scene.flow.backward.end());
    }
    const s2d::frame_masks_result found = s2d::find_frame_masks(scene.frames, scene.flow);
    CHECK_FALSE(found.diagnosis.nothing_moves);
    for (std::size_t t = 0; t < scene.frames.size(); ++t) {
      INFO("frame " << t << " of " << count);
      const auto area = s2d::area(scene.truth[t]);
      if (area >= 500)
        CHECK(support::overlap(support::united(found.masks[t], scene.truth[t]), scene.truth[t]) >
              0.8);
      const bool empty_around = area == 0 && (t == 0 || s2d::area(scene.truth[t - 1]) == 0) &&
                                (t + 1 == scene.truth.size() || s2d::area(scene.truth[t + 1]) == 0);
      if (empty_around) CHECK(found.masks[t].empty());
    }
  }
}

TEST_CASE("Frame masks: motion of a few frames of a long clip is chance") {
  moving_scene scene({.frames = 60, .box_x = 12, .noise = 2});  // the box leaves after 9 frames
  s2d::frame_masks_options options;
  CHECK(s2d::find_frame_masks(scene.frames, scene.flow, options).diagnosis.nothing_moves);
  options.least_moving = 5;
  CHECK_FALSE(s2d::find_frame_masks(scene.frames, scene.flow, options).diagnosis.nothing_moves);
}

TEST_CASE("Frame masks: small, narrow, portrait and tiny frames") {
  struct {
    std::ptrdiff_t h, w;
  } const sizes[] = {{48, 64}, {160, 90}, {40, 200}, {16, 16}, {7, 90}, {1, 1}, {300, 3}};
  for (const auto& size : sizes) {
    INFO(size.h << " x " << size.w);
    const moving_scene scene({.frames = 4, .height = size.h, .width = size.w, .box_x = 2});
    const s2d::frame_masks_result found = s2d::find_frame_masks(scene.frames, scene.flow);
    REQUIRE(found.masks.size() == 4);
    for (const auto& masks : found.masks)
      for (const s2d::frame_mask& m : masks)
        CHECK((m.mask.height == size.h && m.mask.width == size.w && s2d::area(m.mask) >= 12));
    if (size.h >= 48 && size.w >= 60) CHECK(worst_overlap(found.masks, scene.truth) > 0.7);
  }
}

TEST_CASE("Frame masks: duplicated frames get the masks of the frame they repeat") {
  const moving_scene scene({.frames = 6});
  const s2d::frame_masks_result once = s2d::find_frame_masks(scene.frames, scene.flow);
  std::vector<s2d::image> frames;
  s2d::video_flow flow;
  for (std::size_t t = 0; t < 6; ++t) {
    for (int copy = 0; copy < 2; ++copy) {
      frames.push_back(scene.frames[t]);
      flow.forward.push_back(copy == 1 ? scene.flow.forward[t] : s2d::flow_field{});
      flow.backward.push_back(copy == 0 ? scene.flow.backward[t] : s2d::flow_field{});
    }
  }
  const s2d::frame_masks_result twice = s2d::find_frame_masks(frames, flow);
  for (std::size_t t = 0; t < 12; ++t) {
    REQUIRE(twice.masks[t].size() == once.masks[t / 2].size());
    for (std::size_t i = 0; i < twice.masks[t].size(); ++i)
      CHECK(twice.masks[t][i].mask == once.masks[t / 2][i].mask);
  }
}

TEST_CASE("Frame masks: shots behind a cut are decided as if they were alone") {
  moving_scene first({.frames = 6, .box_x = 3, .seed = 1});
  const moving_scene second({.frames = 5, .camera_x = -4, .box_x = 1, .seed = 9});
  const s2d::video_masks alone = s2d::frame_masks(first.frames, first.flow);
  const s2d::video_masks other = s2d::frame_masks(second.frames, second.flow);
  first.append(second);
  s2d::frame_masks_options options;
  options.cut_before.assign(7, false);
  options.cut_before[6] = true;
  const s2d::video_masks joined = s2d::frame_masks(first.frames, first.flow, options);
  CHECK(same_masks({joined.begin(), joined.begin() + 6}, alone));
  CHECK(same_masks({joined.begin() + 6, joined.end()}, other));
}

TEST_CASE("Frame masks: flow into the next shot is not looked at") {
  moving_scene first({.frames = 5, .seed = 1});
  const moving_scene second({.frames = 5, .seed = 9});
  first.append(second);
  s2d::frame_masks_options options;
  options.cut_before.assign(6, false);
  options.cut_before[5] = true;
  const s2d::frame_masks_result clean = s2d::find_frame_masks(first.frames, first.flow, options);
  first.flow.forward[4] = s2d::flow_field(96, 128);
  first.flow.backward[5] = s2d::flow_field(96, 128);
  const s2d::frame_masks_result poisoned = s2d::find_frame_masks(first.frames, first.flow, options);
  CHECK(same_masks(clean.masks, poisoned.masks));
}

TEST_CASE("Frame masks of long shots are joined from overlapping chunks") {
  const moving_scene scene({.frames = 40, .height = 60, .width = 240, .box_x = 3});
  s2d::frame_masks_options options;
  options.chunk = 15;
  options.overlap = 5;
  CHECK(worst_overlap(s2d::frame_masks(scene.frames, scene.flow, options), scene.truth) > 0.75);

  for (const std::size_t count : {1U, 15U, 16U, 25U, 26U, 40U, 1000U}) {
    const auto chunks = s2d::detail::overlapping_chunks(count, 15, 5);
    CHECK(chunks.front().begin == 0);
    CHECK(chunks.back().end == count);
    for (std::size_t c = 0; c < chunks.size(); ++c) {
      CHECK(chunks[c].end - chunks[c].begin <= 15);
      if (c > 0) CHECK(chunks[c - 1].end - chunks[c].begin == 5);
      if (c > 1) CHECK(chunks[c - 2].end <= chunks[c].begin);
    }
  }
}

TEST_CASE("Frame masks: the later of two chunks fades in, never whole and never absent") {
  CHECK(s2d::detail::fade(0, 3) == 0.25F);
  CHECK(s2d::detail::fade(1, 3) == 0.5F);
  CHECK(s2d::detail::fade(2, 3) == 0.75F);
  CHECK(s2d::detail::fade(0, 1) == 0.5F);
}

TEST_CASE("Frame masks are the same, bit for bit, for any number of threads", "[threads]") {
  const moving_scene scene({.frames = 8, .camera_x = 2});
  s2d::frame_masks_options options;
  const s2d::frame_masks_result one = s2d::find_frame_masks(scene.frames, scene.flow, options);
  options.threads = 3;
  const s2d::frame_masks_result three = s2d::find_frame_masks(scene.frames, scene.flow, options);
  CHECK(same_masks(one.masks, three.masks));
  CHECK(one.confidence == three.confidence);
}

TEST_CASE("Frame masks tell their progress and stop when they are told to") {
  const moving_scene scene({.frames = 4});
  std::vector<std::string> stages;
  std::size_t last = 0;
  const auto note = [&](std::string_view stage, std::size_t done, std::size_t total) {
    CHECK(done <= total);
    CHECK(total == 4);
    if (stages.empty() || stages.back() != stage) {
      stages.emplace_back(stage);
      last = 0;
    }
    CHECK(done >= last);
    last = done;
    return true;
  };
  const s2d::frame_masks_result found = s2d::find_frame_masks(scene.frames, scene.flow, {}, note);
  CHECK(stages == std::vector<std::string>{"superpixels", "grouping", "masks"});
  CHECK(found.stages.size() >= 6);
  for (const s2d::stage_time& s : found.stages) CHECK(s.seconds >= 0);
  for (const std::string stop : {"superpixels", "grouping", "masks"}) {
    const auto refuse = [&](std::string_view stage, std::size_t, std::size_t) {
      return stage != stop;
    };
    CHECK_THROWS_AS(s2d::find_frame_masks(scene.frames, scene.flow, {}, refuse), s2d::cancelled);
  }
}

TEST_CASE("Frame masks refuse frames, flow and options that do not fit") {
  moving_scene scene({.frames = 3});
  const auto refused = [&](const s2d::frame_masks_options& options = {}) {
    CHECK_THROWS_AS(s2d::frame_masks(scene.frames, scene.flow, options), s2d::invalid_input);
  };
  refused({.longer_side = 3});
  refused({.chunk = 20, .overlap = 10});
  refused({.chunk = 20, .overlap = std::size_t{1} << 63});  // twice that is 0
  refused({.threshold = std::numeric_limits<float>::quiet_NaN()});
  refused({.context_sigma = 0});
  refused({.appearance_mix = 2});
  refused({.motion = {.percentile = 150}});
  refused({.motion = {.small_share = 2}});
  refused({.motion = {.energy_share = -1}});
  refused({.least_of_moving = -1});
  refused({.least_energy = -1});
  refused({.rest_energy = std::numeric_limits<float>::quiet_NaN()});
  refused({.diffusion = {.iterations = -1}});
  refused({.appearance = {.cosines = 100}});
  refused({.appearance = {.stride = 0}});
  s2d::flow_field& field = scene.flow.forward[1];
  const float kept = field.v(3, 4);
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(), 1e9F}) {
    field.v(3, 4) = bad;
    refused();
  }
  field.v(3, 4) = kept;
  field.v = s2d::matrix<float>(3, 3);
  refused();
  field = scene.flow.forward[0];
  scene.frames[2] = s2d::image(96, 127);
  refused();
  scene.frames[2] = s2d::image(0, 0);
  refused();
  scene.frames.pop_back();
  refused();
}

TEST_CASE("Motion segmenter: computes flow and cuts itself and shows them") {
  moving_scene scene({.frames = 5, .box_x = 4});
  scene.append(moving_scene({.frames = 5, .camera_x = 3, .box_x = -1, .seed = 31}));
  for (std::size_t t = 5; t < 10; ++t)
    for (std::uint8_t& x : scene.frames[t].values) x = static_cast<std::uint8_t>(255 - x);
  s2d::motion_segmenter segmenter;
  const s2d::video_masks found = segmenter(scene.frames);
  CHECK(worst_overlap(found, scene.truth) > 0.7);
  REQUIRE(segmenter.cut_before().size() == 10);
  for (std::size_t t = 0; t < 10; ++t) CHECK(segmenter.cut_before()[t] == (t == 5));
  CHECK(segmenter.flow().frames() == 10);
  CHECK(segmenter.flow().forward[4].empty());
  CHECK(segmenter.flow().backward[5].empty());
  CHECK_FALSE(segmenter.flow().forward[3].empty());
  CHECK(segmenter.confidence().size() == 10);
  CHECK_FALSE(segmenter.diagnosis().nothing_moves);
  CHECK(segmenter({}).empty());
}

#ifdef S2D_TEST_PICTURES
TEST_CASE("Frame masks of a real clip overlap the truth") {
  const auto folder = support::data_folder("davis2016-240p");
  if (!folder) return;
  const std::filesystem::path clip = *folder / "JPEGImages" / "car-turn";
  if (!std::filesystem::is_directory(clip)) {
    std::cout << "SKIPPED: no folder " << clip << "\n";
    return;
  }
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(clip)) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  if (files.size() > 30) files.resize(30);
  std::vector<s2d::image> frames;
  std::vector<s2d::bit_mask> truth;
  for (const auto& file : files) {
    frames.push_back(s2d::read_image(file));
    const s2d::image marked =
        s2d::read_image(*folder / "Annotations" / "car-turn" / file.stem().concat(".png"));
    s2d::bit_mask mask(marked.height, marked.width);
    for (std::ptrdiff_t y = 0; y < marked.height; ++y)
      for (std::ptrdiff_t x = 0; x < marked.width; ++x) {
        const std::uint8_t* rgb = marked.row(y) + 3 * x;
        mask.set(y, x, (rgb[0] | rgb[1] | rgb[2]) != 0);
      }
    truth.push_back(std::move(mask));
  }
  s2d::motion_segmenter segmenter;
  const s2d::video_masks found = segmenter(frames);
  double mean = 0;
  for (std::size_t t = 0; t < truth.size(); ++t)
    mean += support::overlap(support::united(found[t], truth[t]), truth[t]);
  CHECK(mean / static_cast<double>(truth.size()) >= 0.8);
}
#endif
