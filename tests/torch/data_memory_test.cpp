#include <torch/torch.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include <s2d/torch/memory_clips.hpp>

#include "support/catch.hpp"
#include "support/folder.hpp"

namespace st = s2d::torch;
using support::message_of;

namespace {

constexpr std::ptrdiff_t picture_height = 48, picture_width = 80;

s2d::bit_mask square(std::ptrdiff_t y, std::ptrdiff_t x, std::ptrdiff_t side = 12) {
  s2d::bit_mask mask(picture_height, picture_width);
  for (std::ptrdiff_t dy = 0; dy < side; ++dy)
    for (std::ptrdiff_t dx = 0; dx < side; ++dx) mask.set(y + dy, x + dx);
  return mask;
}

/// A white square that moves to the right on noise, a gray one that rests.
std::vector<s2d::image> pictures(std::ptrdiff_t length) {
  std::vector<s2d::image> frames;
  s2d::random_stream random{1};
  for (std::ptrdiff_t t = 0; t < length; ++t) {
    s2d::image& frame = frames.emplace_back(picture_height, picture_width);
    for (auto& value : frame.values) value = static_cast<std::uint8_t>(random.below(60));
    const auto paint = [&](const s2d::bit_mask& mask, std::uint8_t value) {
      for (std::ptrdiff_t y = 0; y < picture_height; ++y)
        for (std::ptrdiff_t x = 0; x < picture_width; ++x)
          if (mask(y, x)) std::fill_n(frame.row(y) + 3 * x, 3, value);
    };
    paint(square(8, (4 + 3 * t) % 60), 255);
    paint(square(30, 50), 128);
  }
  return frames;
}

st::video_labels labels(std::ptrdiff_t length, std::string name = "squares") {
  st::video_labels made{std::move(name), picture_height, picture_width, length, {}, {}};
  st::object_labels moving{1, 1, {}}, resting{2, 1, {}};
  for (std::ptrdiff_t t = 0; t < length; t += 2)
    moving.masks.push_back({t, s2d::encode(square(8, (4 + 3 * t) % 60)), 0.5f});
  resting.masks.push_back({2, s2d::encode(square(30, 50)), 1.0f});
  made.objects = {moving, resting};
  return made;
}

st::prepared_video video(std::ptrdiff_t length = 12, std::string name = "squares") {
  const auto frames = pictures(length);
  return st::prepare_video(labels(length, std::move(name)), frames, 64, 96);
}

bool same(const st::training_clip& a, const st::training_clip& b) {
  return torch::equal(a.frames, b.frames) && torch::equal(a.masks, b.masks) &&
         torch::equal(a.weights, b.weights) && a.name == b.name;
}

}  // namespace

TEST_CASE("without changes a clip is the resized frames and masks", "[torch][data]") {
  const auto frames = pictures(12);
  const st::memory_clips source{{st::prepare_video(labels(12), frames, 32, 64)}};
  const auto clip = source.assemble(source.videos()[0], std::vector<std::ptrdiff_t>{2, 3});
  CHECK(clip.name == "squares, frames 2 3");
  CHECK(clip.frames.sizes() == torch::IntArrayRef({2, 3, 32, 64}));
  CHECK(clip.masks.sizes() == torch::IntArrayRef({2, 2, 32, 64}));
  CHECK(torch::equal(clip.weights, torch::tensor({{0.5f, 0.0f}, {1.0f, 0.0f}})));
  const auto& pixels = source.pixels();
  const auto resized = s2d::resize_area(frames[3], 32, 64);
  for (std::int64_t c = 0; c < 3; ++c) {
    const auto i = static_cast<std::size_t>(c);
    const double expected = (resized.row(7)[3 * 21 + c] - pixels.mean[i]) / pixels.deviation[i];
    CHECK(clip.frames[1][c][7][21].item<double>() == Approx(expected).margin(1e-5));
  }
  const s2d::matrix<std::uint8_t> dense = s2d::decode(s2d::encode(square(8, 10)));
  s2d::matrix<float> exact(picture_height, picture_width);
  for (std::size_t i = 0; i < dense.values.size(); ++i) exact.values[i] = dense.values[i];
  const auto soft = s2d::resize_area(std::as_const(exact).view(), 32, 64);
  double worst = 0;
  for (std::ptrdiff_t y = 0; y < 32; ++y)
    for (std::ptrdiff_t x = 0; x < 64; ++x)
      worst = std::max(worst, std::fabs(clip.masks[0][0][y][x].item<double>() -
                                        static_cast<double>(soft(y, x))));
  CHECK(worst < 0.6 / 255);
  CHECK(clip.masks.select(1, 1).sum().item<float>() == 0);
}

TEST_CASE("an object that nothing is trusted of is no instance", "[torch][data]") {
  auto untrusted = labels(12);
  for (auto& label : untrusted.objects[0].masks) label.trust = 0;
  const st::memory_clips source{{st::prepare_video(std::move(untrusted), pictures(12), 32, 64)}};
  const auto clip = source.assemble(source.videos()[0], std::vector<std::ptrdiff_t>{2, 3});
  CHECK(torch::equal(clip.weights, torch::tensor({{1.0f, 0.0f}})));
  CHECK(clip.masks.size(0) == 1);
}

TEST_CASE("normalised frames have mean 0 and deviation 1", "[torch][data]") {
  const st::memory_clips source{{video()}};
  std::vector<std::ptrdiff_t> all;
  for (std::ptrdiff_t t = 0; t < 12; ++t) all.push_back(t);
  const auto clip = source.assemble(source.videos()[0], all);
  const auto mean = clip.frames.mean({0, 2, 3}).abs().max().item<double>();
  const auto deviation = clip.frames.std({0, 2, 3});
  CHECK(mean < 1e-4);
  CHECK((deviation - 1).abs().max().item<double>() < 0.01);
  const st::memory_clips given{{video()}, st::pixel_statistics{{1, 2, 3}, {4, 5, 6}}};
  CHECK(given.pixels().deviation == std::array<double, 3>{4, 5, 6});
}

TEST_CASE("masks move with their frames", "[torch][data]") {
  // The moving square is the only thing that bright: where its mask is whole, so are the pixels.
  st::memory_clip_options options{
      .augmentation = {.gain = 0, .channel_offset = 0, .common_offset = 0}};
  const st::memory_clips source{{video()}, {{0, 0, 0}, {1, 1, 1}}, options};
  int checked = 0;
  for (std::int64_t step = 0; step < 40; ++step) {
    const auto clip = source(step, 0);
    for (std::int64_t n = 0; n < clip.masks.size(0); ++n)
      for (std::int64_t f = 0; f < 2; ++f) {
        if (clip.weights[n][f].item<float>() != 0.5f) continue;
        const auto inside = clip.frames[f][0].masked_select(clip.masks[n][f] > 0.999);
        if (inside.numel() == 0) continue;
        CHECK(inside.min().item<float>() > 250);
        ++checked;
      }
  }
  CHECK(checked > 30);
}

TEST_CASE("clips depend on seed, step and index only", "[torch][data]") {
  st::memory_clip_options options{.batch = 2, .seed = 8};
  const st::memory_clips source{{video(12, "a"), video(9, "b")}, options};
  for (const std::size_t threads : {1, 2, 4}) {
    options.threads = threads;
    const st::memory_clips other{{video(12, "a"), video(9, "b")}, options};
    for (std::int64_t step = 5; step-- > 0;)
      for (std::int64_t i = 0; i < 2; ++i) CHECK(same(source(step, i), other(step, i)));
  }
  options.seed = 9;
  const st::memory_clips other{{video(12, "a"), video(9, "b")}, options};
  CHECK_FALSE(same(source(0, 0), other(0, 0)));
  CHECK_FALSE(same(source(0, 0), source(1, 0)));
  static_assert(st::clip_source<st::memory_clips>);
}

TEST_CASE("every clip holds a mask until any frame may come first", "[torch][data]") {
  st::video_labels sparse{"sparse", picture_height, picture_width, 60, {}, {}};
  sparse.objects.push_back({1, 1, {{30, s2d::encode(square(18, 30)), 1.0f}}});
  const st::memory_clips source{{st::prepare_video(sparse, pictures(60), 64, 96)},
                                {.any_first_from = 100}};
  int without = 0;
  for (std::int64_t step = 0; step < 300; ++step) {
    const auto clip = source(step, 0);
    const bool labelled = clip.name.find(" 30") != std::string::npos;
    if (step < 100) CHECK(labelled);
    without += !labelled;
  }
  CHECK(without > 30);  // 0.3 of 200, less those whose second frame is the one with the mask
  CHECK(without < 80);
}

TEST_CASE("what leaves the picture has no weight, and no slot", "[torch][data]") {
  const st::memory_clips source{{video()}};
  st::affine_change change;
  change.map.x0 = 57;  // the moving square leaves to the left, the resting one half
  const auto clip = source.assemble(source.videos()[0], std::vector<std::ptrdiff_t>{2, 4}, change);
  REQUIRE(clip.masks.size(0) == 1);
  CHECK(torch::equal(clip.weights, torch::tensor({{1.0f, 0.0f}})));
  change.map.x0 = 96;
  const auto nothing =
      source.assemble(source.videos()[0], std::vector<std::ptrdiff_t>{2, 4}, change);
  CHECK(nothing.masks.sizes() == torch::IntArrayRef({0, 2, 64, 96}));
  CHECK(nothing.weights.sizes() == torch::IntArrayRef({0, 2}));
  const st::memory_clips all{{video()}, {.least_area = -1}};
  CHECK(all.assemble(all.videos()[0], std::vector<std::ptrdiff_t>{2, 4}, change)
            .weights.equal(torch::tensor({{0.5f, 0.5f}, {1.0f, 0.0f}})));
}

TEST_CASE("data that does not fit is named", "[torch][data]") {
  const auto frames = pictures(4);
  const auto refused = [&](const st::video_labels& with, std::span<const s2d::image> of,
                           std::ptrdiff_t h = 64) {
    return message_of<s2d::invalid_input>([&] { (void)st::prepare_video(with, of, h, 96); });
  };
  CHECK(refused(labels(5), frames) == "squares: 4 frames, but labels for 5");
  CHECK(refused(labels(4), frames, 60) ==
        "prepare_video: the training size is 60 x 96 (height x width), expected multiples of 32");
  auto other = frames;
  other[2] = s2d::image(picture_height, 81);
  CHECK(refused(labels(4), other) ==
        "squares, frame 2: the picture is 48 x 81, its labels are 48 x 80 (height x width)");
  auto named = labels(4);
  named.file_names = {"a.jpg", "b.jpg", "c.jpg", "d.jpg"};
  CHECK(refused(named, other) ==
        "squares, frame 2 (c.jpg): the picture is 48 x 81, its labels are "
        "48 x 80 (height x width)");
  CHECK(message_of<s2d::invalid_input>([] { (void)st::memory_clips{{}}; }) ==
        "clip_sampler: there is no video");
  auto unlabelled = video(4);
  unlabelled.labels.objects.clear();
  unlabelled.masks.clear();
  CHECK(message_of<s2d::invalid_input>([&] { (void)st::memory_clips{{unlabelled}}; }) ==
        "squares: no frame has a mask");
  const st::memory_clips source{{video(4)}};
  CHECK(message_of<s2d::invalid_input>([&] {
          (void)source.assemble(source.videos()[0], std::vector<std::ptrdiff_t>{4});
        }) == "squares: frame 4 of 4");
}
