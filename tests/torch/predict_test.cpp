#include <torch/torch.h>

#include <s2d/io/ytvis.hpp>
#include <s2d/torch/dense_labels.hpp>
#include <s2d/torch/mask_refiner.hpp>
#include <s2d/torch/predict.hpp>
#include <s2d/torch/trainer.hpp>

#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/data.hpp"
#include "support/folder.hpp"
#include "torch/golden.hpp"
#include "torch/training_clips.hpp"

namespace st = s2d::torch;
using support::message_of;
using torch::Tensor;

namespace {

/// A mask of 8 x 10 with rows [top, bottom) set.
s2d::rle rows(std::ptrdiff_t top, std::ptrdiff_t bottom) {
  s2d::matrix<std::uint8_t> mask(8, 10);
  for (std::ptrdiff_t y = top; y < bottom; ++y)
    for (std::ptrdiff_t x = 0; x < 10; ++x) mask(y, x) = 1;
  return s2d::encode(s2d::mask_view<const std::uint8_t>{std::as_const(mask).view()});
}

st::predicted_object object(double score, std::int64_t first, std::int64_t end, std::ptrdiff_t top,
                            std::ptrdiff_t bottom) {
  st::predicted_object one{score, 0, {}};
  for (std::int64_t t = first; t < end; ++t) one.masks.push_back({t, rows(top, bottom)});
  return one;
}

/// The texts behind "counts" that follow "KEY" in a JSON file, up to the end of its list.
std::vector<std::string> counts_of(const std::string& json, const std::string& key) {
  std::vector<std::string> found;
  const auto begin = json.find('"' + key + '"');
  if (begin == std::string::npos) return found;
  const auto next = json.find(".top", begin + key.size() + 2);
  const std::string name = "\"counts\"";
  for (auto at = json.find(name, begin); at != std::string::npos && at < next;
       at = json.find(name, at)) {
    at = json.find('"', at + name.size()) + 1;
    std::string text;
    for (; json[at] != '"'; ++at) {
      if (json[at] == '\\') ++at;
      text += json[at];
    }
    found.push_back(text);
  }
  return found;
}

constexpr std::int64_t video_height = 64, video_width = 96, side = 24, video_length = 15;

Tensor video_frames(std::int64_t first, std::int64_t count) {
  std::vector<Tensor> frames;
  for (std::int64_t t = first; t < first + count; ++t)
    frames.push_back(support::square_frame(t, video_height, video_width, side));
  return torch::stack(frames);
}

}  // namespace

TEST_CASE("objects of a clip equal the official inference", "[torch]") {
  const auto folder = support::golden_folder("network");
  if (!folder) return;
  const golden::file file{*folder / "inference.safetensors"};
  std::ifstream stream{*folder / "inference_rle.json"};
  const std::string json{std::istreambuf_iterator<char>{stream}, std::istreambuf_iterator<char>{}};
  const auto masks = file["pred_masks"], logits = file["pred_logits"];
  st::mask_sizes sizes;
  sizes.network = {4 * masks.size(2), 4 * masks.size(3)};
  sizes.content = {70, 101};
  int compared = 0;
  for (const auto& entry : file.content().entries) {
    if (!entry.name.ends_with(".scores")) continue;
    INFO(entry.name);
    const auto head = entry.name.substr(0, entry.name.size() - 6);
    long h = 0, w = 0, top = 0;
    char tail[32] = {};
    REQUIRE(std::sscanf(head.c_str(), "%ldx%ld.top%ld.nms%31s", &h, &w, &top, tail) == 4);
    sizes.video = {h, w};
    st::selection_options options;
    options.top_k = top;
    if (std::string{tail} != "off.") options.nms = std::stod(tail);
    const auto objects = st::select_objects(logits, masks, sizes, options);
    const auto scores = file[entry.name], queries = file[head + "queries"],
               areas = file[head + "areas"];
    REQUIRE(static_cast<std::int64_t>(objects.size()) == scores.size(0));
    const auto texts = counts_of(json, head.substr(0, head.size() - 1));
    REQUIRE(texts.size() == objects.size() * static_cast<std::size_t>(masks.size(1)));
    for (std::size_t i = 0; i < objects.size(); ++i) {
      const auto at = static_cast<std::int64_t>(i);
      CHECK(objects[i].score == Approx(scores[at].item<double>()).epsilon(1e-6));
      CHECK(objects[i].query == queries[at].item<std::int64_t>());
      std::size_t k = 0;
      for (std::int64_t t = 0; t < masks.size(1); ++t) {
        const auto expected = areas[at][t].item<std::int64_t>();
        if (expected == 0) continue;
        REQUIRE(k < objects[i].masks.size());
        CHECK(objects[i].masks[k].frame == t);
        CHECK(s2d::area(objects[i].masks[k].mask) == expected);
        CHECK(s2d::to_string(objects[i].masks[k].mask) ==
              texts[i * static_cast<std::size_t>(masks.size(1)) + static_cast<std::size_t>(t)]);
        ++k;
      }
      CHECK(k == objects[i].masks.size());
    }
    ++compared;
  }
  CHECK(compared > 0);
}

TEST_CASE("objects of clips are joined where they overlap, whatever their order", "[torch]") {
  st::detail::object_tracks tracks{0.5};
  tracks.add({object(0.9, 0, 4, 0, 4), object(0.5, 0, 4, 4, 8)}, 0, 0, 4);
  // Frames 2 and 3 are shared; the second clip sees them in the other order, and one more thing.
  tracks.add({object(0.7, 2, 6, 4, 7), object(0.6, 2, 6, 0, 1), object(0.8, 2, 6, 0, 4)}, 2, 4, 6);
  // Nothing of the first object any more.
  tracks.add({object(0.3, 4, 8, 4, 8)}, 4, 6, 8);
  // It comes back behind a gap: a new object.
  tracks.add({object(0.4, 6, 10, 0, 4)}, 6, 8, 10);
  const auto objects = tracks.finish();
  REQUIRE(objects.size() == 4);
  REQUIRE(objects[0].masks.size() == 6);
  CHECK(objects[0].score == Approx(0.85));
  CHECK(objects[0].masks[3].frame == 3);
  CHECK(objects[0].masks[4].frame == 4);
  REQUIRE(objects[1].masks.size() == 8);
  CHECK(objects[1].score == Approx(0.5));
  // Shared frames stay as the earlier clip saw them.
  CHECK((objects[1].masks[2].mask == rows(4, 8)));
  CHECK((objects[1].masks[4].mask == rows(4, 7)));
  CHECK(objects[2].masks.front().frame == 2);
  CHECK(objects[2].masks.size() == 4);
  CHECK(objects[3].masks.front().frame == 6);
}

TEST_CASE("a network trained on a video segments it, in clips of any length", "[torch]") {
  torch::manual_seed(5);
  st::video_mask2former student{st::presets::tiny(4)};
  auto training = st::tiny_training(120);
  training.teach = false;
  const auto trained = st::train(
      student,
      [](std::int64_t step, std::int64_t index) { return support::square_clip(step, index); },
      training);
  auto teacher = trained.teacher;
  const st::mask_sizes sizes{{}, {video_height, video_width}, {2 * video_height, 2 * video_width}};
  const auto quality = [&](const st::predicted_object& one) {
    double sum = 0;
    for (const auto& mask : one.masks) {
      const auto truth = torch::upsample_nearest2d(
          support::square_mask(mask.frame, video_height, video_width, side)
              .view({1, 1, video_height, video_width}),
          {2 * video_height, 2 * video_width});
      const auto expected = s2d::encode(st::to_bit_mask(truth[0][0]));
      sum += s2d::iou(mask.mask, expected);
    }
    return sum / static_cast<double>(video_length);
  };

  std::int64_t most = 0, calls = 0;
  const auto frames = [&](std::int64_t first, std::int64_t count) {
    most = std::max(most, count);
    ++calls;
    return video_frames(first, count);
  };
  const auto objects = st::predict(teacher, frames, video_length, sizes, st::tiny_prediction());
  REQUIRE(objects.size() == 1);
  CHECK(most == 2);
  CHECK(calls == 8);
  CHECK(objects[0].masks.size() == video_length);
  CHECK(quality(objects[0]) > 0.6);
  CHECK(objects[0].score > 0.5);

  auto long_clips = st::tiny_prediction();
  long_clips.clip_length = 4;
  long_clips.shared = 2;
  CHECK(quality(st::predict(teacher, frames, video_length, sizes, long_clips).at(0)) > 0.6);

  // Maps are refined once a frame, at the size of the video, before they are cut at one half.
  auto refined = st::tiny_prediction();
  refined.selection.least_score = 0.5;
  std::vector<std::int64_t> refined_frames;
  refined.refine = [&](std::int64_t t, const Tensor& maps) {
    refined_frames.push_back(t);
    CHECK(maps.size(0) == 1);  // of queries that may become an object
    CHECK(maps.size(1) == 2 * video_height);
    CHECK(maps.size(2) == 2 * video_width);
    return t == 7 ? torch::zeros_like(maps) : maps;
  };
  const auto without = st::predict(teacher, frames, video_length, sizes, refined);
  REQUIRE(without.size() == 1);
  CHECK(without[0].masks.size() == video_length - 1);
  CHECK(without[0].masks[7].frame == 8);
  CHECK(refined_frames.size() == video_length);
  CHECK(std::is_sorted(refined_frames.begin(), refined_frames.end()));

  // A mask far smaller than the others is none.
  refined.refine = [&](std::int64_t t, const Tensor& maps) {
    auto some = torch::zeros_like(maps);
    some.slice(1, 0, 10).slice(2, 0, t == 3 ? 3 : t == 4 ? 6 : 50).fill_(1);
    return some;
  };
  const auto large = st::predict(teacher, frames, video_length, sizes, refined);
  REQUIRE(large.at(0).masks.size() ==
          video_length - 1);  // 30 of 500 pixels are too few, 60 are not
  CHECK(large[0].masks[3].frame == 4);
  refined.least_part = 0;
  CHECK(st::predict(teacher, frames, video_length, sizes, refined).at(0).masks.size() ==
        video_length);

  auto joined = st::official_prediction();
  joined.clip_length = 6;
  joined.shared = 2;
  joined.selection.least_score = 0.5;
  joined.selection.nms = 0.5;
  std::vector<std::size_t> told;
  const auto tracks = st::predict(teacher, frames, video_length, sizes, joined,
                                  [&](std::string_view, std::size_t done, std::size_t total) {
                                    CHECK(total == video_length);
                                    told.push_back(done);
                                    return true;
                                  });
  REQUIRE_FALSE(tracks.empty());
  CHECK(quality(tracks[0]) > 0.6);
  CHECK(told == std::vector<std::size_t>{6, 10, 14, 15});
  for (std::size_t i = 1; i < tracks[0].masks.size(); ++i)
    CHECK(tracks[0].masks[i].frame > tracks[0].masks[i - 1].frame);

  // One clip is the official inference.
  joined.clip_length = 40;
  const auto whole = st::predict(teacher, frames, video_length, sizes, joined);
  const torch::NoGradGuard guard;
  const auto forward = teacher->forward(video_frames(0, video_length).unsqueeze(0), false);
  st::mask_sizes all = sizes;
  all.network = {video_height, video_width};
  const auto direct =
      st::select_objects(forward.class_logits[0], forward.mask_logits[0], all, joined.selection);
  REQUIRE(whole.size() == direct.size());
  for (std::size_t i = 0; i < whole.size(); ++i) CHECK((whole[i].masks == direct[i].masks));
}

TEST_CASE("maps that show nothing are not refined and have no mask", "[torch]") {
  auto options = st::tiny_prediction(3);
  std::vector<std::vector<std::int64_t>> asked;  // frame and number of maps
  options.refine = [&](std::int64_t t, const Tensor& maps) {
    asked.push_back({t, maps.size(0)});
    return maps + 0.3;  // 0.3 becomes a mask
  };
  const st::picture_size size{8, 8};
  st::detail::query_masks queries{3, {size, size, size}, options};
  auto maps = torch::full({3, 3, 8, 8}, 0.1);
  maps[0][1].slice(0, 2, 4).fill_(0.3);
  maps[2][1].slice(0, 0, 1).fill_(0.9);
  maps[2][2].slice(0, 0, 1).fill_(0.9);
  queries.add(torch::zeros({3, 2}), maps, 0);
  queries.flush(3);
  CHECK(asked == std::vector<std::vector<std::int64_t>>{{1, 2}, {2, 1}});
  const auto objects = queries.finish();
  REQUIRE(objects.size() == 3);
  REQUIRE(objects[0].masks.size() == 1);
  CHECK(objects[0].masks[0].frame == 1);
  CHECK(s2d::area(objects[0].masks[0].mask) == 16);
  CHECK(objects[1].masks.empty());
  REQUIRE(objects[2].masks.size() == 2);
  CHECK(objects[2].masks[1].frame == 2);
  CHECK(s2d::area(objects[2].masks[0].mask) == 8);
}

TEST_CASE("prediction stops when it is told to, and names what does not fit", "[torch]") {
  st::video_mask2former model{st::presets::tiny(3)};
  const st::mask_sizes sizes{{}, {video_height, video_width}, {video_height, video_width}};
  CHECK(st::predict(model, video_frames, 0, sizes, st::tiny_prediction()).empty());
  CHECK_THROWS_AS(st::predict(model, video_frames, 5, sizes, st::tiny_prediction(),
                              [](auto, auto, auto) { return false; }),
                  s2d::cancelled);
  auto options = st::official_prediction();
  options.clip_length = 3;
  options.shared = 0;
  CHECK(message_of<s2d::invalid_input>([&] {
          (void)st::predict(model, video_frames, 5, sizes, options);
        }).find("cannot be joined") != std::string::npos);
  CHECK(
      message_of<s2d::invalid_input>([&] {
        (void)st::predict(model, video_frames, 5, {{}, {65, 96}, {64, 96}}, st::tiny_prediction());
      }).find("content 65 x 96") != std::string::npos);
  CHECK(message_of<s2d::invalid_input>([&] {
          (void)st::predict(
              model,
              [](std::int64_t, std::int64_t) {
                return torch::zeros({1, 3, 64, 96});
              },
              5, sizes, st::tiny_prediction());
        }) == "predict: frames: shape is [1, 3, 64, 96], expected [2, 3, any, any]");
  auto scaled = st::tiny_prediction();
  scaled.scales = {1, 0};
  CHECK(message_of<s2d::invalid_input>([&] {
          (void)st::predict(model, video_frames, 5, sizes, scaled);
        }) == "predict: a scale is 0, expected above 0, to 8");
  auto official = st::official_prediction();
  official.scales = {1, 1.3};
  CHECK_THROWS_AS(st::predict(model, video_frames, 5, sizes, official), s2d::invalid_input);
}

TEST_CASE("the refiner filters every map by the picture of its frame", "[torch]") {
  s2d::image picture(80, 160);
  for (std::ptrdiff_t y = 0; y < 80; ++y)
    for (std::ptrdiff_t x = 80; x < 160; ++x)
      std::fill_n(picture.row(y) + 3 * x, 3, std::uint8_t{200});
  std::ptrdiff_t asked = -1;
  const st::mask_refiner refine{[&](std::ptrdiff_t t) -> const s2d::image& {
    asked = t;
    return picture;
  }};
  auto maps = torch::zeros({2, 80, 160});
  maps[0].slice(1, 81).fill_(1);  // a pixel off the edge
  maps[1].fill_(0.25);
  const auto found = refine(6, maps);
  CHECK(asked == 6);
  CHECK(found.sizes() == maps.sizes());
  CHECK((found[0] > 0.5).sum().item<std::int64_t>() == 80 * 80);
  CHECK(torch::allclose(found[1], maps[1], 0, 1e-4));
  const s2d::guided_filter filter{picture, {.radius = 2, .smoothness = 1e-3}};  // 80 / 40
  const auto expected = filter(st::as_plane<const float>(maps[0], "map"));
  for (std::size_t p = 0; p < expected.values.size(); ++p)
    CHECK(std::abs(expected.values[p] - found[0].contiguous().data_ptr<float>()[p]) < 1e-5F);
  // A map that is nowhere near a mask stays as it is; so does one where it is far from its mask.
  maps.fill_(0.09);
  maps[1][40][50] = 1;
  maps[1][40][90] = 0.1;
  const auto sparse = refine(6, maps);
  CHECK(torch::equal(sparse[0], maps[0]));
  CHECK(torch::equal(sparse[1].slice(1, 0, 46), maps[1].slice(1, 0, 46)));
  CHECK(torch::equal(sparse[1].slice(1, 55), maps[1].slice(1, 55)));
  const auto one = filter(st::as_plane<const float>(maps[1], "map"), {46, 36, 9, 9});
  for (std::ptrdiff_t y = 0; y < 9; ++y)
    for (std::ptrdiff_t x = 0; x < 9; ++x)
      CHECK(one(y, x) == sparse[1][36 + y][46 + x].item<float>());
  CHECK(refine(0, torch::zeros({0, 80, 160})).size(0) == 0);
  CHECK_THROWS_AS(refine(0, torch::zeros({1, 80, 161})), s2d::invalid_input);
}

TEST_CASE("dense labels: null for empty frames, no empty object, the best of those that overlap",
          "[torch]") {
  s2d::ytvis_data data;
  data.videos.push_back({});
  data.videos[0].id = 7;
  data.videos[0].height = 8;
  data.videos[0].width = 10;
  data.videos[0].length = 6;
  data.videos[0].file_names = {"a", "b", "c", "d", "e", "f"};
  data.categories.push_back({});
  auto gap = object(0.8, 0, 6, 0, 4);
  gap.masks.erase(gap.masks.begin() + 2);
  std::vector<st::predicted_object> objects{object(0.76, 0, 6, 0, 4), gap, object(0.7, 0, 6, 4, 8),
                                            st::predicted_object{0.99, 3, {}},
                                            object(0.75, 1, 3, 6, 7)};
  st::dense_label_options options;
  options.nms = 0.5;
  options.first_id = 4;
  data.annotations = st::dense_labels(objects, data.videos[0], options);
  REQUIRE(data.annotations.size() == 2);
  CHECK(data.annotations[0].id == 4);
  CHECK(data.annotations[0].video_id == 7);
  CHECK(data.annotations[0].score == 0.8);
  CHECK(data.annotations[0].segments.size() == 5);
  CHECK(data.annotations[1].id == 5);
  CHECK(data.annotations[1].segments[0].frame == 1);
  CHECK(data.annotations[1].segments[0].area == 10);

  const support::temporary_folder folder;
  s2d::write_ytvis(folder / "labels.json", data);
  const auto again = s2d::read_ytvis(folder / "labels.json");
  REQUIRE(again.annotations.size() == 2);
  CHECK((again.annotations[0].segments == data.annotations[0].segments));
  std::ifstream stream{folder / "labels.json"};
  const std::string json{std::istreambuf_iterator<char>{stream}, std::istreambuf_iterator<char>{}};
  CHECK(json.find("null") != std::string::npos);

  options.least_area = 20;
  CHECK(st::dense_labels(objects, data.videos[0], options).size() == 1);
  options.nms.reset();
  CHECK(st::dense_labels(objects, data.videos[0], options).size() == 2);
  CHECK(message_of<s2d::invalid_input>([&] {
          (void)st::dense_labels({object(0.9, 5, 7, 0, 3)}, data.videos[0]);
        }) == "dense_labels: frame 6 of a video of 6");
}
