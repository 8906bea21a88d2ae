#include <s2d/io/mask_files.hpp>

#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include <s2d/io/atomic_file.hpp>
#include <s2d/io/image.hpp>
#include <s2d/io/npy.hpp>
#include <s2d/io/npy_features.hpp>

#include "support/catch.hpp"
#include "support/folder.hpp"

static_assert(s2d::frame_segmenter<s2d::file_segmenter>);
static_assert(s2d::feature_source<s2d::stored_features>);

namespace {

namespace fs = std::filesystem;

// A folder of its own that is removed at the end.
s2d::matrix<std::uint8_t> two_ids() {
  s2d::matrix<std::uint8_t> ids(4, 5);
  ids(0, 0) = ids(0, 1) = 3;
  ids(2, 2) = ids(3, 4) = 7;
  return ids;
}

std::vector<s2d::image> frames_of(std::size_t n, std::ptrdiff_t height = 4,
                                  std::ptrdiff_t width = 5) {
  return std::vector<s2d::image>(n, s2d::image(height, width));
}

s2d::bit_mask mask_at(std::ptrdiff_t y, std::ptrdiff_t x) {
  s2d::bit_mask mask(4, 5);
  mask.set(y, x);
  return mask;
}

}  // namespace

TEST_CASE("every id of a palette file is a mask, ids ascending", "[mask_files]") {
  const support::temporary_folder folder;
  s2d::write_palette_png(folder / "b.png", two_ids());
  s2d::write_palette_png(folder / "a.png", s2d::matrix<std::uint8_t>(4, 5));
  const auto masks = s2d::file_segmenter(folder.path(), {"b", "a"})(frames_of(2));
  REQUIRE(masks.size() == 2);
  REQUIRE(masks[0].size() == 2);
  CHECK(masks[1].empty());
  for (std::ptrdiff_t y = 0; y < 4; ++y)
    for (std::ptrdiff_t x = 0; x < 5; ++x) {
      CHECK(masks[0][0].mask(y, x) == (two_ids()(y, x) == 3));
      CHECK(masks[0][1].mask(y, x) == (two_ids()(y, x) == 7));
    }
  CHECK(masks[0][0].confidence == 1);
}

TEST_CASE("colours of an RGB file are ranked by red, green, blue", "[mask_files]") {
  const support::temporary_folder folder;
  s2d::image picture(4, 5);
  const auto paint = [&](std::ptrdiff_t y, std::ptrdiff_t x, int r, int g, int b) {
    picture.row(y)[3 * x] = static_cast<std::uint8_t>(r);
    picture.row(y)[3 * x + 1] = static_cast<std::uint8_t>(g);
    picture.row(y)[3 * x + 2] = static_cast<std::uint8_t>(b);
  };
  paint(1, 1, 200, 0, 0);
  paint(2, 3, 10, 250, 250);
  paint(3, 3, 10, 250, 251);
  s2d::write_png(folder / "frame 1.png", picture);
  const auto masks = s2d::file_segmenter(folder.path(), {"frame 1"})(frames_of(1));
  REQUIRE(masks[0].size() == 3);
  CHECK(masks[0][0].mask == mask_at(2, 3));
  CHECK(masks[0][1].mask == mask_at(3, 3));
  CHECK(masks[0][2].mask == mask_at(1, 1));
}

TEST_CASE("a missing file is an error, or an empty frame that keeps its place", "[mask_files]") {
  const support::temporary_folder folder;
  s2d::write_palette_png(folder / "2.png", two_ids());
  const std::vector<std::string> names{"1", "2"};
  CHECK_THROWS_WITH(s2d::read_mask_folder(folder.path(), names, 4, 5), Catch::Contains("1.png"));
  // What is said of damaged files does not count for missing ones.
  CHECK_THROWS_AS(
      s2d::read_mask_folder(folder.path(), names, 4, 5, {.unreadable = s2d::mask_gap::empty}),
      s2d::io_error);
  const auto masks =
      s2d::read_mask_folder(folder.path(), names, 4, 5, {.missing = s2d::mask_gap::empty});
  CHECK(masks[0].empty());
  CHECK(masks[1].size() == 2);
}

TEST_CASE("a damaged file is an error, or an empty frame that keeps its place", "[mask_files]") {
  const support::temporary_folder folder;
  s2d::write_palette_png(folder / "2.png", two_ids());
  s2d::write_file(folder / "1.png", std::string_view{"no picture"});
  const std::vector<std::string> names{"1", "2"};
  CHECK_THROWS_WITH(s2d::read_mask_folder(folder.path(), names, 4, 5), Catch::Contains("1.png"));
  const auto masks =
      s2d::read_mask_folder(folder.path(), names, 4, 5, {.unreadable = s2d::mask_gap::empty});
  CHECK(masks[0].empty());
  CHECK(masks[1].size() == 2);
}

TEST_CASE("a mask of another size than the frames names both sizes", "[mask_files]") {
  const support::temporary_folder folder;
  s2d::write_palette_png(folder / "1.png", two_ids());
  CHECK_THROWS_WITH(
      s2d::file_segmenter(folder.path(), {"1"})(frames_of(1, 8, 10)),
      Catch::Contains("1.png") && Catch::Contains("4 x 5") && Catch::Contains("8 x 10"));
  CHECK_THROWS_AS(s2d::file_segmenter(folder.path(), {"1"})(frames_of(2)), s2d::invalid_input);
  CHECK_THROWS_AS(s2d::file_segmenter(folder / "none", {"1"})(frames_of(1)), s2d::io_error);
}

TEST_CASE("a YouTube-VIS file is paired by name, else by number", "[mask_files]") {
  const support::temporary_folder folder;
  s2d::ytvis_data data;
  data.videos.push_back({});
  s2d::ytvis_video& video = data.videos[0];
  video.height = 4;
  video.width = 5;
  video.length = 3;
  video.file_names = {"clip/c.jpg", "clip/a.jpg", "clip/b.jpg"};
  s2d::ytvis_annotation one;
  one.height = 4;
  one.width = 5;
  one.length = 3;
  one.score = 0.25;
  one.segments.push_back(s2d::make_segment(1, s2d::encode(mask_at(1, 1))));
  one.segments.push_back(s2d::make_segment(2, s2d::encode(mask_at(2, 2))));
  data.annotations = {one};
  one.id = 2;
  one.score.reset();
  one.segments = {s2d::make_segment(2, s2d::encode(mask_at(3, 3)))};
  data.annotations.push_back(one);
  const fs::path file = folder / "masks.json";
  s2d::write_ytvis(file, data);

  const auto masks = s2d::file_segmenter(file, {"a", "b", "c"})(frames_of(3));
  REQUIRE(masks[0].size() == 1);
  CHECK(masks[0][0].mask == mask_at(1, 1));
  CHECK(masks[0][0].confidence == 0.25f);
  REQUIRE(masks[1].size() == 2);
  CHECK(masks[1][0].mask == mask_at(2, 2));
  CHECK(masks[1][1].mask == mask_at(3, 3));
  CHECK(masks[1][1].confidence == 1);
  CHECK(masks[2].empty());

  CHECK_THROWS_WITH(s2d::file_segmenter(file, {"a", "d"})(frames_of(2)), Catch::Contains("d"));
  CHECK(s2d::file_segmenter(file, {"a", "d"}, {.missing = s2d::mask_gap::empty})(frames_of(2))[1]
            .empty());
  CHECK_THROWS_WITH(s2d::file_segmenter(file, {"a"})(frames_of(1, 5, 5)), Catch::Contains("4 x 5"));

  data.videos[0].file_names.clear();
  const std::vector<std::string> names{"x", "y", "z"};
  CHECK(s2d::masks_of(data, names, 4, 5)[2].size() == 2);
  CHECK_THROWS_AS(s2d::masks_of(data, std::span{names}.first(2), 4, 5), s2d::invalid_input);
}

TEST_CASE("of several videos the one of the given name is read", "[mask_files]") {
  s2d::ytvis_data data;
  for (const char* name : {"first", "second"}) {
    s2d::ytvis_video video;
    video.id = std::ssize(data.videos) + 1;
    video.length = 1;
    video.file_names = {std::string{name} + "/0.jpg"};
    data.videos.push_back(video);
    s2d::ytvis_annotation one;
    one.video_id = video.id;
    one.segments.push_back(s2d::make_segment(0, s2d::encode(mask_at(0, video.id))));
    data.annotations.push_back(one);
  }
  const std::vector<std::string> names{"0"};
  s2d::mask_file_options options;
  options.video = "second";
  CHECK(s2d::masks_of(data, names, 4, 5, options)[0][0].mask == mask_at(0, 2));
  CHECK_THROWS_WITH(s2d::masks_of(data, names, 4, 5), Catch::Contains("several"));
  options.video = "third";
  CHECK_THROWS_WITH(s2d::masks_of(data, names, 4, 5, options), Catch::Contains("third"));
}

TEST_CASE("a COCO file is paired by name", "[mask_files]") {
  const support::temporary_folder folder;
  s2d::coco_data data;
  for (const char* name : {"b.jpg", "a.jpg", "other.jpg"}) {
    s2d::coco_image one;
    one.id = 10 + std::ssize(data.images);
    one.height = 4;
    one.width = 5;
    one.file_name = name;
    data.images.push_back(one);
  }
  data.annotations.push_back(s2d::make_annotation(1, 11, s2d::encode(mask_at(1, 2))));
  data.annotations.push_back(s2d::make_annotation(2, 10, s2d::encode(mask_at(2, 2))));
  data.annotations.back().score = 0.5;
  data.annotations.push_back(s2d::make_annotation(3, 12, s2d::encode(mask_at(3, 2))));
  const fs::path file = folder / "coco.json";
  s2d::write_coco(file, data);
  const auto masks = s2d::file_segmenter(file, {"a", "b"})(frames_of(2));
  REQUIRE(masks[0].size() == 1);
  CHECK(masks[0][0].mask == mask_at(1, 2));
  REQUIRE(masks[1].size() == 1);
  CHECK(masks[1][0].confidence == 0.5f);
  CHECK_THROWS_WITH(s2d::file_segmenter(file, {"z"})(frames_of(1)), Catch::Contains("z"));
  // Frames of two videos with the same names: the folder decides.
  data.images[2].file_name = "second/a.jpg";
  s2d::write_coco(file, data);
  CHECK_THROWS_WITH(s2d::file_segmenter(file, {"a"})(frames_of(1)),
                    Catch::Contains("two images have the name a"));
  CHECK(s2d::file_segmenter(file, {"a"}, {.video = "second"})(frames_of(1))[0][0].mask ==
        mask_at(3, 2));
}

TEST_CASE("features of a video are read frame by frame", "[mask_files][npy]") {
  const support::temporary_folder folder;
  std::vector<float> values(2 * 3 * 4 * 5);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i);
  const fs::path file = folder / "features.npy";
  s2d::write_npy<float>(file, values, std::vector<std::ptrdiff_t>{2, 3, 4, 5});
  const auto features = s2d::read_npy_features(file);
  REQUIRE(features.grids.size() == 2);
  CHECK(features(1).height == 3);
  CHECK(features(1).width == 4);
  CHECK(features(1).cell(7)[2] == 60 + 7 * 5 + 2);
  values[70] = NAN;
  s2d::write_npy<float>(file, values, std::vector<std::ptrdiff_t>{2, 3, 4, 5});
  CHECK_THROWS_WITH(s2d::read_npy_features(file), Catch::Contains("value 10 of frame 1"));
  s2d::write_npy<float>(file, values, std::vector<std::ptrdiff_t>{6, 4, 5});
  CHECK_THROWS_WITH(s2d::read_npy_features(file), Catch::Contains("expected 4"));
  s2d::write_npy<float>(file, std::span<const float>{},
                        std::vector<std::ptrdiff_t>{std::ptrdiff_t{1} << 40, 0, 4, 4});
  CHECK_THROWS_WITH(s2d::read_npy_features(file), Catch::Contains("extent of 0"));
}
