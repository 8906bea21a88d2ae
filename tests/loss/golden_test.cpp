#include <cmath>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <s2d/assign/matching_cost.hpp>
#include <s2d/loss/boxes.hpp>
#include <s2d/loss/class_losses.hpp>
#include <s2d/loss/clip_matching_cost.hpp>
#include <s2d/loss/temporal_drop_loss.hpp>

#include "support/catch.hpp"
#include "support/data.hpp"
#include "support/safetensors.hpp"

namespace {

using support::tensor;
using tensors = std::map<std::string, tensor>;

/// Whatever lies in the folder of reference values.
const std::vector<tensors>& golden_files() {
  static const std::vector<tensors> files = [] {
    std::vector<tensors> found;
    if (const auto folder = support::golden_folder("network"))
      for (const auto& entry : std::filesystem::directory_iterator{*folder})
        if (entry.path().extension() == ".safetensors")
          found.push_back(support::read_tensors(entry.path()));
    return found;
  }();
  return files;
}

bool ends_with(const std::string& text, const std::string& end) { return text.ends_with(end); }

/// Element `b` of the first axis of a tensor of masks, as its own array.
template <class T>
struct clip_of_masks {
  std::vector<T> values;
  std::ptrdiff_t n = 0, t = 0, h = 0, w = 0;

  explicit clip_of_masks(const tensor& all) : values(all.as<T>()) {
    const std::size_t axes = all.shape.size();
    w = all.shape[axes - 1], h = all.shape[axes - 2], t = all.shape[axes - 3];
    n = all.shape[axes - 4];
  }
  [[nodiscard]] s2d::clip_view<const T> clip(std::ptrdiff_t b = 0) const {
    return {values.data() + b * n * t * h * w, n, t, h, w};
  }
  [[nodiscard]] s2d::clip_view<T> clip(std::ptrdiff_t b = 0) {
    return {values.data() + b * n * t * h * w, n, t, h, w};
  }
};

template <class T>
s2d::plane_view<const T> rows_of(const std::vector<T>& values, std::ptrdiff_t columns) {
  return {values.data(), static_cast<std::ptrdiff_t>(values.size()) / columns, columns};
}

template <class T>
double worst_difference(const std::vector<T>& found, const std::vector<double>& expected) {
  REQUIRE(found.size() == expected.size());
  double worst = 0;
  for (std::size_t i = 0; i < found.size(); ++i)
    worst = std::fmax(worst, std::abs(static_cast<double>(found[i]) - expected[i]));
  return worst;
}

std::vector<s2d::matched_pair> pairs_of(const tensors& file, const std::string& prefix) {
  const auto src = file.at(prefix + ".src").as<std::ptrdiff_t>();
  const auto tgt = file.at(prefix + ".tgt").as<std::ptrdiff_t>();
  std::vector<s2d::matched_pair> pairs;
  for (std::size_t i = 0; i < src.size(); ++i) pairs.push_back({src[i], tgt[i]});
  return pairs;
}

std::vector<std::ptrdiff_t> queries_of(const std::vector<s2d::matched_pair>& pairs) {
  std::vector<std::ptrdiff_t> queries;
  for (const auto& pair : pairs) queries.push_back(pair.query);
  return queries;
}

template <class T>
double total_of(const s2d::matrix<T>& cost, const std::vector<s2d::matched_pair>& pairs) {
  double total = 0;
  for (const auto& pair : pairs) total += static_cast<double>(cost(pair.query, pair.target));
  return total;
}

template <class T>
void check_matcher(const tensors& file, const std::string& name, std::ptrdiff_t b) {
  const std::string clip = s2d::concat(name, '.', b);
  CAPTURE(clip);
  const clip_of_masks<T> logits{file.at(name + ".pred_masks")};
  const clip_of_masks<std::uint8_t> targets{file.at(clip + ".target_masks")};
  const auto points = file.at(clip + ".points").as<T>();
  const auto all_scores = file.at(name + ".pred_logits").as<T>();
  const s2d::matching_classes<T> classes{{all_scores.data() + b * logits.n * 2, logits.n, 2}, {}};
  const auto cost = [&](double by_class, double by_mask, double by_dice) {
    return s2d::matching_cost(logits.clip(b), targets.clip(), rows_of(points, 2),
                              {by_class, by_mask, by_dice}, classes);
  };
  CHECK(worst_difference(cost(1, 0, 0).values, file.at(clip + ".cost_class").as<double>()) < 5e-7);
  CHECK(worst_difference(cost(0, 1, 0).values, file.at(clip + ".cost_mask").as<double>()) < 2e-6);
  CHECK(worst_difference(cost(0, 0, 1).values, file.at(clip + ".cost_dice").as<double>()) < 5e-7);
  for (const auto& [variant, by_class] : {std::pair{"full", 2.0}, {"noclass", 0.0}}) {
    const std::string expected = s2d::concat(clip, '.', variant);
    CAPTURE(expected);
    const auto total = cost(by_class, 5, 5);
    const auto expected_total = file.at(expected + ".total").as<double>();
    CHECK(worst_difference(total.values, expected_total) < 5e-6);
    const auto pairs = s2d::match_queries(total);
    const auto expected_pairs = pairs_of(file, expected);
    if (file.at(expected + ".gap").as<double>().at(0) > 1e-4) {
      CHECK(pairs == expected_pairs);
    } else {
      CHECK(queries_of(pairs) == queries_of(expected_pairs));
      double found_sum = 0, expected_sum = 0;
      for (std::size_t i = 0; i < pairs.size(); ++i) {
        found_sum += static_cast<double>(total(pairs[i].query, pairs[i].target));
        expected_sum += expected_total[static_cast<std::size_t>(
            expected_pairs[i].query * total.width + expected_pairs[i].target)];
      }
      CHECK(found_sum == Approx(expected_sum).margin(5e-5));
    }
  }
}

/// One decoder output of one case and strategy, all clips of its batch.
template <class T>
struct criterion_case {
  const tensors& file;
  std::string prefix, output;  ///< of what was expected
  std::string predictions;     ///< of .pred_masks and .pred_logits
  std::vector<clip_of_masks<std::uint8_t>> targets;
  bool drop = true;
  double class_weight = 0;  ///< in the matcher
  bool tied = false;        ///< equal targets: only the queries are defined

  [[nodiscard]] std::string loss_name(const std::string& kind) const {
    const std::string which =
        output == "final" ? std::string{} : s2d::concat('_', output.substr(3));
    return s2d::concat(prefix, ".loss_", kind, which);
  }

  void check(std::size_t& random_call) const {
    CAPTURE(prefix, output);
    const clip_of_masks<T> logits{file.at(predictions + ".pred_masks")};
    const auto clips = static_cast<std::ptrdiff_t>(targets.size());
    const auto scores = file.at(predictions + ".pred_logits").template as<T>();
    std::vector<std::vector<s2d::matched_pair>> pairs;
    double instances = 0;
    for (std::ptrdiff_t b = 0; b < clips; ++b) {
      const auto clip = targets[static_cast<std::size_t>(b)].clip();
      instances += static_cast<double>(clip.count);
      pairs.push_back(pairs_of(file, s2d::concat(prefix, ".match.", output, clip_suffix(b))));
      const auto points = next_random(random_call);
      const auto cost = s2d::matching_cost(
          logits.clip(b), clip, rows_of(points, 2), {class_weight, 5, 5},
          s2d::matching_classes<T>{{scores.data() + b * logits.n * 2, logits.n, 2}, {}});
      const auto matched = s2d::match_queries(cost);
      CHECK(queries_of(matched) == queries_of(pairs.back()));
      if (!tied) CHECK(matched == pairs.back());
      CHECK(total_of(cost, matched) == Approx(total_of(cost, pairs.back())).epsilon(1e-7));
    }
    s2d::mask_loss_options options{.drop_unlabelled = drop, .divide_by = std::fmax(1, instances)};
    const bool has_points = file.contains(prefix + ".points." + output);
    const auto points =
        has_points ? file.at(prefix + ".points." + output).template as<T>() : std::vector<T>{};
    const std::ptrdiff_t each = has_points ? file.at(prefix + ".points." + output).shape.at(1) : 0;
    const auto candidates = each > 0 ? next_random(random_call) : std::vector<T>{};
    const auto fresh = each > 0 ? next_random(random_call) : std::vector<T>{};

    // Three gradients: of loss_mask, of loss_dice, of 5 times both.
    std::vector<std::vector<T>> gradients(3, std::vector<T>(logits.values.size()));
    const std::vector<std::pair<double, double>> weights{{1, 0}, {0, 1}, {5, 5}};
    s2d::mask_loss sum;
    std::ptrdiff_t first = 0;
    for (std::ptrdiff_t b = 0; b < clips; ++b) {
      const auto clip = targets[static_cast<std::size_t>(b)].clip();
      const auto& matched = pairs[static_cast<std::size_t>(b)];
      std::ptrdiff_t kept = 0;
      const auto labelled = s2d::temporal_drop_weights(clip);
      for (const auto& pair : matched)
        for (std::ptrdiff_t t = 0; t < clip.frames; ++t) {
          if (options.drop_unlabelled && labelled(pair.target, t) == 0) continue;
          check_points(logits.clip(b).plane(pair.query, t), points, candidates, fresh, first + kept,
                       each);
          ++kept;
        }
      const s2d::plane_view<const T> at{points.data() + first * each * 2, kept * each, 2};
      for (std::size_t g = 0; g < 3; ++g) {
        options.mask_weight = weights[g].first;
        options.dice_weight = weights[g].second;
        const s2d::clip_view<T> gradient{
            gradients[g].data() + b * logits.n * logits.t * logits.h * logits.w, logits.n, logits.t,
            logits.h, logits.w};
        const auto loss =
            s2d::temporal_drop_loss(logits.clip(b), clip, matched, at, options, gradient);
        CHECK(loss.kept_masks == kept);
        if (g == 0) {
          sum.mask += loss.mask;
          sum.dice += loss.dice;
        }
      }
      first += kept;
    }
    CHECK(sum.mask == Approx(file.at(loss_name("mask")).template as<double>().at(0)).margin(1e-6));
    CHECK(sum.dice == Approx(file.at(loss_name("dice")).template as<double>().at(0)).margin(1e-6));
    const auto compare = [&](const std::string& key, const std::vector<T>& found) {
      if (!file.contains(key)) return;
      CAPTURE(key);
      CHECK(worst_difference(found, file.at(key).template as<double>()) < 5e-7);
    };
    if (output == "final") {
      compare(prefix + ".grad.loss_mask", gradients[0]);
      compare(prefix + ".grad.loss_dice", gradients[1]);
      check_class_loss(scores, pairs, logits.n);
    }
    compare(prefix + ".grad_total." + output + ".pred_masks", gradients[2]);
  }

 private:
  // A batch of one clip has no number.
  [[nodiscard]] std::string clip_suffix(std::ptrdiff_t b) const {
    return file.contains(s2d::concat(prefix, ".match.", output, ".src")) ? std::string{}
                                                                         : s2d::concat('.', b);
  }
  [[nodiscard]] std::vector<T> next_random(std::size_t& call) const {
    return file.at(prefix + ".rand." + std::to_string(call++)).template as<T>();
  }

  /// The points that were used are the most uncertain candidates and the fresh ones.
  static void check_points(const s2d::plane_view<const T>& logits, const std::vector<T>& points,
                           const std::vector<T>& candidates, const std::vector<T>& fresh,
                           std::ptrdiff_t mask, std::ptrdiff_t each) {
    const std::ptrdiff_t uncertain = s2d::point_options{.count = each}.uncertain();
    const auto all = rows_of(points, 2);
    std::vector<T> chosen(static_cast<std::size_t>(uncertain) * 2), scratch;
    s2d::uncertain_points(logits, {candidates.data() + mask * 3 * each * 2, 3 * each, 2},
                          s2d::plane_view<T>{chosen.data(), uncertain, 2}, scratch);
    std::set<std::pair<T, T>> expected, found;
    for (std::ptrdiff_t p = 0; p < uncertain; ++p) {
      expected.emplace(all(mask * each + p, 0), all(mask * each + p, 1));
      found.emplace(chosen[static_cast<std::size_t>(2 * p)],
                    chosen[static_cast<std::size_t>(2 * p + 1)]);
    }
    CHECK(found == expected);
    const std::ptrdiff_t rest = each - uncertain;
    const s2d::plane_view<const T> given{fresh.data() + mask * rest * 2, rest, 2};
    for (std::ptrdiff_t p = 0; p < rest; ++p)
      CHECK(given(p, 0) == all(mask * each + uncertain + p, 0));
  }

  void check_class_loss(const std::vector<T>& scores,
                        const std::vector<std::vector<s2d::matched_pair>>& pairs,
                        std::ptrdiff_t queries) const {
    std::vector<std::int64_t> classes(pairs.size() * static_cast<std::size_t>(queries), 1);
    for (std::size_t b = 0; b < pairs.size(); ++b)
      for (const auto& pair : pairs[b])
        classes[b * static_cast<std::size_t>(queries) + static_cast<std::size_t>(pair.query)] = 0;
    const std::vector<T> weights{1, T(0.1)};
    std::vector<T> gradient(scores.size());
    const double loss = s2d::class_loss(
        rows_of(scores, 2), classes, std::span<const T>{weights},
        s2d::plane_view<T>{gradient.data(), static_cast<std::ptrdiff_t>(classes.size()), 2});
    CHECK(loss == Approx(file.at(prefix + ".loss_ce").template as<double>().at(0)).margin(3e-7));
    const std::string key = prefix + ".grad.loss_ce";
    if (file.contains(key))
      CHECK(worst_difference(gradient, file.at(key).template as<double>()) < 2e-7);
  }
};

template <class T>
void check_criterion(const tensors& file, const std::string& name, const std::string& strategy) {
  const std::string prefix = s2d::concat(name, '.', strategy);
  std::vector<clip_of_masks<std::uint8_t>> targets;
  for (std::ptrdiff_t b = 0; file.contains(s2d::concat(name, ".target_masks.", b)); ++b)
    targets.emplace_back(file.at(s2d::concat(name, ".target_masks.", b)));
  std::size_t random_call = 0;
  for (const char* output : {"final", "aux0", "aux1"})
    criterion_case<T>{.file = file,
                      .prefix = prefix,
                      .output = output,
                      .predictions = s2d::concat(name, '.', output),
                      .targets = targets,
                      .drop = strategy != "full",
                      .class_weight = 2,
                      .tied = name == "all_empty"}
        .check(random_call);
  CHECK_FALSE(file.contains(s2d::concat(prefix, ".rand.", random_call)));
}

/// Student against teacher: the final output follows the strategy of distillation, the auxiliary
/// one that of supervision.
template <class T>
void check_distillation(const tensors& file, const std::string& prefix) {
  std::vector<clip_of_masks<std::uint8_t>> targets;
  auto& masks = targets.emplace_back(file.at("kd_targets.masks"));
  const std::ptrdiff_t pixels = masks.h * masks.w;
  for (std::ptrdiff_t i = 0; i < pixels; ++i)
    masks.values[static_cast<std::size_t>(pixels + i)] = 0;
  std::size_t random_call = 0;
  for (const bool final : {true, false})
    criterion_case<T>{.file = file,
                      .prefix = prefix,
                      .output = final ? "final" : "aux0",
                      .predictions = final ? "student" : "student_aux",
                      .targets = targets,
                      .drop = prefix.find(final ? ".kd=full" : ".sup=full") == std::string::npos,
                      .tied = true}
        .check(random_call);
}

void check_drop_loss(const tensors& file, const std::string& name, int stage) {
  CAPTURE(name, stage);
  const std::string prefix = s2d::concat(name, ".stage", stage);
  const auto scores = file.at(prefix + ".scores").as<float>();
  const auto deltas = file.at(prefix + ".deltas").as<float>();
  std::vector<float> best;
  std::vector<std::int64_t> classes;
  const double scale = 10.0 * (stage + 1);
  std::ptrdiff_t first = 0;
  for (int image = 0; image < 2; ++image) {
    const std::string at = s2d::concat(".image", image);
    const auto truth = file.at(name + at + ".gt_boxes").as<float>();
    const auto proposals = file.at((stage == 0 ? name : prefix) + at + ".proposals").as<float>();
    const std::ptrdiff_t rows = rows_of(proposals, 4).height;
    std::vector<float> boxes(proposals.size()), of_proposals(static_cast<std::size_t>(rows)),
        of_boxes(static_cast<std::size_t>(rows));
    s2d::best_box_iou(rows_of(proposals, 4), rows_of(truth, 4), std::span{of_proposals});
    s2d::apply_box_deltas(
        rows_of(proposals, 4), s2d::plane_view<const float>{deltas.data() + 4 * first, rows, 4},
        {scale, scale, scale / 2, scale / 2}, s2d::plane_view<float>{boxes.data(), rows, 4});
    s2d::best_box_iou(rows_of(boxes, 4), rows_of(truth, 4), std::span{of_boxes});
    best.insert(best.end(), of_boxes.begin(), of_boxes.end());
    const float enough = 0.5f + 0.1f * static_cast<float>(stage);
    const auto given = file.at(name + at + ".gt_classes").as<std::int64_t>();
    for (std::size_t r = 0; r < of_proposals.size(); ++r)
      classes.push_back(stage == 0 ? given[r] : of_proposals[r] >= enough ? 0 : 1);
    first += rows;
  }
  const double threshold = name.find("0.3") != std::string::npos ? 0.3 : 0.01;
  std::vector<float> gradient(scores.size());
  const bool drops = file.contains(prefix + ".keep");
  const auto loss = s2d::drop_loss(rows_of(scores, 2), classes,
                                   drops ? std::span<const float>{best} : std::span<const float>{},
                                   threshold, s2d::plane_view<float>{gradient.data(), first, 2});
  const std::string cascade = s2d::concat("loss_cls_stage", stage);
  const std::string key =
      name + '.' + (file.contains(name + '.' + cascade) ? cascade : std::string{"loss_cls"});
  CHECK(loss.value == Approx(file.at(key).as<double>().at(0)).margin(3e-7));
  CHECK(worst_difference(gradient, file.at(prefix + ".grad_scores").as<double>()) < 2e-7);
  if (!drops) {
    CHECK(loss.kept == first);
    return;
  }
  CHECK(worst_difference(best, file.at(prefix + ".iou_max").as<double>()) < 2e-6);
  double kept = 0;
  for (const double keep : file.at(prefix + ".keep").as<double>()) kept += keep;
  CHECK(static_cast<double>(loss.kept) == kept);
}

}  // namespace

TEST_CASE("costs and matchings are those of the official matcher", "[loss][golden]") {
  std::size_t clips = 0;
  for (const tensors& file : golden_files())
    for (const auto& [key, value] : file)
      if (ends_with(key, ".cost_mask")) {
        const std::string clip = key.substr(0, key.rfind('.'));
        const std::string name = clip.substr(0, clip.rfind('.'));
        const std::ptrdiff_t b = std::stol(clip.substr(clip.rfind('.') + 1));
        check_matcher<float>(file, name, b);
        check_matcher<double>(file, name, b);
        ++clips;
      }
  if (!golden_files().empty()) CHECK(clips > 0);
}

TEST_CASE("losses, gradients and points are those of the official criterion", "[loss][golden]") {
  std::size_t cases = 0;
  for (const tensors& file : golden_files())
    for (const auto& [key, value] : file)
      if (ends_with(key, ".loss_mask_0")) {
        const std::string prefix = key.substr(0, key.rfind('.'));
        const std::string name = prefix.substr(0, prefix.rfind('.'));
        const std::string strategy = prefix.substr(prefix.rfind('.') + 1);
        if (!file.contains(name + ".final.pred_masks")) continue;  // not a case of this kind
        check_criterion<float>(file, name, strategy);
        check_criterion<double>(file, name, strategy);
        ++cases;
      }
  if (!golden_files().empty()) CHECK(cases > 0);
}

TEST_CASE("losses against a teacher's masks are those of the official criterion",
          "[loss][golden]") {
  std::size_t cases = 0;
  for (const tensors& file : golden_files())
    for (const auto& [key, value] : file)
      if (key.starts_with("kd.") && ends_with(key, ".loss_mask_0")) {
        check_distillation<float>(file, key.substr(0, key.rfind('.')));
        check_distillation<double>(file, key.substr(0, key.rfind('.')));
        ++cases;
      }
  if (!golden_files().empty()) CHECK(cases > 0);
}

TEST_CASE("DropLoss is CutLER's", "[loss][golden]") {
  std::size_t stages = 0;
  for (const tensors& file : golden_files())
    for (const auto& [key, value] : file)
      if (ends_with(key, ".grad_deltas")) {
        const std::string prefix = key.substr(0, key.rfind('.'));
        check_drop_loss(file, prefix.substr(0, prefix.rfind('.')), prefix.back() - '0');
        ++stages;
      }
  if (!golden_files().empty()) CHECK(stages > 0);
}
