// Every stage of discovery in compat mode against what the official program computes.
#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include <simdjson.h>

#include <s2d/io/npy_tracker.hpp>
#include <s2d/keymask/discover.hpp>
#include <s2d/keymask/output.hpp>
#include <s2d/mask/rle.hpp>
#include <s2d/mask/bits.hpp>

#include "keymask/golden.hpp"
#include "support/catch.hpp"
#include "support/data.hpp"

namespace {

using support::integer;
using support::integers;
namespace json = support::json;

using indices = std::vector<std::size_t>;

struct asked {
  s2d::track_query query;
  std::vector<s2d::point> points;
};

// Passes queries on and keeps them.
struct recording_tracker {
  s2d::npy_tracker files;
  std::vector<asked> queries{};

  s2d::point_tracks operator()(const s2d::track_query& query) {
    queries.push_back({query, {query.points.begin(), query.points.end()}});
    s2d::point_tracks tracks = files(query);
    for (std::size_t n = 0; n < tracks.points; ++n) {
      const s2d::point stored = tracks.positions(query.frame)[n];
      CHECK(std::abs(stored.x - query.points[n].x) <= 1.0f / 32 + 1e-4f);
      CHECK(std::abs(stored.y - query.points[n].y) <= 1.0f / 32 + 1e-4f);
    }
    return tracks;
  }
};

indices masks_of(json::array ids, const s2d::discovery& found) {
  indices result;
  for (const json::element id : ids) {
    const s2d::mask_id wanted{integer(id.at(0)), integer(id.at(1)) - 1};
    result.push_back(std::size_t(std::find(found.masks.begin(), found.masks.end(), wanted) -
                                 found.masks.begin()));
  }
  return result;
}

std::vector<s2d::frame_range> ranges_of(json::array values) {
  std::vector<s2d::frame_range> result;
  for (const json::element range : values)
    result.push_back({integer(range.at(0)), integer(range.at(1))});
  return result;
}

std::vector<std::int32_t> labels_of(json::array values) {
  std::vector<std::int32_t> result;
  for (const json::element value : values)
    result.push_back(std::int32_t(value.get_int64().value()));
  return result;
}

std::string bits_of(const s2d::bit_matrix& table, std::size_t row) {
  std::string text;
  for (std::ptrdiff_t x = 0; x < table.width; ++x)
    text += table(std::ptrdiff_t(row), x) ? '1' : '0';
  return text;
}

// The points that were asked for are those of the grid.
void check_points(const recording_tracker& tracker, s2d::track_purpose purpose, s2d::mask_id id,
                  const s2d::bit_mask& mask, json::element expected, s2d::point frame) {
  const s2d::grid_points grid = s2d::points_in_mask(
      mask, integer(expected["grid"]), std::ptrdiff_t(frame.y), std::ptrdiff_t(frame.x));
  const auto index = integers(expected["grid_index"]);
  CHECK(indices(grid.index.begin(), grid.index.end()) == index);
  const auto found =
      std::find_if(tracker.queries.begin(), tracker.queries.end(), [&](const asked& a) {
        return a.query.purpose == purpose && a.query.frame == id.frame && a.query.mask == id.index;
      });
  if (index.empty()) {
    CHECK(found == tracker.queries.end());
    return;
  }
  REQUIRE(found != tracker.queries.end());
  CHECK(found->points == grid.at);
  CHECK(found->query.backward == expected["backward"].get_bool().value());
}

void check_visibility(const s2d::discovery& found, const s2d::video_masks& masks,
                      const recording_tracker& tracker, json::element video) {
  const s2d::point frame{float(integer(video["image_size"].at(1))),
                         float(integer(video["image_size"].at(0)))};
  const json::array expected = video["masks"];
  REQUIRE(found.masks.size() == expected.size());
  std::size_t row = 0;
  for (const json::element mask : expected) {
    CAPTURE(row);
    const s2d::mask_id id{integer(mask["frame"]), integer(mask["id"]) - 1};
    CHECK(found.masks[row] == id);
    check_points(tracker, s2d::track_purpose::visibility, id, masks[id.frame][id.index].mask, mask,
                 frame);
    CHECK(found.points[row] == integer(mask["n_points"]));
    const auto visible = integers(mask["visible"]);
    for (std::size_t t = 0; t < visible.size(); ++t)
      CHECK(found.visible(std::ptrdiff_t(row), std::ptrdiff_t(t)) == visible[t]);
    CHECK(bits_of(found.seen, row) == std::string{mask["binary"].get_string().value()});
    CHECK(found.label[row] == mask["label"].get_int64().value());
    ++row;
  }
}

void check_windows(const s2d::discovery& found, std::size_t c, json::element expected) {
  const s2d::visibility_cluster& cluster = found.clusters[c];
  CHECK(cluster.members.size() == integer(expected["size"]));
  CHECK(cluster.ranges == ranges_of(expected["ranges"]));
  const json::array candidates = expected["candidates"];
  REQUIRE(cluster.candidates.size() == candidates.size());
  std::size_t range = 0;
  for (const json::element entry : candidates)
    CHECK(cluster.candidates[range++] == masks_of(entry["masks"], found));
  indices winners;
  for (const indices& part : cluster.winners)
    winners.insert(winners.end(), part.begin(), part.end());
  CHECK(winners == masks_of(expected["winners"], found));
  if (expected["window"].is_null())
    CHECK(cluster.ranges.empty());
  else
    CHECK(cluster.window() ==
          s2d::frame_range{integer(expected["window"].at(0)), integer(expected["window"].at(1))});
}

void check_proxies(const s2d::discovery& found, std::size_t c, const s2d::video_masks& masks,
                   const recording_tracker& tracker, json::element video, json::element expected) {
  const s2d::visibility_cluster& cluster = found.clusters[c];
  const std::ptrdiff_t height = std::ptrdiff_t(integer(video["image_size"].at(0)));
  const std::ptrdiff_t width = std::ptrdiff_t(integer(video["image_size"].at(1)));
  const json::array proxies = expected["proxies"];
  REQUIRE(cluster.proxies.size() == proxies.size());
  std::vector<std::pair<std::size_t, json::element>> by_row;
  for (const json::element p : proxies) by_row.emplace_back(integer(p["index"]), p);
  std::sort(by_row.begin(), by_row.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  for (std::size_t i = 0; i < by_row.size(); ++i) {
    const json::element wanted = by_row[i].second;
    const s2d::proxy& p = cluster.proxies[i];
    CAPTURE(p.row);
    const s2d::mask_id id = found.masks[p.row];
    CHECK(p.row == by_row[i].first);
    CHECK(id == s2d::mask_id{integer(wanted["frame"]), integer(wanted["id"]) - 1});
    CHECK(p.grid == integer(wanted["grid"]));
    CHECK(p.points == integer(wanted["n_points"]));
    CHECK(p.backward == wanted["backward"].get_bool().value());
    check_points(tracker, s2d::track_purpose::matching, id,
                 s2d::resize_nearest(masks[id.frame][id.index].mask, height, width), wanted,
                 {float(width), float(height)});
    const json::array ratios = wanted["r"];
    REQUIRE(p.overlaps.size() == ratios.size());
    std::size_t k = 0;
    for (const json::element r : ratios) {
      const s2d::mask_overlap& other = p.overlaps[k++];
      CHECK(found.masks[other.row] == s2d::mask_id{integer(r.at(0)), integer(r.at(1)) - 1});
      CHECK(other.points.inside == integer(r.at(2)));
      CHECK(other.points.points == integer(r.at(3)));
    }
    CHECK(p.matches == integers(wanted["matches"]));
    CHECK(p.one2x == (integer(wanted["one2x"]) == 1));
  }
}

void check_matrix(const s2d::match_matrix& matrix, json::element expected) {
  if (expected.is_null()) {
    CHECK(matrix.bits.empty());
    return;
  }
  CHECK(matrix.size == integer(expected["S"]));
  CHECK(matrix.rows ==
        s2d::frame_range{integer(expected["rows"].at(0)), integer(expected["rows"].at(1))});
  CHECK(matrix.columns ==
        s2d::frame_range{integer(expected["cols"].at(0)), integer(expected["cols"].at(1))});
  CHECK(matrix.bits.width == std::ptrdiff_t(integer(expected["width"])));
  CHECK(matrix.eps == expected["eps"].get_double().value());
  CHECK(matrix.min_samples == integer(expected["min_samples"]));
  std::size_t row = 0;
  for (const json::element text : expected["bits"].get_array())
    CHECK(bits_of(matrix.bits, row++) == std::string{text.get_string().value()});
  CHECK(matrix.raw_label == labels_of(expected["labels_raw"]));
  CHECK(matrix.label == labels_of(expected["labels"]));
}

void check_groups(const s2d::discovery& found, std::size_t c, json::element expected) {
  const s2d::visibility_cluster& cluster = found.clusters[c];
  const json::array groups = expected["groups"];
  REQUIRE(cluster.groups.size() == groups.size());
  std::size_t g = 0;
  for (const json::element wanted : groups) {
    const s2d::mask_group& group = cluster.groups[g++];
    CHECK(group.label == wanted["label"].get_int64().value());
    CHECK(group.members == masks_of(wanted["members"], found));
    CHECK(group.one2x == wanted["avg_one2x"].get_double().value());
    CHECK(group.noisy == wanted["noisy"].get_bool().value());
  }
  json::element value;
  if (expected["coverage"].get(value) == simdjson::SUCCESS)
    CHECK(cluster.coverage == value.get_double().value());
  if (expected["visibility_to_temporal_factor"].get(value) == simdjson::SUCCESS)
    CHECK(cluster.groups.size() == integer(value));
}

// The masks, boxes and areas of every object against the file of the official program.
void check_output(const s2d::discovery& found, const s2d::video_masks& masks,
                  json::element expected, bool unite) {
  const auto height = std::ptrdiff_t(integer(expected["videos"].at(0)["height"]));
  const auto width = std::ptrdiff_t(integer(expected["videos"].at(0)["width"]));
  const json::array annotations = expected["annotations"];
  REQUIRE(found.objects.size() == annotations.size());
  std::size_t next = 0;
  for (const json::element wanted : annotations) {
    CAPTURE(next);
    s2d::object object = found.objects[next++];
    if (unite) {
      const auto& members = found.clusters[object.cluster].groups[object.group].members;
      object.keymasks.clear();
      for (const std::size_t row : members)
        object.keymasks.push_back({found.masks[row].frame, found.masks[row].index, 0});
    }
    CHECK(integer(wanted["id"]) == next);
    CHECK(s2d::round_hundredths(object.one2x) == wanted["one2x"].get_double().value());
    CHECK(object.visibility == ranges_of(wanted["visibility_ranges"]));
    const auto frames = s2d::object_masks(object, masks, height, width);
    REQUIRE(frames.size() == wanted["segmentations"].get_array().value().size());
    for (std::size_t t = 0; t < frames.size(); ++t) {
      CAPTURE(t);
      const json::element segmentation = wanted["segmentations"].at(t);
      REQUIRE(frames[t].empty() == segmentation.is_null());
      if (frames[t].empty()) {
        CHECK(wanted["bboxes"].at(t).is_null());
        CHECK(wanted["areas"].at(t).is_null());
        continue;
      }
      const std::string_view counts = segmentation["counts"].get_string().value();
      CHECK(s2d::to_string(s2d::encode(frames[t])) == std::string{counts});
      CHECK(std::size_t(s2d::area(frames[t])) == integer(wanted["areas"].at(t)));
      const s2d::box box = s2d::bounding_box(frames[t]);
      const auto sides = integers(wanted["bboxes"].at(t));
      CHECK(sides == indices{std::size_t(box.x), std::size_t(box.y), std::size_t(box.width),
                             std::size_t(box.height)});
    }
  }
}

s2d::discovery_options options_of(json::element video, bool compat) {
  s2d::discovery_options options;
  options.compat = compat;
  options.least_points = 0;  // tracks in files are those of the official grids
  options.frame_height = std::ptrdiff_t(integer(video["image_size"].at(0)));
  options.frame_width = std::ptrdiff_t(integer(video["image_size"].at(1)));
  options.visibility = video["thresholds"]["visibility"].get_double().value();
  options.matching = video["thresholds"]["matching"].get_double().value();
  options.one2x_ratio = video["thresholds"]["one2x_ratio"].get_double().value();
  return options;
}

}  // namespace

TEST_CASE("compat discovery equals the official program at every stage of every case",
          "[discover][golden]") {
  const auto folder = support::golden_folder("keymask");
  if (!folder) return;
  std::size_t cases = 0;
  for (const auto& path : support::folders_in(*folder)) {
    if (!std::filesystem::exists(path / "case.json")) continue;
    ++cases;
    INFO("case " << path.filename().string());
    json::parser parser, output_parser;
    const json::element video = parser.load((path / "case.json").string()).value();
    const s2d::video_masks masks = support::golden_masks(video);
    recording_tracker tracker{{path, integer(video["T"])}};
    const s2d::discovery found = s2d::discover(masks, tracker, options_of(video, true));

    CHECK(found.frames == integer(video["T"]));
    check_visibility(found, masks, tracker, video);
    const json::array clusters = video["clusters"];
    REQUIRE(found.clusters.size() == clusters.size());
    std::size_t c = 0;
    json::element value;
    for (const json::element expected : clusters) {
      INFO("cluster " << c);
      check_windows(found, c, expected);
      if (expected["proxies"].get(value) == simdjson::SUCCESS) {
        check_proxies(found, c, masks, tracker, video, expected);
        check_matrix(found.clusters[c].matches, expected["matrix"]);
        check_groups(found, c, expected);
      }
      ++c;
    }
    if (video["video_coverage"].get(value) == simdjson::SUCCESS)
      CHECK(found.coverage == value.get_double().value());
    if (std::filesystem::exists(path / "expected_ytvis.json"))
      check_output(found, masks, output_parser.load((path / "expected_ytvis.json").string()),
                   false);
    else
      CHECK(found.objects.empty());
    if (std::filesystem::exists(path / "expected_ytvis_union.json"))
      check_output(found, masks, output_parser.load((path / "expected_ytvis_union.json").string()),
                   true);
  }
  CHECK(cases > 0);
}

TEST_CASE("rows without a match are left out of the second clustering, but for compat",
          "[discover][golden]") {
  const auto folder = support::golden_folder("keymask");
  if (!folder) return;
  std::size_t matrices = 0;
  for (const auto& path : support::folders_in(*folder)) {
    if (!std::filesystem::exists(path / "case.json")) continue;
    INFO("case " << path.filename().string());
    json::parser parser;
    const json::element video = parser.load((path / "case.json").string()).value();
    const s2d::npy_tracker tracker{path, integer(video["T"])};
    const s2d::discovery found =
        s2d::discover(support::golden_masks(video), tracker, options_of(video, true));
    s2d::discovery_options options;
    options.distance = s2d::group_distance::hamming;
    std::size_t c = 0;
    for (const json::element expected : video["clusters"].get_array()) {
      s2d::visibility_cluster cluster = found.clusters[c++];
      json::element matrix;
      if (expected["matrix"].get(matrix) != simdjson::SUCCESS || matrix.is_null()) continue;
      cluster.groups.clear();
      s2d::detail::group_by_matches(options, cluster);
      CHECK(cluster.matches.label == labels_of(matrix["labels_without_zero_rows"]));
      ++matrices;
    }
  }
  CHECK(matrices > 0);
}

TEST_CASE("the default mode loses no mask that the official program has", "[discover][golden]") {
  const auto folder = support::golden_folder("keymask");
  if (!folder) return;
  std::size_t cases = 0;
  for (const auto& path : support::folders_in(*folder)) {
    if (!std::filesystem::exists(path / "case.json")) continue;
    ++cases;
    INFO("case " << path.filename().string());
    json::parser parser;
    const json::element video = parser.load((path / "case.json").string()).value();
    const auto masks = support::golden_masks(video);
    const s2d::npy_tracker files{path, integer(video["T"])};
    // Masks that only the default mode follows have no files: points rest, visible.
    const auto tracker = [&](const s2d::track_query& query) {
      try {
        return files(query);
      } catch (const s2d::io_error&) {
        s2d::point_tracks tracks(integer(video["T"]), query.points.size());
        for (std::size_t t = 0; t < tracks.frames; ++t)
          for (std::size_t n = 0; n < tracks.points; ++n) {
            tracks.positions(t)[n] = query.points[n];
            tracks.visibility(t)[n] = 1;
          }
        return tracks;
      }
    };
    const auto official = s2d::discover(masks, tracker, options_of(video, true));
    const auto found = s2d::discover(masks, tracker, options_of(video, false));
    CHECK(found.masks.size() >= official.masks.size());
    for (const s2d::object& object : found.objects) {
      CHECK(object.score >= 0);
      CHECK(object.score <= 1);
    }
    for (const float coherence : found.coherence) {
      CHECK(coherence >= 0);
      CHECK(coherence <= 1);
    }
  }
  CHECK(cases > 0);
}
