#include <torch/torch.h>

#include <cmath>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <s2d/torch/frame_choice.hpp>
#include <s2d/torch/video_labels.hpp>

#include "support/catch.hpp"
#include "support/folder.hpp"

namespace st = s2d::torch;
using support::message_of;

namespace {

s2d::rle square_runs(std::ptrdiff_t height = 8, std::ptrdiff_t width = 10, bool any = true) {
  s2d::bit_mask mask(height, width);
  if (any) mask.set(1, 2);
  return s2d::encode(mask);
}

st::object_labels object(std::int64_t id, const std::vector<std::ptrdiff_t>& frames,
                         const std::vector<float>& trust = {}) {
  st::object_labels made{id, 1, {}};
  for (std::size_t i = 0; i < frames.size(); ++i)
    made.masks.push_back({frames[i], square_runs(), trust.empty() ? 1.0f : trust[i]});
  return made;
}

st::video_labels video(std::ptrdiff_t length, std::vector<st::object_labels> objects) {
  return {"cat", 8, 10, length, {}, std::move(objects)};
}

std::vector<std::ptrdiff_t> frames_of(const st::object_labels& labels) {
  std::vector<std::ptrdiff_t> frames;
  for (const auto& label : labels.masks) frames.push_back(label.frame);
  return frames;
}

using frame_list = std::vector<std::ptrdiff_t>;

}  // namespace

TEST_CASE("labels are taken by score, trust and share", "[torch][data]") {
  auto labels = video(9, {object(1, {0, 2, 3, 5, 8}, {0.2f, 0.9f, 0.5f, 0.9f, 0.5f}),
                          object(2, {1}, {0.1f}), object(3, {4, 6}, {0.7f, 0.6f})});
  labels.objects[2].score = 0.3f;
  const auto all = st::select_labels(labels);
  REQUIRE(all.objects.size() == 3);
  CHECK(frames_of(all.objects[0]) == frame_list{0, 2, 3, 5, 8});
  CHECK(all.objects[0].masks[0].trust == 1.0f);

  CHECK(st::select_labels(labels, {.min_score = 0.5}).objects.size() == 2);
  const auto sure = st::select_labels(labels, {.min_trust = 0.5});
  REQUIRE(sure.objects.size() == 2);
  CHECK(frames_of(sure.objects[0]) == frame_list{2, 3, 5, 8});
  // What is as sure as asked for stays, though 0.9 in single precision is less than 0.9.
  CHECK(st::select_labels(labels, {.min_trust = 0.9}).objects.at(0).masks.size() == 2);
  CHECK(st::select_labels(labels, {.min_score = 0.3}).objects.size() == 3);

  const auto share =
      st::select_labels(labels, {.frame_share = 0.6, .weight = st::label_weight::trust});
  REQUIRE(share.objects.size() == 3);
  CHECK(frames_of(share.objects[0]) == frame_list{2, 3, 5});  // of equals the earlier one
  CHECK(share.objects[0].masks[1].trust == 0.5f);
  CHECK(frames_of(share.objects[1]) == frame_list{1});  // at least one is left
  CHECK(share.objects[1].masks[0].trust == 0.1f);
  CHECK(frames_of(share.objects[2]) == frame_list{4, 6});
  const auto floor =
      st::select_labels(labels, {.weight = st::label_weight::trust, .least_weight = 0.25});
  CHECK(floor.objects[0].masks[0].trust == 0.25f);
  CHECK(floor.objects[0].masks[1].trust == 0.9f);
}

TEST_CASE("labels are taken by their share of the trust of good ones", "[torch][data]") {
  // 20 masks: two of a trust of 1, which is what a tenth reaches.
  std::vector<float> trust(20, 0.5f);
  trust[3] = 1;
  trust[7] = 1;
  trust[9] = 0.3f;
  std::vector<std::ptrdiff_t> frames(20);
  for (std::size_t t = 0; t < 20; ++t) frames[t] = static_cast<std::ptrdiff_t>(t);
  const auto labels = video(20, {object(1, frames, trust)});
  const auto left = [&](double share) {
    return st::select_labels(labels, {.relative_trust = share}).objects.at(0).masks.size();
  };
  CHECK(left(0) == 20);
  CHECK(left(0.4) == 19);
  CHECK(left(0.5) == 19);  // equal counts
  CHECK(left(0.7) == 2);
  CHECK(left(1) == 2);
  // Where all are equally good, all are left; shares are taken of what is left.
  CHECK(st::select_labels(video(9, {object(1, {1, 2, 8})}), {.relative_trust = 1})
            .objects.at(0)
            .masks.size() == 3);
  CHECK(st::select_labels(labels, {.relative_trust = 0.7, .frame_share = 0.5})
            .objects.at(0)
            .masks.size() == 1);
  // Each object has good masks of its own, so that none is left out whole.
  const auto two = st::select_labels(
      video(9, {object(1, {1, 2}, {0.2f, 0.1f}), object(2, {3}, {1})}), {.relative_trust = 0.9});
  REQUIRE(two.objects.size() == 2);
  CHECK(frames_of(two.objects[0]) == frame_list{1});
  CHECK(st::select_labels(video(9, {}), {.relative_trust = 0.9}).objects.empty());
}

TEST_CASE("masks without a pixel are no labels unless wanted", "[torch][data]") {
  auto labels = video(3, {object(1, {0, 1, 2}), object(2, {1})});
  labels.objects[0].masks[1].mask = square_runs(8, 10, false);
  labels.objects[1].masks[0].mask = square_runs(8, 10, false);
  const auto some = st::select_labels(labels);
  REQUIRE(some.objects.size() == 1);
  CHECK(frames_of(some.objects[0]) == frame_list{0, 2});
  CHECK(st::select_labels(labels, {.keep_empty = true}).objects.size() == 2);
}

TEST_CASE("labels that cannot be are named", "[torch][data]") {
  const auto refused = [](const st::video_labels& labels, st::label_options options = {}) {
    return message_of<s2d::invalid_input>([&] { (void)st::select_labels(labels, options); });
  };
  CHECK(refused(video(0, {})) ==
        "cat: 0 frames of 8 x 10 (height x width), expected at least one frame and one pixel");
  CHECK(refused(video(3, {object(4, {1, 3})})) ==
        "cat, object 4: a mask of frame 3, expected 2 to 2, ascending");
  CHECK(refused(video(3, {object(4, {1, 1})})) ==
        "cat, object 4: a mask of frame 1, expected 2 to 2, ascending");
  auto other = video(3, {object(4, {1})});
  other.objects[0].masks[0].mask = square_runs(8, 11);
  CHECK(refused(other) ==
        "cat, object 4, frame 1: the mask is 8 x 11, the frames are 8 x 10 (height x width)");
  CHECK(refused(video(3, {object(4, {1}, {NAN})})) ==
        "cat, object 4, frame 1: trust is nan, expected 0 to 1");
  CHECK(refused(video(3, {}), {.frame_share = 0}) ==
        "label_options: frame_share is 0, expected above 0, to 1");
  CHECK(refused(video(3, {}), {.relative_trust = 1.5}) ==
        "label_options: relative_trust is 1.5, expected 0 to 1");
  CHECK(refused(video(3, {}), {.least_weight = 0}) ==
        "label_options: least_weight is 0, expected above 0, to 1");
  other = video(3, {});
  other.file_names = {"a", "b"};
  CHECK(refused(other) == "cat: 2 file names for 3 frames");
}

TEST_CASE("videos without a mask are dropped and counted", "[torch][data]") {
  std::vector<st::video_labels> videos{video(3, {}), video(4, {object(1, {2})}),
                                       video(5, {object(1, {})})};
  CHECK(st::drop_unlabelled(videos) == 2);
  REQUIRE(videos.size() == 1);
  CHECK(videos[0].length == 4);
  videos = {video(3, {})};
  CHECK(message_of<s2d::invalid_input>([&] { (void)st::drop_unlabelled(videos); }) ==
        "training data: none of 1 videos has a mask");
}

TEST_CASE("what discovery found becomes labels", "[torch][data]") {
  s2d::video_masks masks(4);
  const auto blob = [](int x) {
    s2d::bit_mask mask(8, 10);
    mask.set(3, x);
    return s2d::frame_mask{mask, 0.1f * static_cast<float>(x)};
  };
  masks[1] = {blob(1), blob(5)};
  masks[3] = {blob(7)};
  s2d::object found;
  found.keymasks = {{1, 0, 0.25f}, {1, 1, 0.75f}, {3, 0, 0.5f}};
  found.score = 0.4f;
  const auto labels = st::to_labels("cat", std::vector{found}, masks, 8, 10);
  st::require_labels(labels);
  CHECK(labels.length == 4);
  REQUIRE(labels.objects.size() == 1);
  CHECK(labels.objects[0].score == 0.4f);
  CHECK(frames_of(labels.objects[0]) == frame_list{1, 3});
  CHECK(labels.objects[0].masks[0].trust == 0.1f);  // the least confidence of two masks
  CHECK(labels.objects[0].masks[1].trust == 0.1f * 7);
  const auto coherent =
      st::to_labels("cat", std::vector{found}, masks, 8, 10, st::label_trust::coherence);
  CHECK(coherent.objects[0].masks[0].trust == 0.75f);  // the greatest coherence
  CHECK(coherent.objects[0].masks[1].trust == 0.5f);
  CHECK(s2d::area(labels.objects[0].masks[0].mask) == 2);
  CHECK(st::labelled_frames(labels) == frame_list{1, 3});
}

TEST_CASE("official: every window of every object is equally likely", "[torch][data]") {
  const auto labels =
      video(40, {object(1, {3, 4, 5, 6, 20}), object(2, {4, 5, 6}), object(3, {30, 31})});
  std::map<frame_list, int> seen;
  s2d::random_stream random{1};
  constexpr int n = 9000;
  for (int i = 0; i < n; ++i) ++seen[st::choose_frames(labels, st::window_choice{}, random)];
  REQUIRE(seen.size() == 2);  // object 1: starts 3 and 4; object 2: start 4
  CHECK(std::abs(seen[{3, 4, 5}] - n / 3) < 200);
  CHECK(std::abs(seen[{4, 5, 6}] - 2 * n / 3) < 200);
}

TEST_CASE("official: without windows any frame and others near it", "[torch][data]") {
  const auto labels = video(100, {object(1, {3, 5, 9})});
  std::map<std::ptrdiff_t, int> seen;
  s2d::random_stream random{2};
  constexpr int n = 20000;
  for (int i = 0; i < n; ++i) {
    const auto frames = st::choose_frames(labels, st::window_choice{}, random);
    REQUIRE(frames.size() == 3);
    REQUIRE(frames[0] < frames[1]);
    REQUIRE(frames[1] < frames[2]);
    REQUIRE(frames[0] >= 0);
    REQUIRE(frames[2] < 100);
    REQUIRE(frames[2] - frames[0] <= 40);
    for (const auto t : frames) ++seen[t];
  }
  // In the middle, where no border is in reach, every frame comes equally often.
  for (std::ptrdiff_t t = 40; t < 60; ++t) CHECK(std::abs(seen[t] - 3 * n / 100) < 120);
}

TEST_CASE("a video shorter than a clip repeats frames evenly", "[torch][data]") {
  s2d::random_stream random{3};
  const auto one = video(1, {object(1, {0})});
  CHECK(st::choose_frames(one, st::window_choice{}, random) == frame_list{0, 0, 0});
  CHECK(st::choose_frames(one, st::keymask_choice{.frames = 3}, random) == frame_list{0, 0, 0});
  const auto two = video(2, {object(1, {1})});
  CHECK(st::choose_frames(two, st::window_choice{.frames = 5}, random) ==
        frame_list{0, 0, 0, 1, 1});
  for (int i = 0; i < 50; ++i) {
    const auto frames = st::choose_frames(video(9, {}), st::window_choice{.reach = 0}, random);
    CHECK(frames[0] == frames[2]);
  }
}

TEST_CASE("tiny: first a keymask frame, second within reach", "[torch][data]") {
  const auto labels = video(100, {object(1, {10, 50, 55}), object(2, {50})});
  s2d::random_stream random{4};
  constexpr int n = 20000;
  std::map<std::ptrdiff_t, int> with;  // how often frame t is in the clip
  int both = 0;
  for (int i = 0; i < n; ++i) {
    const auto frames = st::choose_frames(labels, st::keymask_choice{}, random);
    REQUIRE(frames.size() == 2);
    REQUIRE(frames[0] < frames[1]);
    REQUIRE(frames[1] - frames[0] <= 20);
    const auto labelled = [](std::ptrdiff_t t) { return t == 10 || t == 50 || t == 55; };
    REQUIRE((labelled(frames[0]) || labelled(frames[1])));
    both += labelled(frames[0]) && labelled(frames[1]);
    for (const auto t : frames) ++with[t];
  }
  // 10 has no keymask in reach, so the second is any of 30 frames, 0 to 30; 50 and 55 see each
  // other half the time, and by chance in one of 40.
  CHECK(std::fabs(both - n * 2 / 3.0 * (0.5 + 0.5 / 40)) < 300);
  CHECK(std::abs(with[10] - n / 3) < 300);
  CHECK(std::abs(with[0] - n / 90) < 80);

  const st::keymask_choice any{.labelled_share = 0, .any_first = 1};
  with.clear();
  for (int i = 0; i < n; ++i)
    for (const auto t : st::choose_frames(labels, any, random)) ++with[t];
  for (std::ptrdiff_t t = 40; t < 60; ++t) CHECK(std::abs(with[t] - 2 * n / 100) < 100);
}

TEST_CASE("frame choice refuses nonsense", "[torch][data]") {
  s2d::random_stream random;
  const auto refused = [&](const st::video_labels& labels, auto rule) {
    return message_of<s2d::invalid_input>([&] { (void)st::choose_frames(labels, rule, random); });
  };
  CHECK(refused(video(4, {}), st::keymask_choice{}) == "cat: no frame has a mask");
  CHECK(refused(video(0, {}), st::window_choice{}) == "cat: has no frame");
  CHECK(refused(video(4, {}), st::window_choice{.frames = 0}) ==
        "frame choice: 0 frames, expected at least 1");
  CHECK(refused(video(4, {}), st::window_choice{.reach = -1}) ==
        "frame choice: reach is -1, expected at least 0");
}
