// Average precision of instance masks in images (COCO) and of tubes in videos (YouTube-VIS).
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include <s2d/core/detail/order.hpp>
#include <s2d/core/error.hpp>
#include <s2d/core/matrix.hpp>
#include <s2d/core/parallel.hpp>
#include <s2d/eval/average_precision.hpp>
#include <s2d/mask/iou.hpp>
#include <s2d/mask/tube.hpp>

namespace s2d::inline S2D_ABI {

/// An instance, found or true. It refers to its shape, which must live as long.
template <class Shape>
struct ap_instance {
  std::int64_t group = 0;  ///< image or video
  std::int64_t category = 0;
  const Shape* shape = nullptr;  ///< a mask (mask_form), or a tube (mask_tube)
  double score = 1;              ///< of detections
  bool crowd = false;            ///< of truths: ignored, and matched by any number of detections
  /// Pixels, for the classes of size; below 0: of the mask, or the mean over the frames in which
  /// the tube has pixels. COCO takes the area that the annotation states.
  double area = -1;
};

namespace detail {

/// Members of a group, in the order in which the evaluators take them.
struct group_members {
  std::int64_t group = 0, category = 0;
  std::vector<std::size_t> found, truths;
};

/// Groups by number, then category. Detections by descending score; class-agnostic evaluators join
/// the lists of the categories one after the other, so that of equal scores the lower category
/// comes first.
template <class Shape>
[[nodiscard]] std::vector<group_members> collect_groups(std::span<const ap_instance<Shape>> found,
                                                        std::span<const ap_instance<Shape>> truths,
                                                        bool by_category) {
  const auto collect = [&](std::span<const ap_instance<Shape>> list, const auto& less_within) {
    std::vector<std::size_t> order(list.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    sort_stably(order, [&](std::size_t i, std::size_t j) {
      const ap_instance<Shape>&a = list[i], &b = list[j];
      if (a.group != b.group) return a.group < b.group;
      if (by_category && a.category != b.category) return a.category < b.category;
      return less_within(a, b);
    });
    return order;
  };
  const auto by_score = collect(found, [](const auto& a, const auto& b) {
    return a.score != b.score ? a.score > b.score : a.category < b.category;
  });
  const auto by_kind =
      collect(truths, [](const auto& a, const auto& b) { return a.category < b.category; });
  std::vector<group_members> groups;
  const auto key = [&](const ap_instance<Shape>& one) {
    return std::pair{one.group, by_category ? one.category : std::int64_t{0}};
  };
  for (std::size_t d = 0, g = 0; d < by_score.size() || g < by_kind.size();) {
    const bool take_found =
        g == by_kind.size() ||
        (d < by_score.size() && key(found[by_score[d]]) < key(truths[by_kind[g]]));
    const auto now = take_found ? key(found[by_score[d]]) : key(truths[by_kind[g]]);
    group_members& members = groups.emplace_back();
    members.group = now.first;
    members.category = now.second;
    for (; d < by_score.size() && key(found[by_score[d]]) == now; ++d)
      members.found.push_back(by_score[d]);
    for (; g < by_kind.size() && key(truths[by_kind[g]]) == now; ++g)
      members.truths.push_back(by_kind[g]);
  }
  return groups;
}

template <class Shape>
[[nodiscard]] ap_group judge_overlaps(const group_members& members,
                                      std::span<const ap_instance<Shape>> found,
                                      std::span<const ap_instance<Shape>> truths) {
  ap_group group;
  group.category = members.category;
  const std::size_t n = members.found.size(), m = members.truths.size();
  for (const std::size_t d : members.found) group.score.push_back(found[d].score);
  for (const std::size_t g : members.truths) {
    group.truth_ignored.push_back(truths[g].crowd);
    group.truth_crowd.push_back(truths[g].crowd);
  }
  const auto get_found = [&](std::size_t i) -> const Shape& {
    return *found[members.found[i]].shape;
  };
  const auto get_truth = [&](std::size_t j) -> const Shape& {
    return *truths[members.truths[j]].shape;
  };
  // The stated area, or the measured one of number i.
  const auto add_areas = [&](const auto& area_found, const auto& area_truth) {
    for (std::size_t i = 0; i < n; ++i) {
      const double stated = found[members.found[i]].area;
      group.area.push_back(stated >= 0 ? stated : area_found(i));
    }
    for (std::size_t j = 0; j < m; ++j) {
      const double stated = truths[members.truths[j]].area;
      group.truth_area.push_back(stated >= 0 ? stated : area_truth(j));
    }
  };
  if constexpr (mask_form<Shape>) {
    add_areas([&](std::size_t i) { return static_cast<double>(area(get_found(i))); },
              [&](std::size_t j) { return static_cast<double>(area(get_truth(j))); });
    group.overlap = {static_cast<std::ptrdiff_t>(n), static_cast<std::ptrdiff_t>(m)};
    for (std::size_t i = 0; i < n && m > 0; ++i)
      require_size("evaluate_instances: ", get_found(i), get_truth(0).height, get_truth(0).width);
    for (std::size_t j = 0; j < m; ++j)
      require_size("evaluate_instances: ", get_truth(j), get_truth(0).height, get_truth(0).width);
    pair_buffers buffers;
    use_mask_pairs(
        n, get_found, m, get_truth,
        [&](std::size_t i, std::size_t j, std::ptrdiff_t area_a, std::ptrdiff_t area_b,
            std::ptrdiff_t common) {
          const over rule = group.truth_crowd[j] != 0 ? over::first : over::either;
          group.overlap.values[i * m + j] = overlap_share(area_a, area_b, common, rule, 0);
        },
        buffers);
  } else {
    using mask = std::remove_cvref_t<decltype(std::begin(get_found(0))->mask)>;
    tube_masks<mask> tubes_found{n, get_found}, tubes_truth{m, get_truth};
    const auto mean = [](const tube_masks<mask>& tubes) {
      return [&tubes](std::size_t i) {
        return tubes.frames[i] == 0
                   ? 0.0
                   : static_cast<double>(tubes.pixels[i]) / static_cast<double>(tubes.frames[i]);
      };
    };
    add_areas(mean(tubes_found), mean(tubes_truth));
    group.overlap = tube_table<double>(tubes_found, tubes_truth, absent_frame::empty);
  }
  return group;
}

}  // namespace detail

/// Average precision and recall of instances: of masks as COCO measures them, of tubes as
/// YouTube-VIS does (IoU over all frames, an absent mask is empty, crowds have plain IoU; take
/// ytvis_ap_options()).
///
/// Groups are taken by ascending number, detections of a group by descending score (equal ones in
/// the order of the list), at most options.max_detections[2] of them. Detections of a category
/// without truths do not count; those in a group without truths count as misses of their category.
///
/// @param found, truths  instances in any order
/// @param threads  0: one per processor; the result does not depend on it
/// @throws invalid_input if shapes are missing, a score is not a number, or masks that are compared
///         differ in size
/// Complexity: the overlaps of the pairs of each group, see iou and tube_iou, and
/// average_precision.
template <class Shape>
[[nodiscard]] ap_result evaluate_instances(std::span<const ap_instance<Shape>> found,
                                           std::span<const ap_instance<Shape>> truths,
                                           const ap_options& options = {},
                                           std::size_t threads = 1) {
  for (std::size_t d = 0; d < found.size(); ++d) {
    require(found[d].shape != nullptr, "evaluate_instances: detection ", d, " has no shape");
    require(found[d].score == found[d].score, "evaluate_instances: detection ", d,
            ": the score is not a number");
  }
  for (std::size_t g = 0; g < truths.size(); ++g)
    require(truths[g].shape != nullptr, "evaluate_instances: truth ", g, " has no shape");
  auto members = detail::collect_groups(found, truths, options.by_category);
  std::vector<ap_group> groups(members.size());
  parallel_for(members.size(), threads, [&](std::size_t i) {
    auto& best = members[i].found;
    if (best.size() > options.max_detections[2]) best.resize(options.max_detections[2]);
    groups[i] = detail::judge_overlaps(members[i], found, truths);
  });
  return average_precision(groups, options);
}

/// @copydoc evaluate_instances
template <class Shape>
[[nodiscard]] ap_result evaluate_instances(const std::vector<ap_instance<Shape>>& found,
                                           const std::vector<ap_instance<Shape>>& truths,
                                           const ap_options& options = {},
                                           std::size_t threads = 1) {
  return evaluate_instances(std::span{found}, std::span{truths}, options, threads);
}

/// The classes of size of YouTube-VIS. `by_category` false: the class-agnostic metric, in which
/// unsupervised methods are measured.
[[nodiscard]] inline ap_options ytvis_ap_options(bool by_category = true) {
  ap_options options;
  options.by_category = by_category;
  options.area_bounds = {128.0 * 128.0, 256.0 * 256.0};
  return options;
}

}  // namespace s2d::inline S2D_ABI
