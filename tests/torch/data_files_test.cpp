#include <torch/torch.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <s2d/io/image.hpp>
#include <s2d/io/ytvis.hpp>
#include <s2d/torch/clip_loader.hpp>
#include <s2d/torch/memory_clips.hpp>
#include <s2d/torch/official_clips.hpp>
#include <s2d/torch/training_video.hpp>

#include "support/catch.hpp"
#include "support/data.hpp"
#include "support/folder.hpp"

namespace st = s2d::torch;
using support::message_of;

namespace {

s2d::rle block(std::ptrdiff_t height, std::ptrdiff_t width, std::ptrdiff_t y, std::ptrdiff_t x,
               std::ptrdiff_t side) {
  s2d::bit_mask mask(height, width);
  for (std::ptrdiff_t dy = 0; dy < side; ++dy)
    for (std::ptrdiff_t dx = 0; dx < side; ++dx) mask.set(y + dy, x + dx);
  return s2d::encode(mask);
}

s2d::image noisy_image(std::ptrdiff_t height, std::ptrdiff_t width, std::uint64_t seed) {
  s2d::image picture(height, width);
  s2d::random_stream random{seed};
  for (auto& value : picture.values) value = static_cast<std::uint8_t>(random.below(256));
  return picture;
}

st::training_video lying(std::ptrdiff_t height, std::ptrdiff_t width, std::string name) {
  st::video_labels labels{std::move(name), height, width, 6, {}, {}};
  st::object_labels object{1, 1, {}};
  std::vector<s2d::image> frames;
  for (std::ptrdiff_t t = 0; t < 6; ++t) {
    object.masks.push_back({t, block(height, width, 10 + t, 12, 20), 0.5f});
    frames.push_back(noisy_image(height, width, static_cast<std::uint64_t>(t)));
  }
  labels.objects = {object};
  return st::with_frames(std::move(labels), std::move(frames));
}

st::official_augmentation small_crops() {
  st::official_augmentation limits;
  limits.least_crop = 40;
  limits.greatest_crop = 60;
  limits.short_sides = {36, 48};
  limits.longest_side = 80;
  return limits;
}

}  // namespace

TEST_CASE("YouTube-VIS files become labels", "[torch][data]") {
  s2d::ytvis_data data;
  data.videos.push_back({7, 8, 10, 3, {"cat/a.jpg", "cat/b.jpg", "cat/c.jpg"}});
  data.videos.push_back({9, 8, 10, 2, {}});
  s2d::ytvis_annotation one;
  one.id = 4;
  one.video_id = 7;
  one.height = 8;
  one.width = 10;
  one.length = 3;
  one.segments = {s2d::make_segment(0, block(8, 10, 1, 1, 3)),
                  s2d::make_segment(2, block(8, 10, 2, 1, 3))};
  one.segments[1].coherence = 0.25;
  one.score = 0.75;
  data.annotations.push_back(one);
  auto crowd = one;
  crowd.id = 5;
  crowd.iscrowd = true;
  data.annotations.push_back(crowd);
  data.categories.push_back({});

  const support::temporary_folder folder;
  s2d::write_ytvis(folder / "labels.json", data);
  auto videos = st::read_labels(folder / "labels.json", {.weight = st::label_weight::trust});
  REQUIRE(videos.size() == 2);
  CHECK(videos[0].name == "cat");
  CHECK(videos[1].name == "video 9");
  REQUIRE(videos[0].objects.size() == 1);
  REQUIRE(videos[0].objects[0].masks.size() == 2);
  CHECK(videos[0].objects[0].score == 0.75f);
  CHECK(videos[0].objects[0].masks[0].trust == 0.75f);  // the object's, as it has none of its own
  CHECK(videos[0].objects[0].masks[1].trust == 0.25f);
  CHECK(st::drop_unlabelled(videos) == 1);

  data.annotations[0].video_id = 8;
  CHECK(message_of<s2d::invalid_input>([&] { (void)st::to_labels(data); }) ==
        "YTVIS: annotation 4 belongs to video 8, which is not in the file");
  data.annotations[0].video_id = 9;
  CHECK(message_of<s2d::invalid_input>([&] { (void)st::to_labels(data); }) ==
        "video 9, object 4: a mask of frame 2, expected 1 to 1, ascending");
  data.annotations.clear();
  data.videos[1].id = 7;
  CHECK(message_of<s2d::invalid_input>([&] { (void)st::to_labels(data); }) ==
        "YTVIS: two videos have the id 7");
}

TEST_CASE("frames are found by name, without their folder, or in natural order", "[torch][data]") {
  const support::temporary_folder folder;
  std::filesystem::create_directory(folder / "cat");
  std::vector<s2d::image> pictures;
  for (int t = 0; t < 3; ++t) {
    pictures.push_back(noisy_image(8, 10, static_cast<std::uint64_t>(t)));
    s2d::write_png(folder / "cat" / ("f" + std::to_string(9 + t) + ".png"), pictures.back());
  }
  st::video_labels labels{"cat", 8, 10, 3, {"cat/f9.png", "cat/f10.png", "cat/f11.png"}, {}};
  for (const auto& root : {folder.path(), folder / "cat"}) {
    const auto video = st::with_frames(labels, root);
    for (std::ptrdiff_t t = 0; t < 3; ++t)
      CHECK(video.frame(t) == pictures[static_cast<std::size_t>(t)]);
  }
  auto unnamed = labels;
  unnamed.file_names.clear();
  CHECK(st::with_frames(unnamed, folder / "cat").frame(1) == pictures[1]);

  labels.file_names[1] = "cat/lost.png";
  CHECK(message_of<s2d::invalid_input>([&] { (void)st::with_frames(labels, folder.path()); }) ==
        "cat: 1 of 3 frames are missing, the first is " + (folder / "cat/lost.png").string());
  unnamed.length = 4;
  CHECK(message_of<s2d::invalid_input>([&] { (void)st::with_frames(unnamed, folder / "cat"); }) ==
        "cat: " + (folder / "cat").string() + " holds 3 pictures, the labels are for 4 frames");
  CHECK(message_of<s2d::invalid_input>([&] { (void)st::with_frames(unnamed, pictures); }) ==
        "cat: 3 frames, but labels for 4");
}

TEST_CASE("drawn official changes stay within their limits", "[torch][data]") {
  s2d::random_stream random{1};
  auto limits = small_crops();
  int mirrored = 0, low = 0;
  constexpr int n = 2000;
  for (int i = 0; i < n; ++i) {
    limits.per_frame = i % 2 == 0;
    const auto changes = st::draw_changes(limits, 50, 90, 3, random);
    REQUIRE(changes.size() == 3);
    for (const auto& c : changes) {
      REQUIRE(c.crop_height >= 40);
      REQUIRE(c.crop_height <= 50);
      REQUIRE(c.crop_width >= 40);
      REQUIRE(c.crop_width <= 60);
      REQUIRE(c.top + c.crop_height <= 50);
      REQUIRE(c.left + c.crop_width <= 90);
      REQUIRE((std::min(c.height, c.width) == 36 || std::min(c.height, c.width) == 48 ||
               std::max(c.height, c.width) == 80));
      REQUIRE(c.mirrored == changes[0].mirrored);
      REQUIRE(std::fabs(c.brightness - 1) <= 0.1);
      REQUIRE(std::fabs(c.contrast - 1) <= 0.1);
      REQUIRE(std::fabs(c.angle) <= 15);
      REQUIRE(std::fabs(c.centre_x - 0.5) <= 0.1);
    }
    if (limits.per_frame)
      CHECK_FALSE(changes[0] == changes[1]);
    else
      CHECK(changes[0] == changes[2]);
    mirrored += changes[0].mirrored;
    low += std::min(changes[0].height, changes[0].width) == 36;
  }
  CHECK(std::abs(mirrored - n / 2) < 100);
  CHECK(std::abs(low - n / 2) < 110);
  limits.short_sides = {};
  CHECK(message_of<s2d::invalid_input>([&] { (void)st::draw_changes(limits, 9, 9, 1, random); }) ==
        "official_augmentation: a short side and a positive longest side are needed");
}

TEST_CASE("crop, mirror and tone are what their definitions say", "[torch][data]") {
  const auto picture = noisy_image(50, 70, 4);
  st::official_change c;
  c.top = 5;
  c.left = 9;
  c.crop_height = c.height = 32;
  c.crop_width = c.width = 40;
  c.mirrored = true;
  c.brightness = 1.08;
  c.contrast = 0.93;
  const auto clip = torch::full({1, 3, 64, 64}, 9.0f);
  st::apply_change(picture, c, {10, 20, 30}, {2, 4, 8}, st::detail::channel_planes(clip, 0));
  double mean = 0;
  const auto bright = [&](std::ptrdiff_t y, std::ptrdiff_t x, std::ptrdiff_t k) {
    return std::floor(std::min(255.0, 1.08 * picture.row(5 + y)[3 * (9 + x) + k]));
  };
  for (std::ptrdiff_t y = 0; y < 32; ++y)
    for (std::ptrdiff_t x = 0; x < 40; ++x)
      for (std::ptrdiff_t k = 0; k < 3; ++k) mean += bright(y, x, k) / (32 * 40 * 3);
  const double means[] = {10, 20, 30}, deviations[] = {2, 4, 8};
  const auto values = clip.accessor<float, 4>();
  double worst = 0;
  for (std::ptrdiff_t k = 0; k < 3; ++k)
    for (std::ptrdiff_t y = 0; y < 64; ++y)
      for (std::ptrdiff_t x = 0; x < 64; ++x) {
        double expected = 0;
        if (y < 32 && x < 40) {
          const double v =
              std::floor(std::clamp(0.93 * bright(y, 39 - x, k) + 0.07 * mean, 0.0, 255.0));
          expected = (v - means[k]) / deviations[k];
        }
        worst = std::max(worst, std::fabs(expected - static_cast<double>(values[0][k][y][x])));
      }
  CHECK(worst < 1e-3);
}

TEST_CASE("rotation turns picture and mask alike, against the clock", "[torch][data]") {
  s2d::image picture(64, 64);
  s2d::bit_mask mask(64, 64);
  for (std::ptrdiff_t y = 0; y < 64; ++y)
    for (std::ptrdiff_t x = 0; x < 64; ++x)
      if (y > 28 && y < 36 && x > 40 && x < 60) {  // a bar to the right of the centre
        mask.set(y, x);
        std::fill_n(picture.row(y) + 3 * x, 3, std::uint8_t{200});
      }
  st::official_change c;
  c.crop_height = c.crop_width = c.height = c.width = 64;
  c.angle = 90;
  const auto frames = torch::empty({1, 3, 64, 64});
  st::apply_change(picture, c, {0, 0, 0}, {1, 1, 1}, st::detail::channel_planes(frames, 0));
  s2d::matrix<float> turned(64, 64, 5.0f);
  st::apply_change(s2d::encode(mask), c, turned.view());
  double top = 0, bottom = 0, difference = 0;
  for (std::ptrdiff_t y = 0; y < 64; ++y)
    for (std::ptrdiff_t x = 0; x < 64; ++x) {
      (y < 32 ? top : bottom) += static_cast<double>(turned(y, x));
      difference +=
          std::fabs(static_cast<double>(200 * turned(y, x)) - frames[0][1][y][x].item<double>());
    }
  CHECK(top == 7 * 19);
  CHECK(bottom == 0);
  CHECK(difference < 1);
  CHECK(frames.min().item<float>() == 0);
}

TEST_CASE("a nearest mask follows its enlarged picture", "[torch][data]") {
  st::official_change c;
  c.top = 2;
  c.left = 4;
  c.crop_height = 10;
  c.crop_width = 12;
  c.height = 25;
  c.width = 30;
  s2d::matrix<float> out(32, 32, 7.0f);
  st::apply_change(block(16, 20, 5, 9, 4), c, out.view());
  for (std::ptrdiff_t y = 0; y < 32; ++y)
    for (std::ptrdiff_t x = 0; x < 32; ++x) {
      const double sy = 2 + std::floor((static_cast<double>(y) + 0.5) * 10 / 25);
      const double sx = 4 + std::floor((static_cast<double>(x) + 0.5) * 12 / 30);
      const bool inside = y < 25 && x < 30 && sy >= 5 && sy < 9 && sx >= 9 && sx < 13;
      CHECK(out(y, x) == (inside ? 1.0f : 0.0f));
    }
}

TEST_CASE("official clips are padded, labelled and the same for any threads", "[torch][data]") {
  st::official_clip_options options;
  options.augmentation = small_crops();
  options.batch = 2;
  for (const bool per_frame : {false, true}) {
    options.augmentation.per_frame = per_frame;
    options.threads = 1;
    const std::vector<st::training_video> videos{lying(50, 90, "a"), lying(90, 50, "b"),
                                                 lying(60, 100, "c")};
    const st::official_clips source{videos, options};
    static_assert(st::clip_source<st::official_clips>);
    for (const std::size_t threads : {2, 4}) {
      options.threads = threads;
      const st::official_clips other{videos, options};
      st::clip_loader loader{other, {.steps = 6, .batch = 2, .threads = threads}};
      for (std::int64_t step = 0; step < 6; ++step) {
        std::string group;
        for (std::int64_t i = 0; i < 2; ++i) {
          const auto clip = source(step, i);
          CHECK(clip.frames.size(0) == 3);
          CHECK(clip.frames.size(2) % 32 == 0);
          CHECK(clip.frames.size(3) % 32 == 0);
          CHECK(clip.masks.size(0) <= 1);
          CHECK(((clip.weights == 0) | (clip.weights == 0.5)).all().item<bool>());
          CHECK(((clip.masks == 0) | (clip.masks == 1)).all().item<bool>());
          const std::string kind = clip.name[0] == 'b' ? "standing" : "lying";
          CHECK((group.empty() || group == kind));
          group = kind;
          const auto loaded = loader.next();
          REQUIRE(loaded.has_value());
          CHECK(loaded->name == clip.name);
          CHECK(torch::equal(loaded->frames, clip.frames));
          CHECK(torch::equal(loaded->masks, clip.masks));
          CHECK(torch::equal(loaded->weights, clip.weights));
        }
      }
    }
  }
}

TEST_CASE("a frame that cannot be read names its clip", "[torch][data]") {
  auto video = lying(50, 90, "cat");
  st::official_clip_options options;
  options.batch = 1;
  options.choice.frames = 6;
  video.frame = [](std::ptrdiff_t) -> s2d::image { throw s2d::io_error{"f.jpg: cannot open"}; };
  const auto refused = [&] { (void)st::official_clips({video}, options)(3, 0); };
  CHECK(message_of<s2d::io_error>(refused) == "cat, frames 0 1 2 3 4 5: f.jpg: cannot open");
  video.frame = [](std::ptrdiff_t) { return s2d::image(50, 91); };
  CHECK(message_of<s2d::invalid_input>(refused) ==
        "cat, frames 0 1 2 3 4 5: frame 0 is 50 x 91, its labels are 50 x 90 (height x width)");
  video.frame = nullptr;
  CHECK(message_of<s2d::invalid_input>(refused) == "cat: there is nothing to read frames with");
  video.labels.objects.clear();
  CHECK(message_of<s2d::invalid_input>(refused) == "cat: no frame has a mask");
  CHECK(message_of<s2d::invalid_input>([] { (void)st::official_clips({}); }) ==
        "clip_sampler: there is no video");
}

TEST_CASE("real video: folder and labels become clips", "[torch][data]") {
  const auto data = support::data_folder("davis2016-240p");
  if (!data) return;
  const auto frames = *data / "JPEGImages" / "blackswan";
  REQUIRE(std::filesystem::is_directory(frames));
  const auto pictures = s2d::read_frames(frames);
  const auto length = static_cast<std::ptrdiff_t>(pictures.size());
  st::video_labels labels{"blackswan", pictures[0].height, pictures[0].width, length, {}, {}};
  st::object_labels object{1, 1, {}};
  for (std::ptrdiff_t t = 0; t < length; t += 3)
    object.masks.push_back({t, block(labels.height, labels.width, 60, 100, 90), 1.0f});
  labels.objects = {object};
  const auto video = st::with_frames(labels, frames);
  const st::memory_clips source{{st::prepare_video(labels, video.frame, 224, 384)}};
  const auto clip = source(0, 0);
  CHECK(clip.frames.sizes() == torch::IntArrayRef({2, 3, 224, 384}));
  CHECK(clip.frames.isfinite().all().item<bool>());
  CHECK(clip.frames.abs().max().item<float>() < 10);
}
