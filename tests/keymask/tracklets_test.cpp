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
  CHECK(s2d::find_tracklets(masks, moving(6, 2), {.overlap = 0.33}).size() == 2);
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
  CHECK(follower(pictures, {.size = 20}) == 0);
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

  const auto objects = s2d::untangle({scene.all}, scene.masks, scene.flow, scene.pictures);
  REQUIRE(objects.size() >= 2);
  std::size_t keys = 0;
  for (const s2d::object& one : objects) keys += one.keymasks.size();
  CHECK(keys == scene.all.keymasks.size());
  for (std::size_t o = 0; o < 2; ++o) {
    const auto& keymasks = objects[o].keymasks;
    CHECK(keymasks.front().frame == 0);
    CHECK(keymasks.back().frame == 15);
    CHECK(objects[o].visibility == std::vector<s2d::frame_range>{{0, 15}});
    const auto seen = static_cast<float>(keymasks.size());
    CHECK(std::abs(objects[o].score - 0.5F * seen / 16) < 1e-6F);
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
  const auto same = s2d::untangle({two, one}, scene.masks, scene.flow, scene.pictures);
  REQUIRE(same.size() == 2);
  CHECK(same[0].keymasks == two.keymasks);
  CHECK(same[1].keymasks == one.keymasks);
  const auto mended = s2d::untangle({left, right}, scene.masks, scene.flow, scene.pictures);
  REQUIRE(mended.size() >= 2);
  CHECK(mended[0].keymasks.back() == s2d::keymask{15, 1, 0.5F});
  CHECK(mended[1].keymasks.back() == s2d::keymask{15, 0, 0.5F});
  // They are seen together in 13 frames.
  CHECK(s2d::untangle({scene.all}, scene.masks, scene.flow, {}, 14).size() == 1);
  CHECK(s2d::untangle({scene.all}, scene.masks, scene.flow, {}, 13).size() > 1);
  // One tangled object tells that all are to be looked at; keys in two objects count once.
  const auto all = s2d::untangle({scene.all, one, two}, scene.masks, scene.flow, scene.pictures);
  const auto alone = s2d::untangle({scene.all}, scene.masks, scene.flow, scene.pictures);
  REQUIRE(all.size() == alone.size());
  for (std::size_t o = 0; o < all.size(); ++o)
    CHECK(all[o].keymasks.size() == alone[o].keymasks.size());
  CHECK(s2d::untangle({}, scene.masks, scene.flow).empty());
  CHECK(s2d::untangle({}, {}, {}).empty());
}

TEST_CASE("Discovery, cuts, tracklets and joining in one call", "[tracklets]") {
  crossing scene;
  const auto discover = [](const s2d::video_masks& masks) {
    s2d::discovery found;
    found.frames = masks.size();
    s2d::object all;
    for (std::size_t t = 0; t < masks.size(); ++t)
      for (std::size_t i = 0; i < masks[t].size(); ++i) all.keymasks.push_back({t, i, 1});
    found.objects = {all};
    return found;
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
    CHECK_THROWS_AS(s2d::find_tracklets(scene.masks, scene.flow, {.overlap = wrong}),
                    s2d::invalid_input);
    CHECK_THROWS_AS(s2d::find_tracklets(scene.masks, scene.flow, {.shared = wrong}),
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
  s2d::object lost;
  lost.keymasks = {{3, 5, 1}};
  CHECK_THROWS_AS(s2d::untangle({lost}, scene.masks, scene.flow), s2d::invalid_input);
  CHECK_THROWS_AS(s2d::untangle({scene.all}, scene.masks, scene.flow, {}, 0), s2d::invalid_input);
}

}  // namespace tracklets_test
