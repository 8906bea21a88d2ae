#include <s2d/eval/davis.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "support/data.hpp"

#if __has_include(<simdjson.h>) && __has_include(<png.h>)
#include <simdjson.h>

#include <s2d/io/folder.hpp>
#include <s2d/io/palette_png.hpp>
#define S2D_TEST_FILES 1
#endif

namespace {

namespace fs = std::filesystem;

s2d::bit_mask rectangle(std::ptrdiff_t height, std::ptrdiff_t width, s2d::box at) {
  s2d::bit_mask mask(height, width);
  for (std::ptrdiff_t y = at.y; y < at.y + at.height; ++y)
    for (std::ptrdiff_t x = at.x; x < at.x + at.width; ++x) mask.set(y, x);
  return mask;
}

#if defined(S2D_TEST_FILES)

using ids = std::vector<s2d::matrix<std::uint8_t>>;

ids read_ids(const fs::path& folder) {
  ids frames;
  for (const fs::path& file : s2d::list_frames(folder)) frames.push_back(s2d::read_mask_png(file));
  return frames;
}

// Masks of the pixels for which wanted(id) holds.
template <class Wanted>
std::vector<s2d::bit_mask> masks_where(const ids& frames, const Wanted& wanted) {
  std::vector<s2d::bit_mask> masks;
  for (const auto& frame : frames) {
    s2d::bit_mask& mask = masks.emplace_back(frame.height, frame.width);
    for (std::ptrdiff_t y = 0; y < frame.height; ++y)
      for (std::ptrdiff_t x = 0; x < frame.width; ++x)
        if (wanted(frame(y, x))) mask.set(y, x);
  }
  return masks;
}

std::vector<s2d::bit_mask> foreground(const ids& frames) {
  return masks_where(frames, [](int id) { return id > 0; });
}

s2d::davis_masks by_id(const ids& frames, int count) {
  s2d::davis_masks masks;
  for (int n = 1; n <= count; ++n)
    masks.push_back(masks_where(frames, [n](int id) { return id == n; }));
  return masks;
}

void cut_ends(std::vector<s2d::bit_mask>& masks) {
  masks.erase(masks.begin());
  masks.pop_back();
}

void check_measure(simdjson::dom::element expected, const char* name,
                   const std::vector<double>& values, const s2d::davis_statistics& summary,
                   double margin) {
  const std::string measure{name};
  std::size_t t = 0;
  for (const double value : expected[measure + "_per_frame"].get_array()) {
    CAPTURE(measure, t);
    REQUIRE(t < values.size());
    CHECK(std::abs(values[t] - value) <= margin);
    ++t;
  }
  CHECK(t == values.size());
  CHECK(std::abs(summary.mean - double{expected[measure]["mean"]}) <= margin);
  CHECK(std::abs(summary.recall - double{expected[measure]["recall"]}) <= margin);
  CHECK(std::abs(summary.decay - double{expected[measure]["decay"]}) <= margin);
}

#endif

}  // namespace

TEST_CASE("equal masks have J and F of 1, also empty ones", "[davis]") {
  const s2d::bit_mask empty(20, 30), square = rectangle(20, 30, {5, 5, 8, 8});
  CHECK(s2d::davis_j(square, square) == 1.0);
  CHECK(s2d::davis_f(square, square, 1) == 1.0);
  CHECK(s2d::davis_j(empty, empty) == 1.0);
  CHECK(s2d::davis_f(empty, empty, 1) == 1.0);
  CHECK(s2d::davis_j(square, empty) == 0.0);
  CHECK(s2d::davis_f(square, empty, 1) == 0.0);
  CHECK(s2d::davis_f(empty, square, 1) == 0.0);
}

TEST_CASE("a contour that is off by the tolerance counts, by one pixel more it does not",
          "[davis]") {
  const s2d::bit_mask truth = rectangle(60, 60, {20, 20, 20, 20});
  CHECK(s2d::davis_f(truth, rectangle(60, 60, {22, 20, 20, 20}), 2) == 1.0);
  const double beyond = s2d::davis_f(truth, rectangle(60, 60, {23, 20, 20, 20}), 2);
  CHECK(beyond > 0.0);
  CHECK(beyond < 1.0);
  CHECK(s2d::davis_j(truth, rectangle(60, 60, {30, 20, 20, 20})) == 200.0 / 600.0);
}

TEST_CASE("the tolerance is a share of the diagonal rounded up, or pixels", "[davis]") {
  CHECK(s2d::davis_tolerance(480, 854) == 8);
  CHECK(s2d::davis_tolerance(720, 1280) == 12);
  CHECK(s2d::davis_tolerance(1080, 1920) == 18);
  CHECK(s2d::davis_tolerance(480, 854, 3) == 3);
}

TEST_CASE("a video is summed up by mean, recall and decay", "[davis]") {
  const auto summary = s2d::davis_summary(std::vector{1.0, 0.8, 0.6, 0.4, 0.5});
  CHECK(summary.mean == Approx(0.66));
  CHECK(summary.recall == Approx(3.0 / 5));
  // Bounds are frames 0 1 2 3 4: the first quarter is frames 0 and 1, the last 3 and 4.
  CHECK(summary.decay == Approx(0.9 - 0.45));
  CHECK(s2d::davis_summary({}).mean == 0.0);
  CHECK(s2d::davis_summary(std::vector{0.7}).decay == 0.0);
}

TEST_CASE("long videos have the decay of all their frames", "[davis]") {
  std::vector<double> values(1000, 0.0);
  std::fill_n(values.begin(), 300, 1.0);
  CHECK(s2d::davis_summary(values).decay == Approx(1.0));
}

TEST_CASE("void pixels count neither way", "[davis]") {
  const s2d::davis_masks truth{{rectangle(40, 40, {0, 0, 20, 40})}};
  const s2d::davis_masks found{{rectangle(40, 40, {0, 0, 30, 40})}};
  const std::vector<s2d::bit_mask> nothing{rectangle(40, 40, {20, 0, 20, 40})};
  CHECK(s2d::evaluate_davis(truth, found).objects[0].j.mean == Approx(2.0 / 3));
  const auto result = s2d::evaluate_davis(truth, found, nothing);
  CHECK(result.objects[0].j.mean == 1.0);
  CHECK(result.jf_mean == 1.0);
}

TEST_CASE("proposals go to the objects that they fit best, each to one", "[davis]") {
  const auto left = rectangle(40, 80, {2, 5, 20, 20}), right = rectangle(40, 80, {50, 5, 20, 20});
  const s2d::davis_masks truth{{left, left}, {right, right}};
  const s2d::davis_masks found{
      {rectangle(40, 80, {50, 6, 20, 20}), right}, {s2d::bit_mask(40, 80), left}, {right, right}};
  const auto result =
      s2d::evaluate_davis(truth, found, {}, {.protocol = s2d::davis_protocol::unsupervised});
  CHECK(result.objects[0].proposal == 1);
  CHECK(result.objects[1].proposal == 2);
  CHECK(result.objects[0].j_per_frame == std::vector<double>{0, 1});
  CHECK(result.j_mean == 0.75);
  CHECK(result.jf_mean == 0.75);
}

TEST_CASE("an object without prediction is compared with nothing", "[davis]") {
  const s2d::davis_masks truth{{rectangle(9, 9, {1, 1, 3, 3}), s2d::bit_mask(9, 9)}};
  for (const auto protocol :
       {s2d::davis_protocol::semi_supervised, s2d::davis_protocol::unsupervised}) {
    const auto result = s2d::evaluate_davis(truth, {}, {}, {.protocol = protocol});
    CHECK(result.objects[0].proposal == -1);
    CHECK(result.objects[0].j_per_frame == std::vector<double>{0, 1});
  }
}

TEST_CASE("the result does not depend on the number of threads", "[davis][threads]") {
  std::mt19937 random{3};
  s2d::davis_masks truth(3), found(5);
  for (auto* list : {&truth, &found})
    for (auto& object : *list)
      for (int t = 0; t < 12; ++t)
        object.push_back(rectangle(48, 64,
                                   {static_cast<std::ptrdiff_t>(random() % 30),
                                    static_cast<std::ptrdiff_t>(random() % 20), 20, 20}));
  const s2d::davis_protocol protocol = s2d::davis_protocol::unsupervised;
  const auto one = s2d::evaluate_davis(truth, found, {}, {.protocol = protocol, .threads = 1});
  const auto many = s2d::evaluate_davis(truth, found, {}, {.protocol = protocol, .threads = 5});
  CHECK(one.jf_mean == many.jf_mean);
  for (std::size_t o = 0; o < truth.size(); ++o)
    CHECK(one.objects[o].f_per_frame == many.objects[o].f_per_frame);
}

TEST_CASE("what does not fit together is refused", "[davis]") {
  const s2d::davis_masks one{{s2d::bit_mask(3, 4)}};
  CHECK_THROWS_WITH(s2d::evaluate_davis({}, one), Catch::Contains("no object"));
  CHECK_THROWS_WITH(s2d::evaluate_davis(one, {{s2d::bit_mask(3, 4), s2d::bit_mask(3, 4)}}),
                    "evaluate_davis: prediction 0 has 2 frames, expected 1");
  CHECK_THROWS_WITH(s2d::evaluate_davis(one, {{s2d::bit_mask(4, 3)}}),
                    Catch::Contains("4 x 3, expected 3 x 4"));
  const s2d::davis_masks many(21, one[0]);
  CHECK_THROWS_WITH(s2d::evaluate_davis(one, many), Catch::Contains("21 predictions"));
  CHECK_THROWS_WITH(
      s2d::evaluate_davis(one, many, {}, {.protocol = s2d::davis_protocol::unsupervised}),
      "evaluate_davis: 21 proposals, expected at most 20");
}

#if defined(S2D_TEST_FILES)
TEST_CASE("real predictions are measured as the published evaluator measures them", "[davis]") {
  const auto golden = support::golden_folder("eval");
  const auto truths = support::data_folder("davis2016-480p/Annotations");
  const auto predictions = support::data_folder("davis2017-evaluation");
  if (!golden || !truths || !predictions) return;
  int cases = 0;
  for (const auto& entry : fs::directory_iterator{*golden}) {
    if (entry.path().extension() != ".json") continue;
    const std::string name = entry.path().stem().string();
    CAPTURE(name);
    const std::string sequence = name.substr(0, name.find('_'));
    const std::string kind = name.substr(name.find('_') + 1);
    simdjson::dom::parser parser;
    const simdjson::dom::element expected = parser.load(entry.path().string());
    const ids osvos = read_ids(*predictions / "osvos" / sequence);
    const ids rvos = read_ids(*predictions / "rvos" / sequence);
    s2d::davis_masks truth, found;
    std::vector<s2d::bit_mask> nothing;
    s2d::davis_options options;
    if (std::string_view{expected["protocol"]} == "unsupervised")
      options.protocol = s2d::davis_protocol::unsupervised;
    if (kind == "semi") {
      truth.push_back(foreground(read_ids(*truths / sequence)));
      found.push_back(foreground(osvos));
      cut_ends(truth[0]);
      cut_ends(found[0]);
    } else if (kind == "unsupervised") {
      truth.push_back(foreground(read_ids(*truths / sequence)));
      found = by_id(rvos, 20);
    } else {
      REQUIRE((kind == "three_objects" || kind == "void"));
      truth = by_id(osvos, 3);
      found = by_id(rvos, kind == "void" ? 3 : 20);
      if (kind == "void")
        nothing.assign(osvos.size(),
                       rectangle(osvos[0].height, osvos[0].width, {300, 100, 200, 100}));
    }
    auto result = s2d::evaluate_davis(truth, found, nothing, options);
    // The evaluator names objects in the order of the proposals that they got.
    std::stable_sort(result.objects.begin(), result.objects.end(),
                     [](const auto& a, const auto& b) { return a.proposal < b.proposal; });
    std::size_t o = 0;
    for (const simdjson::dom::element object : expected["objects"].get_array()) {
      REQUIRE(o < result.objects.size());
      const s2d::davis_object& measured = result.objects[o++];
      check_measure(object, "J", measured.j_per_frame, measured.j, 1e-9);
      check_measure(object, "F", measured.f_per_frame, measured.f, 1e-6);
    }
    CHECK(o == result.objects.size());
    ++cases;
  }
  CHECK(cases > 0);
}
#endif
