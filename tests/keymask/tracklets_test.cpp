#include <s2d/keymask/tracklets.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <random>
#include <utility>
#include <vector>

#include <s2d/keymask/objects.hpp>

#include "support/catch.hpp"

namespace tracklets_test {

constexpr std::ptrdiff_t high = 24, wide = 120;

s2d::bit_mask block(std::ptrdiff_t left, std::ptrdiff_t columns = 8, std::ptrdiff_t top = 4,
                    std::ptrdiff_t rows = 10) {
  s2d::bit_mask mask(high, wide);
  for (std::ptrdiff_t y = top; y < top + rows; ++y)
    for (std::ptrdiff_t x = std::max<std::ptrdiff_t>(left, 0); x < left + columns && x < wide; ++x)
      mask.set(y, x);
  return mask;
}

// Nothing moves: masks of neighbouring frames overlap where they are.
s2d::video_flow still(std::size_t frames) {
  s2d::video_flow flow;
  flow.forward.resize(frames);
  flow.backward.resize(frames);
  for (std::size_t t = 0; t < frames; ++t) {
    if (t + 1 < frames) flow.forward[t] = s2d::flow_field(high, wide);
    if (t > 0) flow.backward[t] = s2d::flow_field(high, wide);
  }
  return flow;
}

// The same number of pixels to the right everywhere, on a grid of half the size.
s2d::video_flow moving(std::size_t frames, float u) {
  s2d::video_flow flow = still(frames);
  for (std::size_t t = 0; t < frames; ++t) {
    flow.forward[t] = t + 1 < frames ? s2d::flow_field(high / 2, wide / 2) : s2d::flow_field{};
    flow.backward[t] = t > 0 ? s2d::flow_field(high / 2, wide / 2) : s2d::flow_field{};
    for (float& value : flow.forward[t].u.values) value = u / 2;
    for (float& value : flow.backward[t].u.values) value = -u / 2;
  }
  return flow;
}

using frames = std::vector<std::size_t>;

frames frames_of(const s2d::tracklet& one) {
  frames all;
  for (const s2d::mask_id& id : one.masks) all.push_back(id.frame);
  return all;
}

std::vector<frames> frames_of(const std::vector<s2d::tracklet>& all) {
  std::vector<frames> result;
  for (const s2d::tracklet& one : all) result.push_back(frames_of(one));
  return result;
}

// Two blocks that walk towards each other by 3 pixels a frame, are one mask in three frames, pass
// and go on. Frame 0 to 15; they touch in 7 to 9. The one that walks to the right is red.
struct crossing {
  static constexpr std::size_t count = 16;
  s2d::video_masks masks = s2d::video_masks(count);
  s2d::video_flow flow = still(count);
  std::vector<s2d::image> pictures;
  s2d::object all;  // every mask

  static std::ptrdiff_t right(std::size_t t) { return 30 + 3 * static_cast<std::ptrdiff_t>(t); }
  static std::ptrdiff_t left(std::size_t t) { return 78 - 3 * static_cast<std::ptrdiff_t>(t); }

  crossing() {
    for (std::size_t t = 0; t < count; ++t) {
      const s2d::bit_mask a = block(right(t)), b = block(left(t));
      if (t >= 7 && t < 10) {
        masks[t].push_back({s2d::unite(a, b), 1});
      } else {  // the one further to the left comes first, as segmenters have it
        masks[t].push_back({right(t) < left(t) ? a : b, 1});
        masks[t].push_back({right(t) < left(t) ? b : a, 1});
      }
      for (std::size_t i = 0; i < masks[t].size(); ++i) all.keymasks.push_back({t, i, 0.5F});
      s2d::image picture(high, wide);
      for (std::ptrdiff_t y = 0; y < high; ++y)
        for (std::ptrdiff_t x = 0; x < wide; ++x) {
          picture.row(y)[3 * x] = a(y, x) ? 255 : 0;
          picture.row(y)[3 * x + 2] = b(y, x) ? 255 : 0;
        }
      pictures.push_back(std::move(picture));
    }
    all.visibility = {{0, count - 1}};
    // Flow of either half moves with the block there.
    for (std::size_t t = 0; t < count; ++t)
      for (std::ptrdiff_t y = 0; y < high; ++y)
        for (std::ptrdiff_t x = 0; x < wide; ++x) {
          const bool first = (right(t) < left(t)) == (2 * x < right(t) + left(t) + 8);
          if (t > 0) flow.backward[t].u(y, x) = first ? -3.F : 3.F;
          if (t + 1 < count) flow.forward[t].u(y, x) = first ? 3.F : -3.F;
        }
  }
};

// What discovery says of these objects: every mask has a coherence of its own.
s2d::discovery discovered(std::vector<s2d::object> objects, const s2d::video_masks& masks) {
  s2d::discovery found;
  found.frames = masks.size();
  found.objects = std::move(objects);
  for (std::size_t t = 0; t < masks.size(); ++t)
    for (std::size_t i = 0; i < masks[t].size(); ++i) {
      found.masks.push_back({t, i});
      found.coherence.push_back(0.5F + 0.01F * static_cast<float>(t));
    }
  return found;
}

TEST_CASE("A tracklet follows a mask along the flow", "[tracklets]") {
  s2d::video_masks masks(6);
  for (std::size_t t = 0; t < 6; ++t) {
    masks[t].push_back({s2d::bit_mask(high, wide), 1});  // empty: in none
    if (t != 3) masks[t].push_back({block(6 * static_cast<std::ptrdiff_t>(t)), 1});
  }
  CHECK(frames_of(s2d::find_tracklets(masks, moving(6, 6))) ==
        std::vector<frames>{{0, 1, 2}, {4, 5}});
  // Carried by 2 it overlaps by a third of both: 4 of 12 columns.
  CHECK(s2d::find_tracklets(masks, moving(6, 2)).size() == 5);
  CHECK(s2d::find_tracklets(masks, moving(6, 2), {}, {.overlap = 0.33}).size() == 2);
  s2d::video_flow cut = moving(6, 6);
  cut.backward[1] = {};
  CHECK(frames_of(s2d::find_tracklets(masks, cut)) == std::vector<frames>{{0}, {1, 2}, {4, 5}});
}

TEST_CASE("A tracklet ends where it is not clear what goes on", "[tracklets]") {
  const crossing scene;
  const auto tracklets = s2d::find_tracklets(scene.masks, scene.flow);
  REQUIRE(tracklets.size() == 5);
  CHECK(frames_of(tracklets[0]) == frames{0, 1, 2, 3, 4, 5, 6});
  CHECK(frames_of(tracklets[1]) == frames{0, 1, 2, 3, 4, 5, 6});
  CHECK(frames_of(tracklets[2]) == frames{7, 8, 9});
  CHECK(frames_of(tracklets[3]) == frames{10, 11, 12, 13, 14, 15});
  CHECK(frames_of(tracklets[4]) == frames{10, 11, 12, 13, 14, 15});
  // What is much smaller does not count: a speck that is swallowed, and one that comes off.
  s2d::video_masks specks(3);
  for (auto& frame : specks) frame.push_back({block(20), 1});
  specks[0].push_back({block(26, 2, 4, 9), 1});
  specks[2].push_back({block(26, 2, 4, 9), 1});
  CHECK(frames_of(s2d::find_tracklets(specks, still(3))) ==
        std::vector<frames>{{0, 1, 2}, {0}, {2}});
}

TEST_CASE("The best pair comes first, and half in common is not clear", "[tracklets]") {
  // Frame 1 has a mask 2 pixels further and one 1 pixel further on; both overlap by more than 0.4.
  s2d::video_masks masks(2);
  masks[0].push_back({block(20), 1});
  masks[1].push_back({block(22), 1});
  masks[1].push_back({block(19), 1});
  const auto found = s2d::find_tracklets(masks, still(2), {}, {.shared = 1});
  REQUIRE(found.size() == 2);
  CHECK(found[0].masks.back() == s2d::mask_id{1, 1});
  CHECK(s2d::find_tracklets(masks, still(2)).size() == 3);  // 6 of 8 columns, 7 of 8 columns
  // A second one that has 3 of 8 columns in common with the first.
  masks[1][0].mask = block(25);
  CHECK(s2d::find_tracklets(masks, still(2)).size() == 2);
  CHECK(s2d::find_tracklets(masks, still(2), {}, {.shared = 0.37}).size() == 3);
  masks[1][0].mask = block(24);  // exactly one half
  CHECK(s2d::find_tracklets(masks, still(2)).size() == 3);
}

TEST_CASE("Between equal pictures masks stay, at a cut nothing goes on", "[tracklets]") {
  // A block that moves 3 pixels a frame; frame 3 repeats frame 2, without flow between them.
  s2d::video_masks masks(7);
  s2d::video_flow flow = moving(7, 3);
  flow.backward[3] = flow.forward[2] = {};
  std::vector<s2d::image> pictures;
  for (std::size_t t = 0; t < 7; ++t) {
    const auto place = static_cast<std::ptrdiff_t>(t > 2 ? t - 1 : t);
    masks[t].push_back({block(3 * place), 1});
    s2d::image picture(high, wide);
    picture.row(2)[place] = 255;
    pictures.push_back(std::move(picture));
  }
  CHECK(s2d::find_tracklets(masks, flow, pictures).size() == 1);
  CHECK(s2d::find_tracklets(masks, flow).size() == 2);
  // The same with what is linked, of which frame 3 has no mask.
  masks[3].clear();
  const auto parts = s2d::find_tracklets(masks, flow, pictures);
  REQUIRE(parts.size() == 2);
  CHECK(s2d::link_tracklets(parts, masks, flow, pictures).size() == 1);
  CHECK(s2d::link_tracklets(parts, masks, flow).size() == 2);
  pictures[3].row(0)[0] = 1;
  CHECK(s2d::link_tracklets(parts, masks, flow, pictures).size() == 2);
}

TEST_CASE("Every mask with a pixel is in one tracklet, once", "[tracklets]") {
  std::mt19937 random{7};
  for (int round = 0; round < 40; ++round) {
    const std::size_t count = random() % 9;
    s2d::video_masks masks(count);
    std::size_t pixels = 0;
    for (auto& frame : masks)
      for (std::size_t k = random() % 5; k > 0; --k) {
        const bool empty = random() % 6 == 0;
        frame.push_back({empty ? s2d::bit_mask(high, wide)
                               : block(static_cast<std::ptrdiff_t>(random() % 100),
                                       1 + static_cast<std::ptrdiff_t>(random() % 20)),
                         1});
        pixels += empty ? 0 : 1;
      }
    const s2d::video_flow flow = moving(count, static_cast<float>(random() % 7) - 3);
    const auto found = s2d::find_tracklets(masks, flow);
    for (const auto& list : {found, s2d::link_tracklets(found, masks, flow)}) {
      std::map<std::pair<std::size_t, std::size_t>, int> seen;
      std::pair<std::size_t, std::size_t> last{0, 0};
      for (const s2d::tracklet& one : list) {
        REQUIRE(!one.masks.empty());
        const std::pair begin{one.masks.front().frame, one.masks.front().index};
        CHECK(last <= begin);
        last = begin;
        for (std::size_t k = 0; k < one.masks.size(); ++k) {
          CHECK(++seen[{one.masks[k].frame, one.masks[k].index}] == 1);
          if (k > 0) CHECK(one.masks[k - 1].frame < one.masks[k].frame);
        }
      }
      CHECK(seen.size() == pixels);
    }
  }
}

TEST_CASE("Tracklets are linked where one is expected to go on as the other", "[tracklets]") {
  // A block that moves 3 pixels a frame and is not seen in frames 4 to 7.
  s2d::video_masks masks(12);
  for (std::size_t t : {0, 1, 2, 3, 8, 9, 10, 11})
    masks[t].push_back({block(3 * static_cast<std::ptrdiff_t>(t)), 1});
  const s2d::video_flow flow = moving(12, 3);
  const auto parts = s2d::find_tracklets(masks, flow);
  REQUIRE(parts.size() == 2);
  const auto linked = [&](const s2d::link_options& options) {
    return s2d::link_tracklets(parts, masks, flow, {}, options).size();
  };
  CHECK(linked({}) == 1);
  CHECK(linked({.reach = 5}) == 1);
  CHECK(linked({.reach = 4}) == 2);
  CHECK(linked({.distance = 0.01}) == 1);  // exactly where it is expected
  // With the place alone it is 15 pixels off, of a size of 9.
  CHECK(linked({.masks = 1, .distance = 1.6}) == 2);
  CHECK(linked({.masks = 1, .distance = 1.7}) == 1);
  s2d::video_flow cut = flow;
  cut.backward[6] = {};
  CHECK(s2d::link_tracklets(parts, masks, cut).size() == 2);
  // Also what was linked may be linked again; what has no masks is left out.
  auto more = parts;
  more.emplace_back();
  CHECK(s2d::link_tracklets(s2d::link_tracklets(more, masks, flow), masks, flow).size() == 1);
}

TEST_CASE("Each end of a tracklet has its own place, motion and colours", "[tracklets]") {
  // It stands in frames 0 to 9, then runs by 6 pixels a frame until frame 13; the other one is
  // where it would be in frame 16. The colour of the first masks is another one.
  s2d::video_masks masks(20);
  s2d::video_flow flow = still(20);
  const auto place = [](std::size_t t) {
    return 10 + (t > 9 ? 6 * (static_cast<std::ptrdiff_t>(t) - 9) : 0);
  };
  std::vector<s2d::image> pictures(20, s2d::image(high, wide));
  for (std::size_t t = 0; t < 20; ++t) {
    if (t < 14 || t > 15) masks[t].push_back({block(place(t)), 1});
    if (t > 9)
      for (float& u : flow.backward[t].u.values) u = -6;
    for (std::ptrdiff_t y = 0; y < high; ++y)
      for (std::ptrdiff_t x = 0; x < 3 * wide; ++x)
        pictures[t].row(y)[x] = t < 4 ? 255 : y < 9 ? 100 : 20;
  }
  const auto parts = s2d::find_tracklets(masks, flow);
  REQUIRE(parts.size() == 2);
  const auto linked = [&](const s2d::link_options& options) {
    return s2d::link_tracklets(parts, masks, flow, pictures, options).size();
  };
  CHECK(linked({.masks = 4, .distance = 0.1}) == 1);
  CHECK(linked({.masks = 14, .distance = 0.1}) == 2);
  CHECK(linked({.reach = 3, .masks = 4}) == 1);
  CHECK(linked({.reach = 2, .masks = 4}) == 2);
  // Tracklets may come in any order; results do not.
  const auto turned = s2d::link_tracklets({parts[1], parts[0]}, masks, flow, {}, {.reach = 1});
  REQUIRE(turned.size() == 2);
  CHECK(turned[0].masks.front().frame == 0);

  const auto first = s2d::detail::end_of(parts[0].masks, false, masks, pictures, 4);
  const auto last = s2d::detail::end_of(parts[0].masks, true, masks, pictures, 4);
  CHECK(first.frame == 0);
  CHECK(last.frame == 13);
  CHECK(std::abs(first.velocity[1]) < 1e-9);
  CHECK(std::abs(last.velocity[1] - 6) < 1e-9);
  CHECK(std::abs(last.place[1] - static_cast<double>(place(13)) - 3.5) < 1e-9);
  CHECK(std::abs(last.size - std::sqrt(80.0)) < 1e-9);
  // Rows 4 to 8 are the upper half. Of the last ten masks none is white, of the first four are.
  CHECK(std::abs(last.color[0] - 100.0 / 255) < 1e-9);
  CHECK(std::abs(last.color[5] - 20.0 / 255) < 1e-9);
  CHECK(std::abs(first.color[0] - (4 * 255.0 + 6 * 100) / 10 / 255) < 1e-9);
  CHECK(std::abs(s2d::detail::color_difference(first, last) -
                 std::sqrt(3 * (0.4 * 155 / 255) * (0.4 * 155 / 255) +
                           3 * (0.4 * 235 / 255) * (0.4 * 235 / 255))) < 1e-9);
}

TEST_CASE("Of two that could go on, size and colour decide", "[tracklets]") {
  // One block is hidden in frame 3; then there are two, at the same distance from where it was.
  s2d::video_masks masks(6);
  for (std::size_t t : {0, 1, 2}) masks[t].push_back({block(50), 1});
  for (std::size_t t : {4, 5}) {
    masks[t].push_back({block(46), 1});
    masks[t].push_back({block(56, 4), 1});
  }
  const s2d::video_flow flow = still(6);
  const auto parts = s2d::find_tracklets(masks, flow);
  REQUIRE(parts.size() == 3);
  const auto follower = [&](const std::vector<s2d::image>& pictures,
                            const s2d::link_options& options) {
    const auto linked = s2d::link_tracklets(parts, masks, flow, pictures, options);
    REQUIRE(linked.size() == 2);
    return linked[0].masks[3].index;
  };
  CHECK(follower({}, {}) == 0);  // of the same size
  std::vector<s2d::image> pictures(6, s2d::image(high / 2, wide / 2));
  const auto paint = [&](const frames& at, std::ptrdiff_t from, std::ptrdiff_t to) {
    for (const std::size_t t : at)
      for (std::ptrdiff_t y = 0; y < high / 2; ++y)
        for (std::ptrdiff_t x = from / 2; x < to / 2; ++x) pictures[t].row(y)[3 * x + 1] = 200;
  };
  paint({0, 1, 2}, 50, 58);
  paint({4, 5}, 56, 60);
  CHECK(follower(pictures, {}) == 1);
  CHECK(follower(pictures, {.color = 0}) == 0);
  // The nearer one where nothing else tells them apart, and the earlier one of two as near.
  masks[4][1].mask = masks[5][1].mask = block(55);
  masks[4][0].mask = masks[5][0].mask = block(46);
  CHECK(follower({}, {}) == 0);
  masks[4][0].mask = masks[5][0].mask = block(44);
  CHECK(follower({}, {}) == 1);
  masks[4][1].mask = masks[5][1].mask = block(56, 4);
  masks[4][0].mask = masks[5][0].mask = block(46);
  CHECK(follower(pictures, {.size = 20}) == 0);
}

TEST_CASE("Of two that could go on the earlier one is cheaper", "[tracklets]") {
  // It stands; soon there is one a pixel further on, later one where it was.
  s2d::video_masks masks(11);
  for (std::size_t t : {0, 1, 2, 3, 9, 10}) masks[t].push_back({block(50), 1});
  for (std::size_t t : {5, 6}) masks[t].push_back({block(51), 1});
  const s2d::video_flow flow = still(11);
  const auto parts = s2d::find_tracklets(masks, flow);
  REQUIRE(parts.size() == 3);
  CHECK(s2d::link_tracklets(parts, masks, flow).size() == 1);
  const auto far = s2d::link_tracklets(parts, masks, flow, {}, {.per_frame = 0});
  REQUIRE(far.size() == 2);
  CHECK(frames_of(far[0]) == frames{0, 1, 2, 3, 9, 10});
}

TEST_CASE("Things that pass each other are told apart", "[tracklets]") {
  const crossing scene;
  const auto parts = s2d::find_tracklets(scene.masks, scene.flow);
  const auto linked = s2d::link_tracklets(parts, scene.masks, scene.flow, scene.pictures);
  const auto follows = [&](std::ptrdiff_t (*left)(std::size_t)) {
    return std::any_of(linked.begin(), linked.end(), [&](const s2d::tracklet& one) {
      return one.masks.front().frame == 0 && one.masks.back().frame == 15 &&
             scene.masks[0][one.masks.front().index].mask(5, left(0) + 4) &&
             scene.masks[15][one.masks.back().index].mask(5, left(15) + 4);
    });
  };
  CHECK(follows(crossing::right));
  CHECK(follows(crossing::left));

  // Of the keymasks of one object all become those of one thing, with what was not trusted between.
  s2d::object some = scene.all;
  std::erase_if(some.keymasks, [](const auto& key) { return key.frame == 3 || key.frame == 12; });
  some.one2x = 0.75;
  const auto found = discovered({some}, scene.masks);
  const auto objects = s2d::untangle(found, scene.masks, scene.flow, scene.pictures);
  REQUIRE(objects.size() >= 2);
  std::size_t keys = 0;
  for (const s2d::object& one : objects) keys += one.keymasks.size();
  CHECK(keys == scene.all.keymasks.size());
  for (std::size_t o = 0; o < 2; ++o) {
    const auto& keymasks = objects[o].keymasks;
    CHECK(keymasks.front() == s2d::keymask{0, o, 0.5F});
    CHECK(keymasks.back() == s2d::keymask{15, 1 - o, 0.5F + 0.01F * 15});
    CHECK(objects[o].visibility == std::vector<s2d::frame_range>{{0, 15}});
    float sum = 0;
    for (const s2d::keymask& key : keymasks) sum += key.coherence;
    CHECK(std::abs(objects[o].score - sum / 16) < 1e-6F);
    CHECK(objects[o].one2x == 0.75);
    CHECK(objects[o].noisy);
  }
}

TEST_CASE("Objects are left alone where nothing stands apart in them", "[tracklets]") {
  const crossing scene;
  // The two blocks, right or with names that change when they pass.
  s2d::object one, two, left, right;
  for (const s2d::keymask& key : scene.all.keymasks) {
    (key.index == 0 ? left : right).keymasks.push_back(key);
    ((key.index == 0) == (key.frame < 10) ? one : two).keymasks.push_back(key);
  }
  const auto told = [&](std::vector<s2d::object> objects, std::size_t apart = 6) {
    return s2d::untangle(discovered(std::move(objects), scene.masks), scene.masks, scene.flow,
                         scene.pictures, apart);
  };
  const auto same = told({two, one});
  REQUIRE(same.size() == 2);
  CHECK(same[0].keymasks == two.keymasks);
  CHECK(same[1].keymasks == one.keymasks);
  const auto mended = told({left, right});
  REQUIRE(mended.size() >= 2);
  CHECK(mended[0].keymasks.back().index == 1);
  CHECK(mended[1].keymasks.back().index == 0);
  // They are seen together in 13 frames.
  CHECK(told({scene.all}, 14).size() == 1);
  CHECK(told({scene.all}, 13).size() > 1);
  // Colours tell who is who behind the crossing; without them the same is found here by motion.
  CHECK(s2d::untangle(discovered({scene.all}, scene.masks), scene.masks, scene.flow).size() ==
        told({scene.all}).size());
  // One tangled object tells that all are to be looked at; keys in two objects count once.
  const auto all = told({scene.all, one, two}), alone = told({scene.all});
  REQUIRE(all.size() == alone.size());
  for (std::size_t o = 0; o < all.size(); ++o) CHECK(all[o].keymasks == alone[o].keymasks);
  CHECK(s2d::untangle({}, scene.masks, scene.flow).empty());
  CHECK(s2d::untangle({}, {}, {}).empty());
}

TEST_CASE("Discovery, cuts, tracklets and joining in one call", "[tracklets]") {
  crossing scene;
  const auto discover = [&](const s2d::video_masks& masks) {
    s2d::object all;
    for (std::size_t t = 0; t < masks.size(); ++t)
      for (std::size_t i = 0; i < masks[t].size(); ++i) all.keymasks.push_back({t, i, 1});
    return discovered({all}, masks);
  };
  const auto found = s2d::discover_objects(scene.masks, scene.flow, scene.pictures, discover);
  REQUIRE(found.objects.size() == 2);
  for (const s2d::object& one : found.objects) CHECK(one.keymasks.size() >= 13);
}

TEST_CASE("Tracklets of what does not fit are refused", "[tracklets]") {
  const crossing scene;
  const auto parts = s2d::find_tracklets(scene.masks, scene.flow);
  const auto with = [&](auto change) {
    auto masks = scene.masks;
    auto flow = scene.flow;
    auto pictures = scene.pictures;
    auto some = parts;
    change(masks, flow, pictures, some);
    return s2d::link_tracklets(some, masks, flow, pictures);
  };
  using masks_t = s2d::video_masks;
  using flow_t = s2d::video_flow;
  using pictures_t = std::vector<s2d::image>;
  using parts_t = std::vector<s2d::tracklet>;
  CHECK_THROWS_AS(with([](masks_t& m, flow_t&, pictures_t&, parts_t&) {
                    m[3][0].mask = s2d::bit_mask(high, wide + 1);
                  }),
                  s2d::invalid_input);
  CHECK_THROWS_AS(with([](masks_t&, flow_t& f, pictures_t&, parts_t&) { f.forward.pop_back(); }),
                  s2d::invalid_input);
  CHECK_THROWS_AS(with([](masks_t&, flow_t& f, pictures_t&, parts_t&) {
                    f.backward[2].v = s2d::matrix<float>(1, 1);
                  }),
                  s2d::invalid_input);
  CHECK_THROWS_AS(with([](masks_t&, flow_t&, pictures_t& p, parts_t&) { p.pop_back(); }),
                  s2d::invalid_input);
  CHECK_THROWS_AS(with([](masks_t&, flow_t&, pictures_t& p, parts_t&) { p[2] = {}; }),
                  s2d::invalid_input);
  CHECK_THROWS_AS(with([](masks_t& m, flow_t&, pictures_t&, parts_t&) {
                    m[3][0].mask = s2d::bit_mask(high, wide);
                  }),
                  s2d::invalid_input);
  for (const s2d::mask_id& wrong : {s2d::mask_id{99, 0}, {3, 9}, {0, 0}})
    CHECK_THROWS_AS(with([&](masks_t&, flow_t&, pictures_t&, parts_t& some) {
                      some[0].masks.push_back(wrong);
                    }),
                    s2d::invalid_input);

  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const double wrong : {0.0, -1.0, 1.5, nan}) {
    CHECK_THROWS_AS(s2d::find_tracklets(scene.masks, scene.flow, {}, {.overlap = wrong}),
                    s2d::invalid_input);
    CHECK_THROWS_AS(s2d::find_tracklets(scene.masks, scene.flow, {}, {.shared = wrong}),
                    s2d::invalid_input);
  }
  const auto link = [&](const s2d::link_options& options) {
    return s2d::link_tracklets(parts, scene.masks, scene.flow, {}, options);
  };
  CHECK_THROWS_AS(link({.masks = 0}), s2d::invalid_input);
  for (const double wrong : {-0.1, nan}) {
    CHECK_THROWS_AS(link({.distance = wrong}), s2d::invalid_input);
    CHECK_THROWS_AS(link({.per_frame = wrong}), s2d::invalid_input);
    CHECK_THROWS_AS(link({.size = wrong}), s2d::invalid_input);
    CHECK_THROWS_AS(link({.color = wrong}), s2d::invalid_input);
  }
  const double infinite = std::numeric_limits<double>::infinity();
  CHECK_THROWS_AS(link({.size = infinite}), s2d::invalid_input);
  CHECK_THROWS_AS(link({.color = infinite}), s2d::invalid_input);
  s2d::object lost;
  lost.keymasks = {{3, 5, 1}};
  const auto refused = [&](const s2d::discovery& found, std::size_t apart = 6) {
    CHECK_THROWS_AS(s2d::untangle(found, scene.masks, scene.flow, {}, apart), s2d::invalid_input);
  };
  refused(discovered({lost}, scene.masks));
  refused(discovered({scene.all}, scene.masks), 0);
  s2d::discovery found = discovered({scene.all}, scene.masks);
  found.coherence.pop_back();
  refused(found);
  found.masks.back() = {99, 0};
  found.coherence.push_back(0);
  refused(found);
}

TEST_CASE("Things stand apart far from each other, or side by side and alike", "[tracklets]") {
  const auto thing = [](const s2d::bit_mask& mask) {
    return s2d::detail::measured_thing{0, {s2d::detail::measured(mask)}};
  };
  const auto apart = [&](const s2d::bit_mask& a, const s2d::bit_mask& b) {
    return s2d::detail::stand_apart(thing(a), thing(b), 0);
  };
  // 10 x 10 pixels; the other one of a tenth of them is no companion.
  const s2d::bit_mask one = block(10, 10, 4, 10);
  CHECK_FALSE(apart(one, block(30, 1, 4, 10)));  // a gap of 10, its size
  CHECK(apart(one, block(31, 1, 4, 10)));
  CHECK(apart(one, block(22, 10, 4, 10)));        // side by side
  CHECK_FALSE(apart(one, block(10, 10, 16, 8)));  // one below the other
  CHECK_FALSE(apart(one, s2d::bit_mask(high, wide)));
}

}  // namespace tracklets_test
