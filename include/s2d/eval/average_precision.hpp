// Average precision and recall of instances, as COCO and YouTube-VIS measure them: the counting.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include <s2d/core/detail/order.hpp>
#include <s2d/core/error.hpp>
#include <s2d/core/matrix.hpp>

namespace s2d::inline S2D_ABI {

/// Instances of one image or video that compete for each other: of one category, or all.
struct ap_group {
  std::int64_t category = 0;
  std::vector<double> score;       ///< [detections] descending, those of equal score in their order
  std::vector<double> area;        ///< [detections] pixels
  std::vector<double> truth_area;  ///< [truths] pixels
  std::vector<std::uint8_t> truth_ignored;  ///< [truths] non-zero: neither hit nor miss
  std::vector<std::uint8_t> truth_crowd;    ///< [truths] non-zero: may be matched more than once
  matrix<double> overlap;                   ///< [detections, truths]
};

struct ap_options {
  bool by_category = true;              ///< false: class-agnostic, all categories are one
  std::vector<double> thresholds = {};  ///< of overlap; empty: 0.50, 0.55, ... 0.95
  /// Detections per group that count, ascending; AP is taken at the last one.
  std::array<std::size_t, 3> max_detections{1, 10, 100};
  /// Areas up to the first bound are little, from the second on large, between them medium; an area
  /// on a bound counts on both sides. COCO's; YouTube-VIS has 128^2 and 256^2.
  std::array<double, 2> area_bounds{32.0 * 32.0, 96.0 * 96.0};
};

/// The reported figures; -1 where no truth counts.
struct ap_summary {
  double ap = -1;         ///< mean over thresholds, recall points and categories
  double ap_50 = -1;      ///< at an overlap of 0.50
  double ap_75 = -1;      ///< at an overlap of 0.75
  double ap_little = -1;  ///< of little, medium, large instances
  double ap_medium = -1;
  double ap_large = -1;
  double ar_first = -1;   ///< mean greatest recall with max_detections[0] (1)
  double ar_second = -1;  ///< with max_detections[1] (10)
  double ar = -1;         ///< with max_detections[2] (100)
  double ar_little = -1;
  double ar_medium = -1;
  double ar_large = -1;
};

struct ap_result {
  ap_summary all;
  std::vector<std::int64_t> categories;  ///< [K] those with truths, ascending
  std::vector<ap_summary> by_category;   ///< [K]
  /// [K][4 areas: all, little, medium, large][thresholds][101] precision at recall 0, 0.01, ... 1
  /// with max_detections[2]; empty where no truth counts.
  std::vector<std::array<std::vector<std::array<double, 101>>, 4>> precision;
  /// [K][4 areas][thresholds][3 max_detections] recall; empty where no truth counts.
  std::vector<std::array<std::vector<std::array<double, 3>>, 4>> recall;
};

namespace detail {

/// `n` values evenly spaced, the last one exact.
[[nodiscard]] inline std::vector<double> even_steps(double first, double last, std::size_t n) {
  const double step = (last - first) / static_cast<double>(n - 1);
  std::vector<double> values(n, last);
  for (std::size_t i = 0; i + 1 < n; ++i) values[i] = static_cast<double>(i) * step + first;
  return values;
}

enum class verdict : std::uint8_t { miss, hit, ignored };

/// Judges the detections of one group at all thresholds: [thresholds][detections].
class group_judge {
 public:
  /// @return verdicts, thresholds one after the other; valid until the next call
  [[nodiscard]] const std::vector<verdict>& judge(const ap_group& group, double from, double to,
                                                  std::span<const double> thresholds) {
    const std::size_t truths = group.truth_area.size(), found = group.score.size();
    const auto outside = [&](double area) { return area < from || area > to; };
    order_.clear();
    ignored_.assign(truths, false);
    for (std::size_t g = 0; g < truths; ++g)
      ignored_[g] = group.truth_ignored[g] != 0 || outside(group.truth_area[g]);
    for (const bool last : {false, true})
      for (std::size_t g = 0; g < truths; ++g)
        if (ignored_[g] == last) order_.push_back(g);
    verdicts_.assign(thresholds.size() * found, verdict::miss);
    for (std::size_t t = 0; t < thresholds.size(); ++t) {
      taken_.assign(truths, false);
      for (std::size_t d = 0; d < found; ++d) {
        const double* const overlap = group.overlap.row(static_cast<std::ptrdiff_t>(d));
        double best = thresholds[t] < 1 - 1e-10 ? thresholds[t] : 1 - 1e-10;
        std::size_t match = truths;
        for (const std::size_t g : order_) {
          if (taken_[g] && group.truth_crowd[g] == 0) continue;
          if (match != truths && !ignored_[match] && ignored_[g]) break;
          if (overlap[g] < best) continue;
          best = overlap[g];
          match = g;
        }
        verdict& result = verdicts_[t * found + d];
        if (match == truths) {
          if (outside(group.area[d])) result = verdict::ignored;
        } else {
          taken_[match] = true;
          result = ignored_[match] ? verdict::ignored : verdict::hit;
        }
      }
    }
    return verdicts_;
  }

  /// Truths of the group judged last that count.
  [[nodiscard]] std::size_t counted() const {
    std::size_t count = 0;
    for (const bool ignored : ignored_) count += !ignored;
    return count;
  }

 private:
  std::vector<std::size_t> order_;
  std::vector<bool> ignored_, taken_;
  std::vector<verdict> verdicts_;
};

/// Detections of a category over all groups, best first.
struct ranked_detection {
  std::size_t group;  // among those of the category
  std::size_t rank;   // within the group
};

[[nodiscard]] inline std::vector<ranked_detection> rank_detections(
    const std::vector<const ap_group*>& groups) {
  std::vector<ranked_detection> all;
  for (std::size_t g = 0; g < groups.size(); ++g)
    for (std::size_t d = 0; d < groups[g]->score.size(); ++d) all.push_back({g, d});
  sort_stably(all, [&](const auto& a, const auto& b) {
    return groups[a.group]->score[a.rank] > groups[b.group]->score[b.rank];
  });
  return all;
}

/// Precision at 101 points of recall, with precision made to fall with recall.
class precision_curve {
 public:
  precision_curve() : points_(even_steps(0, 1, 101)) {}

  void clear() {
    recall_.clear();
    precision_.clear();
    hits_ = misses_ = 0;
  }
  void add(verdict what, std::size_t truths) {
    hits_ += what == verdict::hit;
    misses_ += what == verdict::miss;
    const auto hits = static_cast<double>(hits_);
    recall_.push_back(hits / static_cast<double>(truths));
    precision_.push_back(
        hits / (static_cast<double>(hits_ + misses_) + std::numeric_limits<double>::epsilon()));
  }
  [[nodiscard]] std::array<double, 101> sample() {
    for (std::size_t i = precision_.size(); i-- > 1;)
      if (precision_[i] > precision_[i - 1]) precision_[i - 1] = precision_[i];
    std::array<double, 101> values{};
    std::size_t at = 0;
    for (std::size_t r = 0; r < points_.size(); ++r) {
      while (at < recall_.size() && recall_[at] < points_[r]) ++at;
      if (at == recall_.size()) break;
      values[r] = precision_[at];
    }
    return values;
  }

 private:
  std::vector<double> points_, recall_, precision_;
  std::size_t hits_ = 0, misses_ = 0;
};

/// Mean that is -1 of nothing.
class mean_or_none {
 public:
  void add(double value) {
    sum_ += value;
    ++count_;
  }
  operator double() const { return count_ == 0 ? -1 : sum_ / static_cast<double>(count_); }

 private:
  double sum_ = 0;
  std::size_t count_ = 0;
};

/// The figures of categories [first, last).
[[nodiscard]] inline ap_summary summarize(const ap_result& result, std::size_t first,
                                          std::size_t last, std::span<const double> thresholds) {
  std::array<mean_or_none, 4> ap, ar;
  mean_or_none at_50, at_75, ar_first, ar_second;
  for (std::size_t k = first; k < last; ++k)
    for (std::size_t a = 0; a < 4; ++a) {
      const auto& curves = result.precision[k][a];
      for (std::size_t t = 0; t < curves.size(); ++t) {
        for (const double value : curves[t]) {
          ap[a].add(value);
          if (a == 0 && std::abs(thresholds[t] - 0.50) < 1e-9) at_50.add(value);
          if (a == 0 && std::abs(thresholds[t] - 0.75) < 1e-9) at_75.add(value);
        }
        const auto& [one, two, three] = result.recall[k][a][t];
        ar[a].add(three);
        if (a == 0) ar_first.add(one);
        if (a == 0) ar_second.add(two);
      }
    }
  return {ap[0],    at_50,     at_75, ap[1], ap[2], ap[3],
          ar_first, ar_second, ar[0], ar[1], ar[2], ar[3]};
}

inline void require_group(const ap_group& group, std::size_t index) {
  const std::size_t found = group.score.size(), truths = group.truth_area.size();
  require(group.area.size() == found && group.truth_ignored.size() == truths &&
              group.truth_crowd.size() == truths &&
              group.overlap.height == static_cast<std::ptrdiff_t>(found) &&
              group.overlap.width == static_cast<std::ptrdiff_t>(truths),
          "average_precision: group ", index, ": lists of ", found, " detections and ", truths,
          " truths differ in length");
  for (std::size_t d = 0; d < found; ++d)
    require(d == 0 ? group.score[d] == group.score[d] : group.score[d] <= group.score[d - 1],
            "average_precision: group ", index, ": score ", d,
            " is not a number or above the one before");
}

}  // namespace detail

/// Average precision and recall over groups.
///
/// Within a group and at each threshold, detections take truths greedily in their order: each the
/// free truth of the largest overlap not below the threshold (of equal ones the later), truths that
/// count before ignored ones; a crowd is never used up. Detections on ignored truths, and unmatched
/// ones of another area class, count neither way. Detections of all groups are then ranked by
/// score; equal scores keep the order of groups. These are the rules of COCOeval and of the
/// YouTube-VIS evaluator; figures equal theirs.
///
/// Unlike COCOeval, a truth or detection of id 0 is like any other.
///
/// @param groups  in the order of images or videos; categories may come in any order. Detections
///                beyond options.max_detections[2] of a group do not count
/// @throws invalid_input if lists differ in length, scores ascend or are not numbers
/// Complexity: thresholds x areas x (pairs of a group); n log n for the ranking.
/// Source: Lin et al., ECCV 2014; Yang et al., ICCV 2019.
[[nodiscard]] inline ap_result average_precision(std::span<const ap_group> groups,
                                                 const ap_options& options = {}) {
  for (std::size_t g = 0; g < groups.size(); ++g) detail::require_group(groups[g], g);
  require(options.max_detections[0] <= options.max_detections[1] &&
              options.max_detections[1] <= options.max_detections[2],
          "average_precision: max_detections do not ascend");
  const std::vector<double> thresholds =
      options.thresholds.empty() ? detail::even_steps(0.5, 0.95, 10) : options.thresholds;
  constexpr double everything = 1e10;
  const std::array<std::array<double, 2>, 4> ranges{
      {{0, everything},
       {0, options.area_bounds[0]},
       {options.area_bounds[0], options.area_bounds[1]},
       {options.area_bounds[1], everything}}};
  const auto category_of = [&](const ap_group& group) {
    return options.by_category ? group.category : std::int64_t{0};
  };
  ap_result result;
  std::vector<std::int64_t> sorted;
  for (const ap_group& group : groups)
    if (!group.truth_area.empty()) sorted.push_back(category_of(group));
  detail::sort_stably(sorted);
  for (const std::int64_t category : sorted)
    if (result.categories.empty() || result.categories.back() != category)
      result.categories.push_back(category);
  result.precision.resize(result.categories.size());
  result.recall.resize(result.categories.size());

  detail::group_judge judge;
  detail::precision_curve curve;
  for (std::size_t k = 0; k < result.categories.size(); ++k) {
    std::vector<const ap_group*> members;
    for (const ap_group& group : groups)
      if (category_of(group) == result.categories[k]) members.push_back(&group);
    const auto ranked = detail::rank_detections(members);
    for (std::size_t a = 0; a < 4; ++a) {
      std::vector<std::vector<detail::verdict>> verdicts;
      std::size_t truths = 0;
      for (const ap_group* group : members) {
        verdicts.push_back(judge.judge(*group, ranges[a][0], ranges[a][1], thresholds));
        truths += judge.counted();
      }
      if (truths == 0) continue;
      for (std::size_t t = 0; t < thresholds.size(); ++t) {
        std::array<std::size_t, 3> hits{};
        curve.clear();
        for (const auto& [g, rank] : ranked) {
          if (rank >= options.max_detections[2]) continue;
          const detail::verdict what = verdicts[g][t * members[g]->score.size() + rank];
          for (std::size_t m = 0; m < 3; ++m)
            hits[m] += rank < options.max_detections[m] && what == detail::verdict::hit;
          curve.add(what, truths);
        }
        result.precision[k][a].push_back(curve.sample());
        auto& recall = result.recall[k][a].emplace_back();
        for (std::size_t m = 0; m < 3; ++m)
          recall[m] = static_cast<double>(hits[m]) / static_cast<double>(truths);
      }
    }
  }
  for (std::size_t k = 0; k < result.categories.size(); ++k)
    result.by_category.push_back(detail::summarize(result, k, k + 1, thresholds));
  result.all = detail::summarize(result, 0, result.categories.size(), thresholds);
  return result;
}

}  // namespace s2d::inline S2D_ABI
