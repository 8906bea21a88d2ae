#include <s2d/segment/cuts.hpp>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include <s2d/core/random.hpp>

#include "support/catch.hpp"
#include "support/data.hpp"
#if __has_include(<stb_image.h>) || __has_include(<stb/stb_image.h>)
#include <s2d/io/image.hpp>
#define S2D_TEST_PICTURES
#endif

namespace {

s2d::image textured(std::ptrdiff_t shift, int red, int green, int blue, std::ptrdiff_t period) {
  s2d::image picture(90, 160);
  for (std::ptrdiff_t y = 0; y < 90; ++y)
    for (std::ptrdiff_t x = 0; x < 160; ++x) {
      const bool on = ((x + shift) / period + y / period) % 2 == 0;
      std::uint8_t* p = picture.row(y) + 3 * x;
      p[0] = static_cast<std::uint8_t>(on ? red : red / 3);
      p[1] = static_cast<std::uint8_t>(on ? green : green / 3);
      p[2] = static_cast<std::uint8_t>(on ? blue : blue / 3);
    }
  return picture;
}

}  // namespace

TEST_CASE("A cut is found where the scene changes, and nowhere else while the camera pans") {
  std::vector<s2d::image> frames;
  for (std::ptrdiff_t t = 0; t < 6; ++t) frames.push_back(textured(4 * t, 200, 60, 40, 11));
  for (std::ptrdiff_t t = 0; t < 6; ++t) frames.push_back(textured(-3 * t, 50, 190, 230, 19));
  const std::vector<bool> cuts = s2d::find_cuts(frames);
  REQUIRE(cuts.size() == 12);
  for (std::size_t t = 0; t < 12; ++t) CHECK(cuts[t] == (t == 6));
}

TEST_CASE("Shots that fade out and in are told apart where black or white lies between") {
  for (const int ground : {0, 255}) {
    std::vector<s2d::image> frames;
    const auto add = [&](const s2d::image& picture, double share) {
      frames.push_back(picture);
      for (std::uint8_t& v : frames.back().values)
        v = static_cast<std::uint8_t>(ground + share * (v - ground));
    };
    const s2d::image first = textured(0, 200, 60, 40, 11), next = textured(0, 180, 70, 60, 19);
    for (int t = 0; t <= 50; ++t) add(first, 1 - t / 50.0);
    for (int t = 1; t <= 50; ++t) add(next, t / 50.0);
    const std::vector<bool> cuts = s2d::find_cuts(frames);
    CHECK(std::count(cuts.begin(), cuts.end(), true) == 1);
    const auto at = std::find(cuts.begin(), cuts.end(), true) - cuts.begin();
    CHECK(at > 50);
    CHECK(at <= 60);
  }
  // Of one colour, but neither black nor white: a wall, perhaps, that something enters.
  std::vector<s2d::image> wall(4, s2d::image(90, 160));
  for (s2d::image& picture : wall)
    std::fill(picture.values.begin(), picture.values.end(), std::uint8_t{128});
  for (const std::size_t t : {2u, 3u})
    for (std::ptrdiff_t y = 30; y < 50; ++y) {
      std::uint8_t* row = wall[t].row(y);
      std::fill(row + 3 * 60, row + 3 * 80, std::uint8_t{40});
    }
  CHECK(s2d::find_cuts(wall) == std::vector<bool>(4));
}

TEST_CASE("Equal frames do not change at all, black and white frames change most") {
  const s2d::image black(48, 64);
  s2d::image white(48, 64);
  std::fill(white.values.begin(), white.values.end(), std::uint8_t{255});
  const s2d::shot_signature a = s2d::make_shot_signature(black);
  const s2d::shot_signature b = s2d::make_shot_signature(white);
  const auto change = [](const auto& before, const auto& after) {
    return s2d::shot_change(s2d::compare_shots(before, after));
  };
  CHECK(change(a, a) == 0);
  CHECK(change(a, b) > 0.99F);
  CHECK(change(a, b) == change(b, a));
  const std::vector<s2d::image> frames{black, white, black};
  CHECK(s2d::find_cuts(frames) == std::vector<bool>{false, true, true});
  CHECK(s2d::find_cuts(frames, {.threshold = 1}) == std::vector<bool>{false, false, false});
}

TEST_CASE("A cut between shots of like colours is a jump, fast motion is none") {
  using difference = s2d::shot_difference;
  const difference rest{0.01F, 1}, dark{0.17F, 16};
  const auto cuts_at = [](std::vector<difference> between, float threshold = 0.21F) {
    const std::vector<bool> cuts =
        s2d::find_cuts(std::span<const difference>{between}, {.threshold = threshold});
    std::vector<std::size_t> at;
    for (std::size_t t = 0; t < cuts.size(); ++t)
      if (cuts[t]) at.push_back(t);
    return at;
  };
  using places = std::vector<std::size_t>;
  CHECK(cuts_at({{}, rest, rest, dark, rest, rest}) == places{3});
  CHECK(cuts_at({{}, rest, dark, rest, rest, rest, dark, rest}) == places{2, 6});
  // Motion that goes on, also if every other frame is repeated.
  CHECK(cuts_at({{}, rest, dark, dark, dark, rest}).empty());
  CHECK(cuts_at({{}, {}, dark, {}, dark, {}, dark, {}, dark}).empty());
  CHECK(cuts_at({{}, rest, {0.15F, 4.2F}, dark, rest}).empty());
  CHECK(cuts_at({{}, rest, {0.15F, 3.9F}, dark, rest}) == places{3});
  CHECK(cuts_at({{}, {0.15F, 4.2F}, rest, rest, rest, dark, rest}) == places{5});  // far away
  // At the ends nobody knows.
  CHECK(cuts_at({{}, dark, rest, rest}).empty());
  CHECK(cuts_at({{}, rest, rest, dark}).empty());
  CHECK(cuts_at({{}, {0.5F, 16}, rest, {0.5F, 16}}) == places{1, 3});
  // A blink of light changes colours, not blocks; half of the threshold is needed.
  CHECK(cuts_at({{}, rest, {0.6F, 3}, rest, rest}).empty());
  CHECK(cuts_at({{}, rest, {0.12F, 16}, rest, rest}).empty());
  CHECK(cuts_at({{}, rest, dark, rest, rest}, 0.3F).empty());
  CHECK(cuts_at({}).empty());
}

TEST_CASE("Cuts: frames of any size, no frame, one frame, frames of different sizes") {
  CHECK(s2d::find_cuts(std::span<const s2d::image>{}).empty());
  for (const auto& [h, w] : {std::pair{1, 1}, {1, 300}, {500, 2}, {54, 54}}) {
    const std::vector<s2d::image> frames(2, s2d::image(h, w));
    CHECK(s2d::find_cuts(frames) == std::vector<bool>{false, false});
  }
  CHECK(s2d::find_cuts(std::vector<s2d::image>(1, s2d::image(4, 4))) == std::vector<bool>{false});
  const std::vector<s2d::image> unequal = {s2d::image(4, 4), s2d::image(4, 5)};
  CHECK_THROWS_AS(s2d::find_cuts(unequal), s2d::invalid_input);
}

TEST_CASE("Cuts are the same for any number of threads", "[threads]") {
  std::vector<s2d::image> frames;
  s2d::random_stream random(1);
  for (int t = 0; t < 20; ++t)
    frames.push_back(textured(t, static_cast<int>(random.below(256)),
                              static_cast<int>(random.below(256)),
                              static_cast<int>(random.below(256)), 9));
  CHECK(s2d::find_cuts(frames, {.threads = 1}) == s2d::find_cuts(frames, {.threads = 3}));
}

#ifdef S2D_TEST_PICTURES
TEST_CASE("Cuts between real clips joined to one are found, none within them") {
  const auto folder = support::data_folder("davis2016-240p/JPEGImages");
  if (!folder) return;
  std::vector<std::filesystem::path> clips;
  for (const auto& entry : std::filesystem::directory_iterator(*folder))
    if (entry.is_directory()) clips.push_back(entry.path());
  std::sort(clips.begin(), clips.end());
  std::vector<s2d::image> frames;
  std::vector<bool> truth;
  for (const auto& clip : clips) {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(clip))
      files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    std::vector<s2d::image> part;
    for (std::size_t i = 0; i < files.size() && i < 5; ++i)
      part.push_back(s2d::read_image(files[i]));
    if (part.empty() || (!frames.empty() &&
                         (part[0].height != frames[0].height || part[0].width != frames[0].width)))
      continue;
    for (std::size_t i = 0; i < part.size(); ++i) {
      truth.push_back(i == 0 && !frames.empty());
      frames.push_back(std::move(part[i]));
    }
  }
  CHECK(s2d::find_cuts(frames) == truth);
}
#endif
