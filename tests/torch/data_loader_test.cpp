#include <torch/torch.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <s2d/torch/clip_loader.hpp>
#include <s2d/torch/copy_paste.hpp>

#include "support/catch.hpp"
#include "support/folder.hpp"

namespace st = s2d::torch;
using support::message_of;

namespace {

/// Clips that say who they are, some of them slow; counts how many are alive at a time.
struct counting {
  std::atomic<int>* begun;
  st::training_clip operator()(std::int64_t step, std::int64_t index) const {
    ++*begun;
    if ((step + index) % 3 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(2));
    return {torch::tensor({step, index}), {}, {}, s2d::concat(step, '/', index)};
  }
};

st::training_clip plain(std::int64_t size, float value, std::vector<std::array<int, 4>> boxes,
                        std::int64_t frames = 3) {
  st::training_clip clip;
  const auto n = static_cast<std::int64_t>(boxes.size());
  clip.frames = torch::full({frames, 3, size, size}, value);
  clip.masks = torch::zeros({n, frames, size, size});
  clip.weights = torch::ones({n, frames});
  for (std::int64_t i = 0; i < n; ++i) {
    const auto [y, x, h, w] = boxes[static_cast<std::size_t>(i)];
    clip.masks[i].slice(1, y, y + h).slice(2, x, x + w).fill_(1);
  }
  clip.name = "plain";
  return clip;
}

}  // namespace

TEST_CASE("clips come in order for any number of threads", "[torch][data]") {
  for (const std::size_t threads : {0, 1, 2, 4})
    for (const std::size_t ahead : {1, 3, 8}) {
      std::atomic<int> begun = 0;
      st::clip_loader loader{
          counting{&begun},
          {.first_step = 5, .steps = 7, .batch = 3, .threads = threads, .ahead = ahead}};
      int given = 0;
      for (std::int64_t step = 5; step < 12; ++step)
        for (std::int64_t index = 0; index < 3; ++index) {
          const auto clip = loader.next();
          REQUIRE(clip.has_value());
          CHECK(clip->name == s2d::concat(step, '/', index));
          ++given;
          CHECK(begun <= given + static_cast<int>(ahead));
        }
      CHECK_FALSE(loader.next().has_value());
      CHECK_FALSE(loader.next().has_value());
      CHECK(begun == 21);
    }
}

TEST_CASE("a loader that nobody asks loads no more than it may hold, and stops", "[torch][data]") {
  std::atomic<int> begun = 0;
  {
    st::clip_loader loader{counting{&begun}, {.threads = 3, .ahead = 5}};
    for (int i = 0; i < 200 && begun < 5; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    CHECK(begun == 5);
  }
  {
    st::clip_loader loader{counting{&begun}, {.threads = 4, .ahead = 2}};
    CHECK(loader.next()->name == "0/0");
  }
  SUCCEED("both ended");
}

TEST_CASE("errors come out in their turn, with the clip before the text", "[torch][data]") {
  const auto source = [](std::int64_t step, std::int64_t index) -> st::training_clip {
    if (step == 2) throw s2d::invalid_input{"cat, frames 1 2: no frame"};
    if (step == 3) throw s2d::io_error{"cat.jpg: cannot open"};
    if (step == 4) throw std::logic_error{"own"};
    return {{}, {}, {}, s2d::concat(step, '/', index)};
  };
  for (const std::size_t threads : {0, 1, 4}) {
    st::clip_loader loader{source, {.first_step = 1, .threads = threads, .ahead = 6}};
    CHECK(loader.next()->name == "1/0");
    CHECK(message_of<s2d::invalid_input>([&] { (void)loader.next(); }) ==
          "clip 0 of step 2: cat, frames 1 2: no frame");
    CHECK(message_of<s2d::io_error>([&] { (void)loader.next(); }) ==
          "clip 0 of step 3: cat.jpg: cannot open");
    CHECK_THROWS_AS((void)loader.next(), std::logic_error);
    CHECK(loader.next()->name == "5/0");
  }
  CHECK(message_of<s2d::invalid_input>([&] {
          st::clip_loader loader{source, {.ahead = 0}};
        }) == "clip_loader: ahead is 0, expected 1 or more");
}

TEST_CASE("pasted objects hide what they cover, in every frame", "[torch][data]") {
  const auto clip = plain(64, 0.0f, {{0, 0, 30, 30}, {40, 40, 20, 20}});
  const auto donor = plain(64, 1.0f, {{20, 20, 12, 12}});
  s2d::random_stream random{1};
  const st::copy_paste_options options{.least_scale = 0.9, .greatest_scale = 1.1};
  for (int trial = 0; trial < 20; ++trial) {
    const auto made = st::paste_objects(clip, donor, options, random);
    REQUIRE(made.masks.size(0) == 3);
    CHECK(made.name == "plain + plain");
    CHECK(made.masks.sum(0).max().item<float>() == 1.0f);
    // Pixels of the donor are exactly where its mask is.
    CHECK((made.frames.select(1, 0) - made.masks[2]).abs().max().item<float>() < 1e-5f);
    const auto area = made.masks[2].sum({1, 2});
    CHECK(area.min().item<float>() > 144 * 0.7f);
    CHECK(area.max().item<float>() < 144 * 1.35f);
    CHECK(torch::equal(made.weights, torch::ones({3, 3})));
    CHECK(torch::equal(made.masks[0], clip.masks[0] * (1 - made.masks[2])));
  }
  // The caller's tensors are as they were.
  CHECK(clip.frames.sum().item<float>() == 0);
  CHECK(clip.masks.size(0) == 2);
}

TEST_CASE("nothing is pasted where it would cover too much in any frame", "[torch][data]") {
  auto clip = plain(64, 0.0f, {{30, 30, 4, 4}});
  const auto donor = plain(64, 1.0f, {{8, 8, 48, 48}});
  s2d::random_stream random{1};
  const st::copy_paste_options options{.least_scale = 1, .greatest_scale = 1};
  const auto made = st::paste_objects(clip, donor, options, random);
  CHECK(torch::equal(made.frames, clip.frames));
  CHECK(made.masks.size(0) == 1);
  // Only the last frame would be covered.
  clip.masks.slice(1, 0, 2).zero_();
  clip.weights.slice(1, 0, 2).zero_();
  CHECK(st::paste_objects(clip, donor, options, random).masks.size(0) == 1);
  // Allowed, it is hidden: its weight goes, its slot goes, the pasted one stays.
  auto allowed = options;
  allowed.greatest_cover = 2;
  const auto hidden = st::paste_objects(clip, donor, allowed, random);
  REQUIRE(hidden.masks.size(0) == 1);
  CHECK(torch::equal(hidden.weights, torch::ones({1, 3})));
  CHECK(hidden.masks.sum().item<float>() == 3 * 48 * 48);
}

TEST_CASE("instances without a mask are neither pasted nor filled in", "[torch][data]") {
  auto donor = plain(64, 1.0f, {{8, 8, 10, 10}, {40, 40, 10, 10}});
  donor.weights.zero_();
  donor.weights[1][2] = 0.25f;
  auto clip = plain(64, 0.0f, {{2, 50, 6, 6}});
  clip.weights[0][1] = 0;
  clip.masks[0][1].zero_();
  const st::copy_paste_options options{
      .all_instances = true, .least_scale = 1, .greatest_scale = 1};
  std::set<std::int64_t> counts;
  s2d::random_stream random{3};
  int pasted = 0;
  for (int trial = 0; trial < 300; ++trial) {
    const auto made = st::paste_objects(clip, donor, options, random);
    if (made.masks.size(0) == 1) continue;
    ++pasted;
    CHECK(made.weights.equal(torch::tensor({{1.0f, 0.0f, 1.0f}, {0.25f, 0.25f, 0.25f}})));
    CHECK(made.masks[0][1].sum().item<float>() == 0);
  }
  // The last frame of the donor is one of three, against the official range.
  CHECK(std::abs(pasted - 100) < 35);
  const auto empty = plain(64, 1.0f, {});
  CHECK(st::paste_objects(clip, empty, options, random).masks.size(0) == 1);
}

TEST_CASE("a random number of instances, never all of several", "[torch][data]") {
  const auto donor = plain(64, 1.0f, {{2, 2, 8, 8}, {2, 30, 8, 8}, {40, 2, 8, 8}});
  const auto clip = plain(64, 0.0f, {});
  s2d::random_stream random{3};
  std::array<int, 4> seen{};
  for (int trial = 0; trial < 400; ++trial)
    ++seen[static_cast<std::size_t>(
        st::paste_objects(clip, donor, {.least_scale = 1, .greatest_scale = 1}, random)
            .masks.size(0))];
  CHECK(seen[0] == 0);
  CHECK(std::abs(seen[1] - 200) < 50);
  CHECK(std::abs(seen[2] - 200) < 50);
  CHECK(seen[3] == 0);
}

TEST_CASE("a source with copy-paste pastes at its rate, the same each time", "[torch][data]") {
  const auto source = [](std::int64_t, std::int64_t) { return plain(32, 0, {{0, 0, 9, 9}}, 2); };
  const auto donors = [](std::int64_t, std::int64_t) { return plain(64, 1, {{0, 50, 9, 9}}, 3); };
  const st::with_copy_paste pasting{source, donors, {.rate = 0.3}};
  static_assert(st::clip_source<decltype(pasting)>);
  int pasted = 0;
  for (std::int64_t step = 0; step < 400; ++step) {
    const auto clip = pasting(step, 1);
    pasted += clip.masks.size(0) == 2;
    if (step < 20) CHECK(torch::equal(pasting(step, 1).frames, clip.frames));
  }
  CHECK(std::abs(pasted - 120) < 40);
  CHECK(message_of<s2d::invalid_input>([&] {
          (void)st::with_copy_paste{source, donors, {.least_scale = 0}};
        }) == "copy_paste_options: scales from 0 to 1.2, expected positive and ascending");
  s2d::random_stream random;
  auto odd = plain(32, 0, {});
  odd.weights = torch::ones({1, 3});
  CHECK(message_of<s2d::invalid_input>([&] {
          (void)st::paste_objects(odd, plain(32, 0, {}), {}, random);
        }) == "copy-paste: weights: shape is [1, 3], expected [0, 3]");
}
