#include <s2d/keymask/companions.hpp>

#include <cmath>
#include <random>
#include <vector>

#include "support/catch.hpp"

namespace companions_test {

constexpr std::ptrdiff_t high = 24, wide = 90;

s2d::bit_mask block(std::ptrdiff_t left, std::ptrdiff_t columns = 8, std::ptrdiff_t rows = 12) {
  s2d::bit_mask mask(high, wide);
  for (std::ptrdiff_t y = 4; y < 4 + rows; ++y)
    for (std::ptrdiff_t x = left; x < left + columns; ++x) mask.set(y, x);
  return mask;
}

// Two blocks that move to the right; the second one at another speed, so that a gap between them
// opens or closes. Masks are those of what touches.
struct scene {
  std::vector<s2d::bit_mask> first, second;
  s2d::video_masks masks;
  s2d::video_flow flow;
  s2d::object both;              // all masks
  std::vector<s2d::object> two;  // the first block alone, and all the others

  scene(std::size_t frames, const std::vector<std::ptrdiff_t>& gaps, std::ptrdiff_t rows = 12) {
    flow.forward.resize(frames);
    flow.backward.resize(frames);
    two.resize(2);
    for (std::size_t t = 0; t < frames; ++t) {
      const auto x = 3 + 2 * static_cast<std::ptrdiff_t>(t);
      first.push_back(block(x));
      second.push_back(block(x + 8 + gaps[t], 8, rows));
      masks.emplace_back();
      if (gaps[t] > 0) {
        masks[t].push_back({first[t], 0.5f});
        masks[t].push_back({second[t], 0.25f});
      } else {
        masks[t].push_back({s2d::unite(first[t], second[t]), 0.75f});
      }
      for (std::size_t i = 0; i < masks[t].size(); ++i) {
        both.keymasks.push_back({t, i, 1});
        two[gaps[t] > 0 && i == 0 ? 0 : 1].keymasks.push_back({t, i, 1});
      }
      // Each pixel moves with the block on its side of the gap.
      const auto moves = [&](std::size_t from, std::size_t to) {
        s2d::flow_field field(high, wide);
        const std::ptrdiff_t begin = 3 + 2 * static_cast<std::ptrdiff_t>(from);
        const auto step = 2 * (static_cast<float>(to) - static_cast<float>(from));
        for (std::ptrdiff_t y = 0; y < high; ++y)
          for (std::ptrdiff_t i = 0; i < wide; ++i)
            field.u(y, i) =
                step +
                (i < begin + 8 + gaps[from] ? 0.f : static_cast<float>(gaps[to] - gaps[from]));
        return field;
      };
      if (t + 1 < frames) flow.forward[t] = moves(t, t + 1);
      if (t > 0) flow.backward[t] = moves(t, t - 1);
    }
  }
  /// All frames have both blocks, each as a mask of its own, in whatever order.
  [[nodiscard]] bool cut(std::size_t t) const {
    if (masks[t].size() != 2) return false;
    const auto &a = masks[t][0].mask, &b = masks[t][1].mask;
    return (a == first[t] && b == second[t]) || (a == second[t] && b == first[t]);
  }
};

TEST_CASE("what touches in some frames is cut there by what was seen apart", "[companions]") {
  // Apart before, behind, on both sides of the frames in which they touch; and gaps that close
  // within a frame.
  const auto gaps = GENERATE(std::vector<std::ptrdiff_t>{3, 3, 3, 2, 1, 0, 0, 0, 0, 0},
                             std::vector<std::ptrdiff_t>{0, 0, 0, 0, 0, 1, 2, 3, 4, 5},
                             std::vector<std::ptrdiff_t>{2, 1, 1, 0, 0, 0, 0, 1, 2, 2},
                             std::vector<std::ptrdiff_t>{0, 1, 0, 1, 0, 1, 0, 1, 0, 1});
  scene clip(10, gaps);
  const auto touching = static_cast<std::size_t>(std::count(gaps.begin(), gaps.end(), 0));
  const auto objects = GENERATE_COPY(std::vector{clip.both}, clip.two,
                                     std::vector{clip.two[1], clip.two[0], clip.both});
  CHECK(s2d::cut_companions(clip.masks, objects, clip.flow) == touching);
  for (std::size_t t = 0; t < 10; ++t) {
    CAPTURE(t);
    CHECK(clip.cut(t));
    if (gaps[t] == 0)
      for (const s2d::frame_mask& each : clip.masks[t]) CHECK(each.confidence == 0.75f);
  }
  // Nothing is left to cut.
  clip.both.keymasks.clear();
  for (std::size_t t = 0; t < 10; ++t)
    for (const std::size_t i : {0, 1}) clip.both.keymasks.push_back({t, i, 1});
  CHECK(s2d::cut_companions(clip.masks, {clip.both}, clip.flow) == 0);
}

TEST_CASE("the flow may lie on a smaller grid", "[companions]") {
  scene clip(9, {2, 2, 2, 2, 2, 1, 0, 0, 0});
  for (auto* fields : {&clip.flow.forward, &clip.flow.backward})
    for (s2d::flow_field& field : *fields) {
      if (field.empty()) continue;
      s2d::flow_field half(high / 2, wide / 2);
      for (std::ptrdiff_t y = 0; y < high / 2; ++y)
        for (std::ptrdiff_t x = 0; x < wide / 2; ++x) half.u(y, x) = field.u(2 * y, 2 * x) / 2;
      field = std::move(half);
    }
  CHECK(s2d::cut_companions(clip.masks, {clip.both}, clip.flow) == 3);
  for (const std::size_t t : {6, 7, 8}) {
    CAPTURE(t);
    REQUIRE(clip.masks[t].size() == 2);
    const auto common = s2d::intersection_area(clip.masks[t][0].mask, clip.first[t]);
    CHECK((common >= 84 || common <= 12));  // of 96: at most a column is the other's
  }
}

TEST_CASE("one thing is not cut", "[companions]") {
  const std::vector<std::ptrdiff_t> gaps{2, 2, 2, 1, 0, 0, 0, 0, 0, 0};
  scene clip(10, gaps);
  const s2d::video_masks before = clip.masks;
  const auto cuts = [&](const s2d::companion_options& options) {
    auto masks = before;
    return s2d::cut_companions(masks, {clip.both}, clip.flow, options);
  };
  CHECK(cuts({}) == 0);  // seen apart in four frames only
  CHECK(cuts({.frames = 4}) == 6);
  CHECK(cuts({.share = 0.41, .frames = 4}) == 0);
  CHECK(cuts({.share = 0.4, .frames = 4}) == 6);
  CHECK(cuts({.frames = 4, .least = 0.51}) == 0);

  // A piece that is too small to be another thing.
  scene small(10, {2, 2, 2, 2, 2, 1, 0, 0, 0, 0}, 2);
  auto masks = small.masks;
  CHECK(s2d::cut_companions(masks, {small.both}, small.flow) == 0);
  masks = small.masks;
  CHECK(s2d::cut_companions(masks, {small.both}, small.flow, {.like = 0.1, .least = 0.1}) == 4);

  // One above the other: parts of one thing.
  scene stacked(10, {2, 2, 2, 2, 2, 2, 0, 0, 0, 0});
  for (std::size_t t = 0; t < 6; ++t) {
    stacked.masks[t][0].mask = block(20, 12, 8);
    stacked.masks[t][1].mask = s2d::bit_mask(high, wide);
    for (std::ptrdiff_t y = 14; y < 22; ++y)
      for (std::ptrdiff_t x = 22; x < 30; ++x) stacked.masks[t][1].mask.set(y, x);
  }
  CHECK(s2d::cut_companions(stacked.masks, {stacked.both}, stacked.flow) == 0);

  // Each an object of its own, or no object at all.
  s2d::object one = clip.both;
  std::erase_if(one.keymasks, [](const s2d::keymask& key) { return key.index == 1; });
  masks = before;
  CHECK(s2d::cut_companions(masks, {one}, clip.flow, {.frames = 1}) == 0);
  CHECK(s2d::cut_companions(masks, {}, clip.flow) == 0);
  CHECK(s2d::cut_companions(masks, {s2d::object{}}, clip.flow, {.share = 0, .frames = 0}) == 0);
}

TEST_CASE("of two cuts the one that came less far counts", "[companions]") {
  scene clip(11, {2, 2, 2, 0, 0, 0, 0, 0, 2, 2, 2});
  for (float& u : clip.flow.backward[5].u.values) u -= 4;  // what comes from before is shifted
  CHECK(s2d::cut_companions(clip.masks, {clip.both}, clip.flow) == 5);
  CHECK(clip.cut(3));
  CHECK(clip.cut(4));
  CHECK(clip.cut(6));
  CHECK(clip.cut(7));
}

TEST_CASE("the part of the same thing stays in its place in all frames", "[companions]") {
  scene clip(8, {2, 2, 2, 2, 2, 0, 0, 0});
  for (std::ptrdiff_t x = 0; x < wide; ++x)
    clip.masks[4][0].mask.set(15, x, false);  // the first block is the smaller one there
  CHECK(s2d::cut_companions(clip.masks, {clip.both}, clip.flow) == 3);
  for (const std::size_t t : {5, 6, 7}) CHECK(clip.masks[t][0].mask == clip.first[t]);
}

TEST_CASE("a key mask that is listed twice counts once", "[companions]") {
  scene clip(9, {2, 2, 2, 2, 2, 0, 0, 0, 0});
  for (std::size_t t = 0; t < 5; ++t)
    clip.both.keymasks.insert(clip.both.keymasks.begin(), s2d::keymask{t, 0, 1});
  CHECK(s2d::cut_companions(clip.masks, {clip.both}, clip.flow) == 4);
}

TEST_CASE("a mask that does not hold both is not cut", "[companions]") {
  // From frame 6 on the mask is that of the first block, with some columns of the second.
  const auto cuts = [](std::ptrdiff_t columns, const s2d::companion_options& options) {
    scene clip(9, {2, 2, 2, 2, 2, 0, 0, 0, 0});
    for (const std::size_t t : {6, 7, 8})
      clip.masks[t][0].mask = block(3 + 2 * static_cast<std::ptrdiff_t>(t), 8 + columns);
    return s2d::cut_companions(clip.masks, clip.two, clip.flow, options);
  };
  CHECK(cuts(0, {}) == 1);
  CHECK(cuts(3, {}) == 1);  // 11 columns of 16, 3 of the second's 8
  CHECK(cuts(3, {.fill = 0.68}) == 1);
  CHECK(cuts(3, {.inside = 0.37}) == 1);
  CHECK(cuts(3, {.fill = 0.68, .inside = 0.37}) == 4);
  CHECK(cuts(4, {}) == 4);  // 12 of 16, 4 of 8; from there on the second has four
}

TEST_CASE("discovery is repeated while there is something to cut", "[companions]") {
  scene clip(9, {2, 2, 2, 2, 2, 0, 0, 0, 0});
  const auto all_masks = [](const s2d::video_masks& masks) {
    s2d::discovery found;
    s2d::object& one = found.objects.emplace_back();
    for (std::size_t t = 0; t < masks.size(); ++t)
      for (std::size_t i = 0; i < masks[t].size(); ++i) one.keymasks.push_back({t, i, 1});
    return found;
  };
  int calls = 0;
  const auto found = s2d::discover_companions(clip.masks, clip.flow, [&](const auto& masks) {
    ++calls;
    return all_masks(masks);
  });
  CHECK(calls == 2);
  CHECK(found.objects[0].keymasks.size() == 18);
  for (std::size_t t = 0; t < 9; ++t) CHECK(clip.cut(t));

  // A discovery for which there is always something to cut.
  clip = scene(9, {2, 2, 2, 2, 2, 0, 0, 0, 0});
  calls = 0;
  (void)s2d::discover_companions(clip.masks, clip.flow, [&](const auto&) {
    ++calls;
    clip.masks = scene(9, {2, 2, 2, 2, 2, 0, 0, 0, 0}).masks;
    return all_masks(clip.masks);
  });
  CHECK(calls == 4);

  s2d::video_masks none;
  CHECK(s2d::discover_companions(none, {}, all_masks).objects.size() == 1);
}

TEST_CASE("companions are not followed over frames without flow, nor where one is lost",
          "[companions]") {
  scene clip(10, {2, 2, 2, 2, 1, 0, 0, 0, 0, 0});
  clip.flow.backward[7] = {};
  CHECK(s2d::cut_companions(clip.masks, {clip.both}, clip.flow) == 2);
  CHECK(clip.masks[7].size() == 1);

  scene left(10, {2, 2, 2, 2, 1, 0, 0, 0, 0, 0});
  for (float& u : left.flow.backward[6].u.values) u = -1000;  // from outside the frame
  CHECK(s2d::cut_companions(left.masks, {left.both}, left.flow) == 1);
}

TEST_CASE("a cut gives every pixel of a mask to one part", "[companions]") {
  std::mt19937 random{2};
  const auto draw = [&](int most) {
    return static_cast<std::ptrdiff_t>(std::uniform_int_distribution<>{0, most}(random));
  };
  std::size_t cuts = 0;
  for (int round = 0; round < 30; ++round) {
    CAPTURE(round);
    scene clip(8, {2, 2, 2, 2, 2, 0, 0, 0});
    std::normal_distribution<float> noise{0, 1.5f};
    for (auto* fields : {&clip.flow.forward, &clip.flow.backward})
      for (s2d::flow_field& field : *fields)
        for (float& u : field.u.values) u += noise(random);
    for (const std::size_t t : {5, 6, 7})  // pieces that no path leads to
      for (int i = 0; i < 20; ++i) clip.masks[t][0].mask.set(draw(high - 1), draw(wide - 1));
    const s2d::video_masks before = clip.masks;
    cuts += s2d::cut_companions(clip.masks, {clip.both}, clip.flow);
    for (std::size_t t = 0; t < 8; ++t) {
      if (clip.masks[t].size() == before[t].size()) {
        for (std::size_t i = 0; i < before[t].size(); ++i)
          CHECK(clip.masks[t][i].mask == before[t][i].mask);
        continue;
      }
      REQUIRE(clip.masks[t].size() == 2);
      const auto &a = clip.masks[t][0].mask, &b = clip.masks[t][1].mask;
      CHECK(s2d::unite(a, b) == before[t][0].mask);
      CHECK(s2d::intersection_area(a, b) == 0);
    }
  }
  CHECK(cuts > 30);
}

TEST_CASE("bad input of companions is refused by name", "[companions]") {
  scene clip(6, {2, 2, 2, 2, 2, 0});
  CHECK_THROWS_WITH(s2d::cut_companions(clip.masks, {clip.both}, {}),
                    Catch::Contains("flow of 0 frames forward and 0 backward for masks of 6"));
  for (const s2d::companion_options& bad :
       {s2d::companion_options{.like = -1}, s2d::companion_options{.share = 2},
        s2d::companion_options{.fill = -0.1}, s2d::companion_options{.inside = NAN},
        s2d::companion_options{.least = 1.5}})
    CHECK_THROWS_WITH(s2d::cut_companions(clip.masks, {clip.both}, clip.flow, bad),
                      Catch::Contains("companion_options"));
  auto odd_flow = clip.flow;
  odd_flow.backward[4].v = s2d::matrix<float>(2, 3);
  CHECK_THROWS_WITH(s2d::cut_companions(clip.masks, {clip.both}, odd_flow),
                    Catch::Contains("planes of the flow of frame 4 differ"));
  s2d::object wrong = clip.both;
  wrong.keymasks.push_back({5, 9, 1});
  CHECK_THROWS_WITH(s2d::cut_companions(clip.masks, {wrong}, clip.flow),
                    Catch::Contains("key mask 9 of frame 5"));
  clip.masks[3][0].mask = s2d::bit_mask(3, 4);
  CHECK_THROWS_AS(s2d::cut_companions(clip.masks, {clip.both}, clip.flow), s2d::invalid_input);
  s2d::object other = clip.both, odd = clip.both;
  std::erase_if(other.keymasks, [](const auto& key) { return key.frame == 3; });
  std::erase_if(odd.keymasks, [](const auto& key) { return key.frame != 3 || key.index != 0; });
  CHECK_THROWS_AS(s2d::cut_companions(clip.masks, {other, odd}, clip.flow), s2d::invalid_input);
}

}  // namespace companions_test
