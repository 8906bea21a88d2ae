#include <s2d/keymask/fragments.hpp>

#include <algorithm>
#include <cmath>
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

// A block that moves 3 pixels to the right in every frame. Frames 0 to 2 are one object, frame 3
// has no mask, frames 4 and 5 are another.
struct renamed {
  s2d::video_masks masks = s2d::video_masks(6);
  std::vector<s2d::object> objects{object_of({{0, 0, 0.5F}, {1, 0, 0.5F}, {2, 0, 0.5F}}),
                                   object_of({{4, 0, 1}, {5, 0, 1}})};

  renamed() {
    for (std::size_t t : {0, 1, 2, 4, 5})
      masks[t].push_back({block(4 + 3 * static_cast<std::ptrdiff_t>(t)), 1});
  }
};

}  // namespace

TEST_CASE("An object that goes on under another name is one", "[fragments]") {
  const auto [masks, objects] = renamed{};
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
  CHECK(s2d::join_fragments(objects, masks, moving(6, -6)).size() == 2);
  CHECK(s2d::join_fragments(objects, masks, moving(6, 3), {.pause = 1}).size() == 2);
}

TEST_CASE("The flow may live on another grid", "[fragments]") {
  s2d::video_masks masks(2);
  masks[0].push_back({block(4), 1});
  masks[1].push_back({block(10), 1});
  const std::vector objects{object_of({{0, 0, 1}}), object_of({{1, 0, 1}})};
  CHECK(s2d::join_fragments(objects, masks, moving(2, 3, high / 2, wide / 2)).size() == 1);
}

TEST_CASE("What passes behind something is one", "[fragments]") {
  // A block of 8 x 8 moves by 3 pixels a frame behind a post of five columns; of the flow nothing
  // is known there. Where both sides show, the parts are unlike or few.
  s2d::video_masks masks(14);
  std::vector<s2d::object> objects(2);
  auto flow = moving(14, 3);
  for (auto* fields : {&flow.forward, &flow.backward})
    for (s2d::flow_field& field : *fields)
      for (std::ptrdiff_t y = 0; y < field.height(); ++y)
        for (std::ptrdiff_t x = 24; x < 29 && x < field.width(); ++x) field.u(y, x) = NAN;
  for (std::size_t t = 0; t < 14; ++t) {
    const auto left = 3 * static_cast<std::ptrdiff_t>(t);
    const auto before = std::min<std::ptrdiff_t>(left + 8, 24) - left;
    const auto behind = left + 8 - std::max<std::ptrdiff_t>(left, 29);
    if (before > 0) {
      objects[0].keymasks.push_back({t, masks[t].size(), 1});
      masks[t].push_back({block(left, before), 1});
    }
    if (behind > 0) {
      objects[1].keymasks.push_back({t, masks[t].size(), 1});
      masks[t].push_back({block(std::max<std::ptrdiff_t>(left, 29), behind), 1});
    }
  }
  CHECK(s2d::join_fragments(objects, masks, flow).size() == 1);
  CHECK(s2d::join_fragments(objects, masks, flow, {.gap = 0.6}).size() == 2);  // 5 of 8 pixels
  CHECK(s2d::join_fragments(objects, masks, flow, {.gap = 0.63}).size() == 1);
  // While it is half hidden it seems to stand still, as the post does.
  for (const std::size_t t : {6, 7})
    for (float& u : flow.forward[t].u.values) u = 0;
  CHECK(s2d::join_fragments(objects, masks, flow).size() == 1);
}

TEST_CASE("A piece of two things that stand apart joins one of them", "[fragments]") {
  s2d::video_masks masks(8);
  std::vector<s2d::object> objects(3);  // what is between the others, and these
  for (std::size_t t = 0; t < 8; ++t) {
    masks[t] = {{block(18, 1), 1}, {block(10), 1}, {block(19), 1}};
    for (std::size_t i = 0; i < 3; ++i) objects[i].keymasks.push_back({t, i, 1});
  }
  const auto joined = s2d::join_fragments(objects, masks, moving(8, 0));
  REQUIRE(joined.size() == 2);
  CHECK(joined[0].keymasks.size() == 16);
  CHECK(joined[1].keymasks.size() == 8);
}

TEST_CASE("What stands side by side for long is two", "[fragments]") {
  const auto joined = [](std::size_t frames, std::ptrdiff_t gap, std::ptrdiff_t top,
                         const s2d::fragment_options& options) {
    s2d::video_masks masks(8);
    std::vector<s2d::object> objects(2);
    for (std::size_t t = 0; t < 8; ++t) {
      masks[t].push_back({block(10), 1});
      objects[0].keymasks.push_back({t, 0, 1});
      if (t >= frames) continue;
      masks[t].push_back({block(18 + gap, 8, top), 1});
      objects[1].keymasks.push_back({t, 1, 1});
    }
    return s2d::join_fragments(objects, masks, moving(8, 0), options).size() == 1;
  };
  CHECK(joined(5, 2, 4, {}));
  CHECK(!joined(6, 2, 4, {}));
  CHECK(joined(6, 2, 4, {.apart = 7}));
  CHECK(joined(8, 2, 9, {}));   // 3 of 8 rows in common: not side by side
  CHECK(!joined(8, 2, 8, {}));  // 4 of 8
  CHECK(joined(8, 5, 9, {}));
  CHECK(!joined(8, 6, 9, {}));  // more than 2/3 of 8 pixels: not near
}

TEST_CASE("What moves otherwise is another thing", "[fragments]") {
  // The first block stands still and the second, which follows it in its place, moves.
  s2d::video_masks masks(12);
  std::vector<s2d::object> objects(2);
  auto flow = moving(12, 0);
  for (std::size_t t = 0; t < 12; ++t) {
    const bool late = t >= 6;
    masks[t].push_back({block(late ? 10 + 2 * static_cast<std::ptrdiff_t>(t - 6) : 10), 1});
    objects[late ? 1 : 0].keymasks.push_back({t, 0, 1});
    if (!late) continue;
    for (float& u : flow.forward[t].u.values) u = 2;
    if (t > 6)
      for (float& u : flow.backward[t].u.values) u = -2;
  }
  CHECK(s2d::join_fragments(objects, masks, flow).size() == 2);
  CHECK(s2d::join_fragments(objects, masks, flow, {.motion = 0.99}).size() == 2);
  CHECK(s2d::join_fragments(objects, masks, flow, {.motion = 1}).size() == 1);
}

TEST_CASE("Unknown motion is that of the other direction, of any grid", "[fragments]") {
  const auto [masks, objects] = renamed{};
  auto flow = moving(6, 3);
  for (const std::size_t t : {0, 1, 2})
    for (float& u : flow.forward[t].u.values) u = NAN;
  CHECK(s2d::join_fragments(objects, masks, flow).size() == 1);
  // Motions along x and y count alike, also on a grid that is narrower only.
  for (const std::ptrdiff_t columns : {wide, wide / 4}) {
    s2d::video_masks two(2);
    two[0] = two[1] = {{block(10, 8, 2), 1}, {block(10, 8, 11), 1}};
    auto turning = moving(2, 4.f * static_cast<float>(columns) / wide, high, columns);
    for (std::ptrdiff_t y = 0; y < high; ++y)
      for (std::ptrdiff_t x = 0; x < columns; ++x) turning.forward[0].v(y, x) = y < 10 ? -2.f : 2.f;
    for (std::size_t i = 0; i < turning.backward[1].v.values.size(); ++i)
      turning.backward[1].v.values[i] = -turning.forward[0].v.values[i];
    CHECK(s2d::join_fragments({object_of({{0, 0, 1}}), object_of({{0, 1, 1}})}, two, turning,
                              {.motion = 0.85})
              .size() == 2);  // 4 of 4.47
    CHECK(s2d::join_fragments({object_of({{0, 0, 1}}), object_of({{0, 1, 1}})}, two, turning,
                              {.motion = 0.9})
              .size() == 1);
  }
}

TEST_CASE("Masks of no object lead from one piece to the next, or keep two apart", "[fragments]") {
  s2d::video_masks masks(30);
  for (std::size_t t = 0; t < 30; ++t)
    masks[t].push_back({block(2 + static_cast<std::ptrdiff_t>(t)), 1});
  const std::vector ends{object_of({{0, 0, 1}, {1, 0, 1}}), object_of({{28, 0, 1}, {29, 0, 1}})};
  CHECK(s2d::join_fragments(ends, masks, moving(30, 1)).size() == 1);
  CHECK(s2d::join_fragments(ends, masks, moving(30, 1), {.reach = 0}).size() == 2);
  auto gone = masks;
  for (std::size_t t = 9; t < 19; ++t) gone[t].clear();
  CHECK(s2d::join_fragments(ends, gone, moving(30, 1)).size() == 2);  // eleven frames
  gone[18] = masks[18];
  CHECK(s2d::join_fragments(ends, gone, moving(30, 1)).size() == 1);

  // Of several the one that fits best leads on, in whatever order they are.
  for (const bool part_first : {false, true}) {
    s2d::video_masks three(3);
    three[0] = {{block(0), 1}};
    three[1] = {{block(0), 1}, {block(0, 3), 1}};
    three[2] = {{block(13), 1}};  // near the whole block, not near a part of three columns
    if (part_first) std::swap(three[1][0], three[1][1]);
    const std::vector pair{object_of({{0, 0, 1}}), object_of({{2, 0, 1}})};
    CHECK(s2d::join_fragments(pair, three, moving(3, 0)).size() == 1);
  }

  // One begins beside where the other ends, but both are there all the time.
  s2d::video_masks two(20);
  std::vector<s2d::object> objects(2);
  for (std::size_t t = 0; t < 20; ++t) {
    two[t].push_back({block(10), 1});
    two[t].push_back({block(22), 1});
    objects[t < 10 ? 0 : 1].keymasks.push_back({t, t < 10 ? 0u : 1u, 1});
  }
  CHECK(s2d::join_fragments(objects, two, moving(20, 0)).size() == 2);
  for (std::size_t t = 0; t < 20; ++t) two[t].erase(two[t].begin() + (t < 10 ? 1 : 0));
  for (auto& key : objects[1].keymasks) key.index = 0;
  CHECK(s2d::join_fragments(objects, two, moving(20, 0)).size() == 1);
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
  for (const s2d::fragment_options& bad :
       {s2d::fragment_options{.overlap = 0}, s2d::fragment_options{.overlap = 1.5},
        s2d::fragment_options{.gap = 0}, s2d::fragment_options{.motion = NAN},
        s2d::fragment_options{.motion = INFINITY}})
    CHECK_THROWS_AS(s2d::join_fragments({}, masks, moving(3, 0), bad), s2d::invalid_input);
  auto planes = moving(3, 0);
  planes.forward[1].v = s2d::matrix<float>(2, 3);
  CHECK_THROWS_WITH(s2d::join_fragments({}, masks, planes),
                    Catch::Contains("planes of the flow of frame 1 differ"));
  s2d::video_masks odd(2);
  odd[0].push_back({block(4), 1});
  odd[1].push_back({s2d::bit_mask(3, 4), 1});
  CHECK_THROWS_AS(
      s2d::join_fragments({object_of({{0, 0, 1}}), object_of({{1, 0, 1}})}, odd, moving(2, 0)),
      s2d::invalid_input);
}
