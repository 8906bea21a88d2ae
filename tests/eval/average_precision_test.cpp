#include <s2d/eval/average_precision.hpp>

#include <fstream>
#include <limits>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include <s2d/eval/instances.hpp>

#include "support/catch.hpp"

namespace {

using tube = std::vector<s2d::tube_segment<s2d::rle>>;
using found_tube = s2d::ap_instance<tube>;
using found_mask = s2d::ap_instance<s2d::rle>;

std::vector<double> figures(const s2d::ap_summary& s) {
  return {s.ap,       s.ap_50,     s.ap_75, s.ap_little, s.ap_medium, s.ap_large,
          s.ar_first, s.ar_second, s.ar,    s.ar_little, s.ar_medium, s.ar_large};
}

void check_figures(std::istream& file, const s2d::ap_summary& found) {
  std::size_t i = 0;
  for (const double value : figures(found)) {
    double expected = -2;
    file >> expected;
    CAPTURE(i++);
    CHECK(value == Approx(expected).margin(1e-12));
  }
}

// Columns [left, left + width) of a picture of 1 x 100.
s2d::rle span_mask(std::uint32_t left, std::uint32_t width) {
  return {1, 100, {left, width, 100 - left - width}};
}

template <class Shape, class Read>
void check_data_set(std::istream& file, std::size_t truths, std::size_t detections,
                    const s2d::ap_options& options, const Read& read) {
  std::vector<Shape> shapes(truths + detections);
  std::vector<s2d::ap_instance<Shape>> truth, found;
  for (std::size_t i = 0; i < truths + detections; ++i) {
    s2d::ap_instance<Shape>& one = (i < truths ? truth : found).emplace_back();
    file >> one.group >> one.category;
    if (i < truths)
      file >> one.crowd >> one.area;
    else
      file >> one.score;
    shapes[i] = read();
    one.shape = &shapes[i];
  }
  const auto result = s2d::evaluate_instances(found, truth, options);
  check_figures(file, result.all);
  std::size_t categories = 0;
  file >> categories;
  std::size_t at = 0;
  for (std::size_t k = 0; k < categories; ++k) {
    std::int64_t category = 0;
    double ap = 0, ap_50 = 0, ar = 0;
    file >> category >> ap >> ap_50 >> ar;
    while (at < result.categories.size() && result.categories[at] != category) ++at;
    REQUIRE(at < result.categories.size());
    CHECK(result.by_category[at].ap == Approx(ap).margin(1e-12));
    CHECK(result.by_category[at].ap_50 == Approx(ap_50).margin(1e-12));
    CHECK(result.by_category[at].ar == Approx(ar).margin(1e-12));
  }
  s2d::ap_options agnostic = options;
  agnostic.by_category = false;
  const auto one = s2d::evaluate_instances(found, truth, agnostic);
  check_figures(file, one.all);
  CHECK(figures(s2d::evaluate_instances(found, truth, agnostic, 4).all) == figures(one.all));
}

}  // namespace

TEST_CASE("figures of random data sets equal those of pycocotools", "[average_precision]") {
  std::ifstream file("tests/eval/golden/ap.txt");
  REQUIRE(file);
  std::string kind;
  std::ptrdiff_t height = 0, width = 0, frames = 0;
  std::size_t truths = 0, detections = 0, cases = 0;
  while (file >> kind >> height >> width >> frames >> truths >> detections) {
    CAPTURE(cases, kind);
    std::string text;
    const auto mask = [&]() -> s2d::rle {
      file >> text;
      if (text == "-") return s2d::encode(s2d::bit_mask(height, width));
      return s2d::rle::from_string(text, height, width);
    };
    if (kind == "masks") {
      check_data_set<s2d::rle>(file, truths, detections, {}, mask);
    } else {
      check_data_set<tube>(file, truths, detections, s2d::ytvis_ap_options(), [&] {
        tube all;
        for (std::ptrdiff_t t = 0; t < frames; ++t)
          if (s2d::rle one = mask(); area(one) > 0) all.push_back({t, std::move(one)});
        return all;
      });
    }
    ++cases;
  }
  CHECK(cases == 10);
}

TEST_CASE("a perfect detection has AP 1 and a missing one AP 0", "[average_precision]") {
  const tube there{{0, span_mask(10, 20)}, {2, span_mask(12, 20)}};
  const std::vector<found_tube> truth{{.group = 1, .shape = &there}};
  const auto perfect = s2d::evaluate_instances(truth, truth, s2d::ytvis_ap_options());
  CHECK(perfect.all.ap == Approx(1.0));
  CHECK(perfect.all.ar_first == 1.0);
  CHECK(perfect.all.ap_little == Approx(1.0));
  CHECK(perfect.all.ap_large == -1.0);
  CHECK(s2d::evaluate_instances(std::vector<found_tube>{}, truth).all.ap == 0.0);
  CHECK(s2d::evaluate_instances(truth, std::vector<found_tube>{}).all.ap == -1.0);
}

TEST_CASE("a video is worked out by hand", "[average_precision]") {
  // The truth has 100 pixels in frames 0 to 2 and none in 3. Common with the first detection: 60 of
  // 20 + 20 + 20, missing frame 1: IoU (20 + 20) / (20 + 20 + 20) = 2/3 at thresholds to 0.65.
  const tube truth{{0, span_mask(0, 20)}, {1, span_mask(0, 20)}, {2, span_mask(0, 20)}};
  const tube partly{{0, span_mask(0, 20)}, {2, span_mask(0, 20)}};
  const tube wrong{{3, span_mask(0, 20)}};
  const std::vector<found_tube> truths{{.group = 1, .shape = &truth}};
  // The better score is wrong: precision 1/2 at every recall where the second one counts.
  const std::vector<found_tube> found{{.group = 1, .shape = &wrong, .score = 0.9},
                                      {.group = 1, .shape = &partly, .score = 0.8}};
  const auto result = s2d::evaluate_instances(found, truths, s2d::ytvis_ap_options(false));
  CHECK(result.all.ap_50 == Approx(0.5));
  CHECK(result.all.ap_75 == 0.0);
  CHECK(result.all.ap == Approx(0.5 * 4 / 10));
  CHECK(result.all.ar_first == 0.0);
  CHECK(result.all.ar_second == Approx(0.4));
}

TEST_CASE("a crowd takes any number of detections and counts neither way", "[average_precision]") {
  const s2d::rle crowd = span_mask(0, 60), inside = span_mask(0, 10), other = span_mask(20, 10);
  const s2d::rle apart = span_mask(80, 10);
  const std::vector<found_mask> truths{{.group = 1, .shape = &crowd, .crowd = true},
                                       {.group = 1, .shape = &apart}};
  const std::vector<found_mask> found{{.group = 1, .shape = &inside, .score = 0.9},
                                      {.group = 1, .shape = &other, .score = 0.8},
                                      {.group = 1, .shape = &apart, .score = 0.7}};
  CHECK(s2d::evaluate_instances(found, truths).all.ap == Approx(1.0));
}

TEST_CASE("only the best detections of an image count", "[average_precision]") {
  const s2d::rle truth = span_mask(0, 10), miss = span_mask(50, 10);
  const std::vector<found_mask> truths{{.group = 1, .shape = &truth}};
  std::vector<found_mask> found(100, {.group = 1, .shape = &miss, .score = 0.5});
  found.push_back({.group = 1, .shape = &truth, .score = 0.4});
  CHECK(s2d::evaluate_instances(found, truths).all.ap == 0.0);
  CHECK(s2d::evaluate_instances(found, truths, {.max_detections = {1, 10, 101}}).all.ap > 0.0);
}

TEST_CASE("detections of equal score keep their order", "[average_precision]") {
  const s2d::rle truth = span_mask(0, 10), miss = span_mask(50, 10);
  const std::vector<found_mask> truths{{.group = 1, .shape = &truth}};
  const found_mask good{.group = 1, .shape = &truth, .score = 0.5};
  const found_mask bad{.group = 1, .shape = &miss, .score = 0.5};
  CHECK(s2d::evaluate_instances(std::vector{good, bad}, truths).all.ap == Approx(1.0));
  CHECK(s2d::evaluate_instances(std::vector{bad, good}, truths).all.ap == Approx(0.5));
}

TEST_CASE("of truths that overlap equally the later is taken", "[average_precision]") {
  const s2d::rle left = span_mask(0, 20), right = span_mask(20, 20), between = span_mask(10, 20);
  const std::vector<found_mask> found{{.group = 1, .shape = &between, .score = 0.9},
                                      {.group = 1, .shape = &right, .score = 0.8}};
  const found_mask a{.group = 1, .shape = &left}, b{.group = 1, .shape = &right};
  const s2d::ap_options third{.thresholds = {0.3}};
  // The first detection takes the right one, so that nothing is left for the second.
  const auto taken = s2d::evaluate_instances(found, std::vector{a, b}, third);
  CHECK(taken.all.ar == Approx(0.5));
  CHECK(taken.all.ap == Approx(51.0 / 101));
  CHECK(s2d::evaluate_instances(found, std::vector{b, a}, third).all.ap == Approx(1.0));
}

TEST_CASE("an overlap that equals the threshold is a hit", "[average_precision]") {
  const s2d::rle truth = span_mask(0, 20), half = span_mask(0, 10);
  const std::vector<found_mask> truths{{.group = 1, .shape = &truth}};
  const std::vector<found_mask> found{{.group = 1, .shape = &half, .score = 0.9}};
  CHECK(s2d::evaluate_instances(found, truths).all.ap_50 == Approx(1.0));
  CHECK(s2d::evaluate_instances(found, truths).all.ap == Approx(0.1));
}

TEST_CASE("what cannot be judged is refused", "[average_precision]") {
  const s2d::rle mask = span_mask(0, 10), taller{2, 50, {0, 100}};
  const std::vector<found_mask> truths{{.group = 1, .shape = &mask}};
  CHECK_THROWS_WITH(s2d::evaluate_instances(std::vector<found_mask>{{.group = 1}}, truths),
                    "evaluate_instances: detection 0 has no shape");
  CHECK_THROWS_WITH(
      s2d::evaluate_instances(std::vector<found_mask>{{.group = 1, .shape = &taller}}, truths),
      Catch::Contains("sizes differ"));
  CHECK_THROWS_WITH(s2d::evaluate_instances(
                        std::vector<found_mask>{
                            {.shape = &mask, .score = std::numeric_limits<double>::quiet_NaN()}},
                        truths),
                    "evaluate_instances: detection 0: the score is not a number");
  s2d::ap_group group;
  group.score = {0.1, 0.2};
  group.area = {1, 1};
  group.overlap = {2, 0};
  CHECK_THROWS_WITH(s2d::average_precision(std::vector{group}),
                    Catch::Contains("above the one before"));
}

TEST_CASE("detections beyond the last of max_detections count for nothing", "[average_precision]") {
  // 101 detections of one group; only the last one, of the lowest score, hits the one truth.
  s2d::ap_group group;
  group.truth_area = {50};
  group.truth_ignored = {0};
  group.truth_crowd = {0};
  group.overlap = s2d::matrix<double>(101, 1);
  for (int i = 0; i < 101; ++i) {
    group.score.push_back(1 - 0.001 * i);
    group.area.push_back(50);
  }
  group.overlap(100, 0) = 1;
  CHECK(s2d::average_precision({&group, 1}).all.ar == 0);
  group.overlap(100, 0) = 0;
  group.overlap(99, 0) = 1;
  const s2d::ap_summary found = s2d::average_precision({&group, 1}).all;
  CHECK(found.ar == 1);
  CHECK(found.ar_second == 0);
  CHECK(found.ap == Approx(0.01).epsilon(1e-9));
}
