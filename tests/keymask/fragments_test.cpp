#include <s2d/keymask/fragments.hpp>

#include <vector>

#include "support/catch.hpp"

namespace {

constexpr std::ptrdiff_t high = 20, wide = 60;

s2d::bit_mask block(std::ptrdiff_t left, std::ptrdiff_t columns = 8, std::ptrdiff_t top = 4) {
  s2d::bit_mask mask(high, wide);
  for (std::ptrdiff_t y = top; y < top + 8; ++y)
    for (std::ptrdiff_t x = left; x < left + columns; ++x) mask.set(y, x);
  return mask;
}

// Everything moves by `u` pixels to the right from frame to frame.
s2d::video_flow moving(std::size_t frames, float u, std::ptrdiff_t rows = high,
                       std::ptrdiff_t columns = wide) {
  s2d::video_flow flow;
  flow.forward.resize(frames);
  flow.backward.resize(frames);
  for (std::size_t t = 0; t < frames; ++t) {
    s2d::flow_field field(rows, columns);
    for (float& value : field.u.values) value = u;
    if (t + 1 < frames) flow.forward[t] = field;
    for (float& value : field.u.values) value = -u;
    if (t > 0) flow.backward[t] = field;
  }
  return flow;
}

s2d::object object_of(std::vector<s2d::keymask> keymasks) {
  s2d::object one;
  one.keymasks = std::move(keymasks);
  one.visibility = {{one.keymasks.front().frame, one.keymasks.back().frame}};
  return one;
}

}  // namespace

TEST_CASE("An object that goes on under another name is one", "[fragments]") {
  // Frames 0 to 2 are one object, frame 3 has no mask, frames 4 and 5 are another.
  s2d::video_masks masks(6);
  for (std::size_t t : {0, 1, 2, 4, 5})
    masks[t].push_back({block(4 + 3 * static_cast<std::ptrdiff_t>(t)), 1});
  const std::vector objects{object_of({{0, 0, 0.5F}, {1, 0, 0.5F}, {2, 0, 0.5F}}),
                            object_of({{4, 0, 1}, {5, 0, 1}})};
  const auto joined = s2d::join_fragments(objects, masks, moving(6, 3));
  REQUIRE(joined.size() == 1);
  CHECK(joined[0].keymasks.size() == 5);
  CHECK(joined[0].keymasks[3] == s2d::keymask{4, 0, 1});
  CHECK(joined[0].visibility == std::vector<s2d::frame_range>{{0, 2}, {4, 5}});
  CHECK(std::abs(joined[0].score - 0.7F) < 1e-6F);  // mean coherence, all visible frames have one

  // Where nothing is known of the motion, or it leads elsewhere, they stay two.
  CHECK(s2d::join_fragments(
            objects, masks,
            s2d::video_flow{std::vector<s2d::flow_field>(6), std::vector<s2d::flow_field>(6)})
            .size() == 2);
  CHECK(s2d::join_fragments(objects, masks, moving(6, -3)).size() == 2);
  CHECK(s2d::join_fragments(objects, masks, moving(6, 3), {.reach = 1}).size() == 2);
}

TEST_CASE("The flow may live on another grid", "[fragments]") {
  s2d::video_masks masks(2);
  masks[0].push_back({block(4), 1});
  masks[1].push_back({block(10), 1});
  const std::vector objects{object_of({{0, 0, 1}}), object_of({{1, 0, 1}})};
  CHECK(s2d::join_fragments(objects, masks, moving(2, 3, high / 2, wide / 2)).size() == 1);
}

TEST_CASE("Pieces that touch in most of their common frames are one", "[fragments]") {
  s2d::video_masks masks(4);
  for (std::size_t t = 0; t < 4; ++t) {
    masks[t].push_back({block(10), 1});
    masks[t].push_back({block(t == 3 ? 40 : 20), 1});  // two pixels apart, then far
  }
  const std::vector objects{object_of({{0, 0, 1}, {1, 0, 1}, {2, 0, 1}, {3, 0, 1}}),
                            object_of({{0, 1, 1}, {1, 1, 1}, {2, 1, 1}, {3, 1, 1}})};
  const auto still = moving(4, 0);
  CHECK(s2d::join_fragments(objects, masks, still).size() == 1);
  CHECK(s2d::join_fragments(objects, masks, still, {.touch = 0.8}).size() == 2);
  CHECK(s2d::join_fragments(objects, masks, still, {.gap = 1}).size() == 2);
}

TEST_CASE("Joining is transitive and keeps the order, objects without masks go", "[fragments]") {
  s2d::video_masks masks(3);
  for (std::size_t t = 0; t < 3; ++t) {
    masks[t].push_back({block(10), 1});
    masks[t].push_back({block(45), 1});
  }
  const std::vector objects{object_of({{2, 0, 1}}), s2d::object{},
                            object_of({{0, 1, 1}, {1, 1, 1}, {2, 1, 1}}), object_of({{1, 0, 1}}),
                            object_of({{0, 0, 1}})};
  const auto joined = s2d::join_fragments(objects, masks, moving(3, 0));
  REQUIRE(joined.size() == 2);
  CHECK(joined[0].keymasks == std::vector<s2d::keymask>{{0, 0, 1}, {1, 0, 1}, {2, 0, 1}});
  CHECK(joined[1].keymasks.size() == 3);
}

TEST_CASE("Fragments that do not fit are refused", "[fragments]") {
  const s2d::video_masks masks(3);
  CHECK(s2d::join_fragments({}, masks, moving(3, 0)).empty());
  CHECK_THROWS_AS(s2d::join_fragments({}, masks, moving(2, 0)), s2d::invalid_input);
  CHECK_THROWS_AS(s2d::join_fragments({object_of({{1, 0, 1}})}, masks, moving(3, 0)),
                  s2d::invalid_input);
  CHECK_THROWS_AS(s2d::join_fragments({}, masks, moving(3, 0), {.agree = 0}), s2d::invalid_input);
}
