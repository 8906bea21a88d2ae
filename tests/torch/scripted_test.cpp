#include <torch/torch.h>

#include <s2d/torch/scripted_models.hpp>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <s2d/flow/estimator.hpp>
#include <s2d/segment/feature_segmenter.hpp>

#include "support/catch.hpp"
#include "support/folder.hpp"

namespace {

namespace st = s2d::torch;

static_assert(s2d::feature_extractor<st::scripted_features>);
static_assert(s2d::flow_estimator<st::scripted_flow>);
static_assert(s2d::point_tracker<st::scripted_tracker>);
static_assert(s2d::frame_segmenter<st::scripted_segmenter>);

/// Written by make_scripted.py.
st::scripted_module module_of(const char* name) {
  return st::scripted_module{std::filesystem::path{"tests/torch/scripted"} / name};
}

/// Black, with a block of 16 x 16 in one colour channel.
s2d::image with_block(std::ptrdiff_t top, std::ptrdiff_t left, std::ptrdiff_t channel) {
  s2d::image picture(48, 64);
  for (std::ptrdiff_t y = top; y < top + 16; ++y)
    for (std::ptrdiff_t x = left; x < left + 16; ++x) picture.row(y)[3 * x + channel] = 255;
  return picture;
}

}  // namespace

TEST_CASE("a picture becomes the tensor that a module was trained with", "[torch]") {
  s2d::image picture(2, 4);
  for (std::size_t i = 0; i < picture.values.size(); ++i)
    picture.values[i] = static_cast<std::uint8_t>(10 * i);
  const auto plain = st::to_input(picture, st::picture_input::bytes());
  CHECK(plain.sizes() == torch::IntArrayRef{1, 3, 2, 4});
  CHECK(plain[0][1][1][2].item<float>() == 190);  // row 1, column 2, green: byte 19
  const auto wide = st::to_input(picture, st::picture_input::imagenet(4, 8));
  CHECK(wide.sizes() == torch::IntArrayRef{1, 3, 4, 8});
  CHECK(wide[0][0][0][0].item<float>() == Approx((0 / 255.0 - 0.485) / 0.229));
  auto corners = st::picture_input::bytes(2, 7);
  corners.align_corners = true;
  // Columns at 0, 0.5, 1, ... of the picture.
  CHECK(st::to_input(picture, corners)[0][0][0][1].item<float>() == Approx(15));
  CHECK_THROWS_AS(st::to_input(s2d::image{}, {}), s2d::invalid_input);
  CHECK_THROWS_AS(st::to_input(picture, st::picture_input::bytes(3, 0)), s2d::invalid_input);
}

TEST_CASE("a scripted module gives features, and they are cut", "[torch]") {
  st::scripted_features features{module_of("features.pt")};
  const s2d::image picture = with_block(16, 24, 0);
  const s2d::feature_grid grid = features(picture);
  CHECK(grid.height == 6);
  CHECK(grid.width == 8);
  CHECK(grid.channels == 4);
  CHECK(grid.cell(2 * 8 + 3)[0] == Approx(1));
  CHECK(grid.cell(2 * 8 + 3)[3] == Approx(2));
  CHECK(grid.cell(0)[0] == Approx(0));
  const std::vector<s2d::image> frames(2, picture);
  const auto masks = s2d::normalized_cut_masks(frames, features);
  REQUIRE(masks.size() == 2);
  REQUIRE(masks[0].size() >= 1);
  CHECK(masks[0][0].mask(24, 32));
}

TEST_CASE("a scripted module estimates the flow of a video", "[torch]") {
  st::scripted_flow flow{module_of("flow.pt")};
  const std::vector<s2d::image> frames{with_block(10, 20, 1), with_block(13, 25, 1)};
  const auto field = flow(frames[0], frames[1]);
  CHECK(field.height() == 48);
  CHECK(field.u(5, 7) == Approx(5));
  CHECK(field.v(5, 7) == Approx(3));
  s2d::video_flow_options options;
  options.longer_side = 0;
  const auto both = s2d::estimate_video_flow(frames, flow, options);
  CHECK(both.forward[0].u(0, 0) == Approx(5));
  CHECK(both.backward[1].v(0, 0) == Approx(-3));
}

TEST_CASE("a scripted module follows points forwards, and backwards on the reversed video",
          "[torch]") {
  const std::vector<s2d::image> frames(5, with_block(10, 20, 2));
  st::scripted_tracker tracker{module_of("tracker.pt"), frames};
  const std::vector<s2d::point> points{{10, 20}, {62.5F, 5}};
  const auto tracks = tracker({.points = points, .frame = 2});
  REQUIRE(tracks.frames == 5);
  REQUIRE(tracks.points == 2);
  // One pixel of 512 a frame is 63 / 511 of 64.
  const float step = 63.0F / 511;
  for (int t = 0; t < 5; ++t) {
    const float since = static_cast<float>(t < 2 ? 2 - t : t - 2);
    CHECK(tracks.positions(t)[0].x == Approx(10 + since * step).margin(1e-4));
    CHECK(tracks.positions(t)[0].y == Approx(20).margin(1e-4));
    CHECK(tracks.visibility(t)[0] == 1);
  }
  CHECK(tracks.positions(2)[0].x == 10);
  // 62.5 is column 507 of 511: four steps on it is still there.
  CHECK(tracks.visibility(4)[1] == 1);
  const auto forward = tracker({.points = points, .frame = 2, .backward = false});
  CHECK(forward.visibility(0)[0] == 0);
  CHECK(forward.visibility(2)[0] == 1);
  CHECK(tracker({.points = {}, .frame = 1}).points == 0);
  CHECK_THROWS_AS(tracker({.points = points, .frame = 5}), s2d::invalid_input);
  CHECK_THROWS_AS((st::scripted_tracker{module_of("tracker.pt"), {}}), s2d::invalid_input);
}

TEST_CASE("a scripted module finds masks, the best first", "[torch]") {
  st::scripted_segmenter segmenter{module_of("segmenter.pt")};
  std::vector<s2d::image> frames{with_block(16, 24, 0), with_block(0, 0, 2)};
  for (std::ptrdiff_t x = 40; x < 56; ++x)
    for (std::ptrdiff_t y = 16; y < 32; ++y) frames[0].row(y)[3 * x + 1] = 255;
  const auto masks = s2d::segment_frames(frames, segmenter);
  REQUIRE(masks[0].size() == 2);
  CHECK(masks[0][0].confidence == Approx(0.9));
  CHECK(masks[0][0].mask(20, 50));
  CHECK_FALSE(masks[0][0].mask(20, 30));
  CHECK(masks[0][1].mask(20, 30));
  CHECK(masks[1].empty());
}

TEST_CASE("modules that fail, fit nowhere or are none are refused by name", "[torch]") {
  CHECK_THROWS_AS(module_of("nothing.pt"), s2d::io_error);
  const support::temporary_folder folder;
  std::ofstream{folder / "text.pt"} << "no module";
  CHECK_THROWS_WITH(st::scripted_module{folder / "text.pt"},
                    Catch::Contains("text.pt: not a TorchScript module"));
  st::scripted_features failing{module_of("failing.pt")};
  CHECK_THROWS_WITH(failing(with_block(0, 0, 0)), Catch::Contains("failing.pt: the module fails") &&
                                                      Catch::Contains("seven pictures are needed"));
  st::scripted_features two{module_of("segmenter.pt")};
  CHECK_THROWS_WITH(two(with_block(0, 0, 0)), Catch::Contains("gives 2 tensors, expected 1"));
  st::scripted_flow wrong{module_of("tracker.pt")};
  CHECK_THROWS_AS(wrong(with_block(0, 0, 0), with_block(0, 0, 0)), s2d::invalid_input);
}
