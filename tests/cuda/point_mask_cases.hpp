// What points in masks have to be, on the processor and on a device. Side: where they are counted.
#pragma once

#include <cstdint>
#include <limits>
#include <random>
#include <vector>

#include <s2d/coherence/match.hpp>
#include <s2d/core/share.hpp>
#include <s2d/cuda/point_mask_types.hpp>

#if defined(S2D_TEST_PICTURES)
#include <filesystem>
#include <map>

#include <s2d/io/npy_tracker.hpp>
#include <s2d/keymask/discover.hpp>

#include "keymask/golden.hpp"
#include "support/data.hpp"
#endif

#include "cuda/tracks_cases.hpp"
#include "mask/brute_force.hpp"
#include "support/catch.hpp"

namespace support {

/// Masks of a video, for the core and as words.
struct table_case {
  std::size_t frames;
  std::ptrdiff_t height, width;
  std::vector<s2d::bit_mask> masks;
  std::vector<std::int64_t> first_row{0};

  [[nodiscard]] s2d::mask_table table() const {
    s2d::mask_table made{frames, height, width};
    for (std::size_t t = 0; t < frames; ++t)
      for (auto row = first_row[t]; row < first_row[t + 1]; ++row)
        made.add(t, masks[static_cast<std::size_t>(row)]);
    return made;
  }
  [[nodiscard]] std::int64_t count() const { return static_cast<std::int64_t>(masks.size()); }
  [[nodiscard]] std::vector<std::uint64_t> words() const {
    std::vector<std::uint64_t> all;
    for (const s2d::bit_mask& mask : masks)
      all.insert(all.end(), mask.words().begin(), mask.words().end());
    return all;
  }
};

/// Tracks of sets of points, for the core and side by side.
struct set_case {
  std::vector<s2d::point_tracks> tracks;
  std::vector<std::int64_t> offsets{0};
  followed all;

  void add(s2d::point_tracks own) {
    offsets.push_back(offsets.back() + static_cast<std::int64_t>(own.points));
    tracks.push_back(std::move(own));
  }
};

/// Masks of noise and blots, `most` in a frame, in some none.
inline table_case random_table(std::mt19937& random, std::size_t frames, std::ptrdiff_t h,
                               std::ptrdiff_t w, unsigned most) {
  table_case made{frames, h, w, {}};
  for (std::size_t t = 0; t < frames; ++t) {
    const unsigned here = t % 3 == 1 ? 0 : random() % (most + 1);
    for (unsigned i = 0; i < here; ++i)
      made.masks.push_back(brute_force::pack(brute_force::random_mask(random, h, w)));
    made.first_row.push_back(made.count());
  }
  return made;
}

/// Points on pixels and between them, several on one, some outside, some not finite.
inline set_case random_sets(std::mt19937& random, std::size_t frames, std::ptrdiff_t h,
                            std::ptrdiff_t w, const std::vector<std::size_t>& sizes) {
  set_case made;
  const auto coordinate = [&](std::ptrdiff_t extent) {
    const auto halves = static_cast<unsigned>(2 * extent + 6);
    return random() % 30 == 0 ? std::numeric_limits<float>::quiet_NaN()
           : random() % 30 == 0
               ? -std::numeric_limits<float>::infinity()
               : static_cast<float>(random() % (random() % 2 == 0 ? halves : 1 + halves / 4)) / 2 -
                     1.5f;
  };
  for (const std::size_t n : sizes) {
    s2d::point_tracks own(frames, n);
    for (s2d::point& p : own.at) p = {coordinate(w), coordinate(h)};
    for (std::uint8_t& seen : own.visible) seen = random() % 3 != 0 ? 1 : 0;
    made.add(std::move(own));
  }
  made.all = joined(made.tracks, frames);
  return made;
}

template <class Side>
void check_matches(const table_case& given, const set_case& sets) {
  const s2d::mask_table table = given.table();
  const auto masks = static_cast<std::size_t>(given.count());
  for (const auto unit : {s2d::match_unit::pixels, s2d::match_unit::points})
    for (const bool visible_only : {false, true}) {
      CAPTURE(unit, visible_only);
      const s2d::match_options options{unit, visible_only};
      std::vector<s2d::cuda::point_overlap> expected;
      s2d::point_matcher matcher{table, options};
      for (const s2d::point_tracks& own : sets.tracks) {
        std::vector<s2d::mask_overlap> found;
        matcher.match(own, {0, given.frames - 1}, found);
        REQUIRE(found.size() == masks);
        for (const s2d::mask_overlap& one : found)
          expected.push_back({one.points.inside, one.points.points});
      }
      const auto found = Side::match(given, sets, options);
      CHECK(found == expected);

      s2d::bit_matrix rows(static_cast<std::ptrdiff_t>(sets.tracks.size()), given.count());
      for (std::size_t i = 0; i < expected.size(); ++i)
        rows.set(static_cast<std::ptrdiff_t>(i / masks), static_cast<std::ptrdiff_t>(i % masks),
                 s2d::exceeds(expected[i].inside, expected[i].points, 0.25));
      CHECK(Side::matching(found, sets, given.count(), 0.25) ==
            std::vector<std::uint64_t>{rows.words().begin(), rows.words().end()});
    }
}

template <class Side>
void check_membership(const table_case& given, const set_case& sets) {
  const auto points = static_cast<std::size_t>(sets.offsets.back());
  s2d::bit_matrix rows(given.count(), sets.offsets.back());
  for (std::size_t t = 0; t < given.frames; ++t)
    for (auto row = given.first_row[t]; row < given.first_row[t + 1]; ++row)
      for (std::size_t p = 0; p < points; ++p) {
        const auto at = sets.all.at[t * points + p];
        const s2d::point one{at.x, at.y};
        const auto inside = s2d::overlap({&one, 1}, given.masks[static_cast<std::size_t>(row)]);
        rows.set(row, static_cast<std::ptrdiff_t>(p), inside.inside == 1);
      }
  CHECK(Side::inside(given, sets) ==
        std::vector<std::uint64_t>{rows.words().begin(), rows.words().end()});
}

template <class Side>
void check_small_matches() {
  std::mt19937 random{21};
  for (const auto& [h, w] : {std::pair{1, 1}, {1, 64}, {9, 1}, {17, 70}, {23, 130}})
    for (const std::size_t frames : {1, 4}) {
      CAPTURE(h, w, frames);
      const table_case given = random_table(random, frames, h, w, 9);
      const set_case sets = random_sets(random, frames, h, w, {30, 0, 1, 150});
      check_matches<Side>(given, sets);
      check_membership<Side>(given, sets);
    }
  const table_case none = random_table(random, 3, 5, 6, 0);
  check_matches<Side>(none, random_sets(random, 3, 5, 6, {3}));
  check_matches<Side>(random_table(random, 3, 5, 6, 4), random_sets(random, 3, 5, 6, {}));
  check_matches<Side>(random_table(random, 3, 0, 6, 4), random_sets(random, 3, 5, 6, {2}));
}

/// Frames of more pixels than a block holds at once.
template <class Side>
void check_large_frames() {
  std::mt19937 random{22};
  const table_case given = random_table(random, 3, 700, 530, 6);
  set_case sets = random_sets(random, 3, 700, 530, {700, 5, 2500});
  s2d::point_tracks edge(3, 3);  // 2048 words of a block: 227 rows of nine, and five
  for (std::size_t i = 0; i < 9; ++i)
    edge.at[i] = i % 3 == 0 ? s2d::point{0, 0} : s2d::point{i % 3 == 1 ? 319.f : 320.f, 227};
  sets.add(std::move(edge));
  sets.all = joined(sets.tracks, 3);
  check_matches<Side>(given, sets);
}

/// Points that hand can count: twice on a pixel, halves, outside.
template <class Side>
void check_known_matches() {
  table_case given{1, 4, 8, {s2d::bit_mask(4, 8), s2d::bit_mask(4, 8)}, {0, 2}};
  for (std::ptrdiff_t x = 0; x < 4; ++x) given.masks[0].set(1, x);
  given.masks[1].set(1, 2);
  s2d::point_tracks own(1, 6);
  own.at = {{2, 1}, {2.4f, 0.6f}, {2.5f, 1}, {3.5f, 1}, {-0.6f, 1}, {0, 1}};
  own.visible = {1, 1, 0, 1, 1, 0};
  set_case sets;
  sets.add(own);
  sets.all = joined(sets.tracks, 1);
  using found = std::vector<s2d::cuda::point_overlap>;
  using s2d::match_unit;
  // Pixels (2, 1), three times, (4, 1) and (0, 1); one point is outside.
  CHECK(Side::match(given, sets, {match_unit::pixels, false}) == found{{2, 3}, {1, 3}});
  CHECK(Side::match(given, sets, {match_unit::pixels, true}) == found{{1, 2}, {1, 2}});
  CHECK(Side::match(given, sets, {match_unit::points, false}) == found{{4, 6}, {3, 6}});
  CHECK(Side::match(given, sets, {match_unit::points, true}) == found{{2, 4}, {2, 4}});
  CHECK(Side::inside(given, sets) == std::vector<std::uint64_t>{0b100111, 0b000111});
  CHECK(found{{1, 4}, {0, 0}}[0].ratio() == 0.25);
  CHECK(found{{1, 4}, {0, 0}}[1].ratio() == 0);
}

#if defined(S2D_TEST_PICTURES)
/// The tracks that discovery asked for.
struct keeping_tracker {
  s2d::npy_tracker files;
  std::map<std::pair<std::size_t, std::size_t>, s2d::point_tracks> visibility{}, matching{};

  s2d::point_tracks operator()(const s2d::track_query& query) {
    auto& kept = query.purpose == s2d::track_purpose::visibility ? visibility : matching;
    return kept[{query.frame, query.mask}] = files(query);
  }
};

/// Every stage of discovery that points decide, in all golden cases: where masks are seen, and
/// which masks the candidates match.
template <class Side>
void check_golden_matches() {
  const auto folder = golden_folder("keymask");
  if (!folder) return;
  std::size_t pairs = 0, seen = 0;
  for (const auto& path : folders_in(*folder)) {
    if (!std::filesystem::exists(path / "case.json")) continue;
    INFO("case " << path.filename().string());
    json::parser parser;
    const json::element video = parser.load((path / "case.json").string()).value();
    const s2d::video_masks masks = golden_masks(video);
    s2d::discovery_options options;
    options.compat = true;
    options.frame_height = static_cast<std::ptrdiff_t>(integer(video["image_size"].at(0)));
    options.frame_width = static_cast<std::ptrdiff_t>(integer(video["image_size"].at(1)));
    keeping_tracker tracker{{path, integer(video["T"])}};
    const s2d::discovery found = s2d::discover(masks, tracker, options);

    const auto chosen = s2d::detail::collect_masks(masks, options);
    const s2d::mask_table table = s2d::detail::make_table(chosen, masks.size());
    table_case given{masks.size(), chosen.height, chosen.width, {}};
    for (std::size_t row = 0; row < table.size(); ++row) given.masks.push_back(*table[row].mask);
    for (std::size_t t = 0; t < masks.size(); ++t)
      given.first_row.push_back(static_cast<std::int64_t>(table.first_row(t + 1)));

    set_case visibility, matching;
    for (const s2d::mask_id id : found.masks) {
      const auto kept = tracker.visibility.find({id.frame, id.index});
      visibility.add(kept == tracker.visibility.end() ? s2d::point_tracks(masks.size(), 0)
                                                      : kept->second);
    }
    visibility.all = joined(visibility.tracks, masks.size());
    const auto visible = Side::count_visible(visibility.all, masks.size(), visibility.offsets);
    CHECK(visible == found.visible.values);
    CHECK(Side::visible_frames(visible, masks.size(), visibility.offsets, options.visibility) ==
          std::vector<std::uint64_t>{found.seen.words().begin(), found.seen.words().end()});
    seen += visible.size();

    std::vector<const s2d::proxy*> proxies;
    for (const s2d::visibility_cluster& cluster : found.clusters)
      for (const s2d::proxy& one : cluster.proxies) {
        const s2d::mask_id id = found.masks[one.row];
        const auto kept = tracker.matching.find({id.frame, id.index});
        matching.add(kept == tracker.matching.end() ? s2d::point_tracks(masks.size(), 0)
                                                    : kept->second);
        proxies.push_back(&one);
      }
    matching.all = joined(matching.tracks, masks.size());
    const auto overlaps = Side::match(given, matching, options.match);
    const auto rows = Side::matching(overlaps, matching, given.count(), options.matching);
    const std::size_t count = table.size(), words = (count + 63) / 64;
    for (std::size_t q = 0; q < proxies.size(); ++q) {
      std::vector<std::size_t> matches;
      for (const s2d::mask_overlap& wanted : proxies[q]->overlaps) {
        CHECK(overlaps[q * count + wanted.row] ==
              s2d::cuda::point_overlap{wanted.points.inside, wanted.points.points});
        if (rows[q * words + wanted.row / 64] >> (wanted.row % 64) & 1)
          matches.push_back(wanted.row);
        ++pairs;
      }
      CHECK(matches == proxies[q]->matches);
    }
  }
  CHECK(pairs > 1000);
  CHECK(seen > 1000);
}
#endif

}  // namespace support
