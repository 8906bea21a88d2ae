// Region similarity J and contour accuracy F of video object segmentation, as DAVIS measures them.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <s2d/assign/hungarian.hpp>
#include <s2d/core/bit_mask.hpp>
#include <s2d/core/error.hpp>
#include <s2d/core/matrix.hpp>
#include <s2d/core/parallel.hpp>
#include <s2d/mask/bits.hpp>
#include <s2d/mask/boundary.hpp>

namespace s2d::inline S2D_ABI {

/// Summary of a measure over frames.
struct davis_statistics {
  double mean = 0;
  double recall = 0;  ///< share of the frames above one half
  double decay = 0;   ///< mean of the first quarter of the frames less that of the last
};

/// The measures of one object of the truth.
struct davis_object {
  /// The proposal that stands for the object; -1: none, every frame is compared with nothing.
  std::ptrdiff_t proposal = -1;
  std::vector<double> j_per_frame;  ///< [T]
  std::vector<double> f_per_frame;  ///< [T]
  davis_statistics j;
  davis_statistics f;
};

struct davis_result {
  std::vector<davis_object> objects;  ///< in the order of the truth
  double j_mean = 0;                  ///< over objects, each the mean over its frames
  double f_mean = 0;
  double jf_mean = 0;  ///< (J + F) / 2, the figure of the benchmark
};

enum class davis_protocol : std::uint8_t {
  semi_supervised,  ///< prediction i stands for object i; missing predictions are empty
  unsupervised,     ///< predictions are proposals; each object gets at most one (best mean J + F)
};

struct davis_options {
  davis_protocol protocol = davis_protocol::semi_supervised;
  /// How far a contour may be off, as a share of the diagonal of the frame (rounded up to pixels);
  /// 1 and more: pixels.
  double boundary_tolerance = 0.008;
  std::size_t max_proposals = 20;  ///< unsupervised: more are refused
  std::size_t threads = 1;         ///< 0: one per processor; the result does not depend on it
};

/// Masks of some objects over time: [objects][T], all of one size.
using davis_masks = std::vector<std::vector<bit_mask>>;

namespace detail {

/// A mask with what its contour measure needs.
struct contour {
  bit_mask mask, edges, near_edges;
  std::ptrdiff_t pixels = 0, edge_pixels = 0;

  contour(const bit_mask& whole, const bit_mask* counted, std::ptrdiff_t tolerance)
      : mask{counted == nullptr ? whole : intersect(whole, *counted)} {
    pixels = area(mask);
    edges = boundary_map(mask);
    edge_pixels = area(edges);
    near_edges = dilate_disk(edges, tolerance);
  }
};

[[nodiscard]] inline double jaccard(const contour& a, const contour& b) {
  const std::ptrdiff_t common = intersection_area(a.mask, b.mask);
  const std::ptrdiff_t either = a.pixels + b.pixels - common;
  return either == 0 ? 1 : static_cast<double>(common) / static_cast<double>(either);
}

[[nodiscard]] inline double contour_f(const contour& truth, const contour& found) {
  if (truth.edge_pixels == 0 || found.edge_pixels == 0)
    return truth.edge_pixels == found.edge_pixels ? 1 : 0;
  const auto share = [](const contour& a, const contour& b) {
    return static_cast<double>(intersection_area(a.edges, b.near_edges)) /
           static_cast<double>(a.edge_pixels);
  };
  const double precision = share(found, truth), recall = share(truth, found);
  return precision + recall == 0 ? 0 : 2 * precision * recall / (precision + recall);
}

[[nodiscard]] inline double mean_of(std::span<const double> values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return values.empty() ? 0 : sum / static_cast<double>(values.size());
}

inline void require_davis_masks(const char* what, const davis_masks& masks, std::size_t frames,
                                std::ptrdiff_t height, std::ptrdiff_t width) {
  for (std::size_t i = 0; i < masks.size(); ++i) {
    require(masks[i].size() == frames, "evaluate_davis: ", what, " ", i, " has ", masks[i].size(),
            " frames, expected ", frames);
    for (const bit_mask& mask : masks[i])
      require(mask.height == height && mask.width == width, "evaluate_davis: ", what, " ", i,
              ": sizes differ, ", mask.height, " x ", mask.width, ", expected ", height, " x ",
              width, " (height x width)");
  }
}

}  // namespace detail

/// Radius in pixels within which two contours of a picture count as the same.
[[nodiscard]] inline std::ptrdiff_t davis_tolerance(std::ptrdiff_t height, std::ptrdiff_t width,
                                                    double tolerance = 0.008) {
  require(tolerance >= 0 && tolerance < 1e6, "davis_tolerance: tolerance is ", tolerance,
          ", expected a share of the diagonal or pixels");
  if (tolerance >= 1) return static_cast<std::ptrdiff_t>(tolerance);
  const auto h = static_cast<double>(height), w = static_cast<double>(width);
  return static_cast<std::ptrdiff_t>(std::ceil(tolerance * std::sqrt(h * h + w * w)));
}

/// Region similarity of two masks: intersection over union, 1 if both are empty.
/// @throws invalid_input if the sizes differ
[[nodiscard]] inline double davis_j(const bit_mask& truth, const bit_mask& found) {
  return iou(truth, found, {.when_empty = 1});
}

/// Contour accuracy of two masks: harmonic mean of the share of found contour pixels within
/// `tolerance` pixels of the true contour, and the reverse; 1 if neither has a contour.
/// @throws invalid_input if the sizes differ or tolerance is negative
[[nodiscard]] inline double davis_f(const bit_mask& truth, const bit_mask& found,
                                    std::ptrdiff_t tolerance) {
  detail::require_same_size("davis_f", truth, found);
  return detail::contour_f({truth, nullptr, tolerance}, {found, nullptr, tolerance});
}

/// Mean, recall and decay of the values of consecutive frames. The quarters overlap by a frame, as
/// the published evaluator cuts them: bounds are round(1 + k (T - 1) / 4), halves up, both
/// included. (It keeps bounds in 8 bits, so that its decay is wrong from 256 frames on; this one
/// is not.) All 0 if there is no frame.
[[nodiscard]] inline davis_statistics davis_summary(std::span<const double> values) {
  davis_statistics result;
  if (values.empty()) return result;
  std::size_t above = 0;
  for (const double value : values) above += value > 0.5;
  result.mean = detail::mean_of(values);
  result.recall = static_cast<double>(above) / static_cast<double>(values.size());
  const auto bound = [&](int k) {
    const double step = static_cast<double>(values.size() - 1) / 4;
    const double place = k == 4 ? static_cast<double>(values.size()) : 1 + k * step;
    return static_cast<std::size_t>(std::nearbyint(place + 1e-10)) - 1;
  };
  result.decay = detail::mean_of(values.subspan(bound(0), bound(1) + 1 - bound(0))) -
                 detail::mean_of(values.subspan(bound(3), bound(4) + 1 - bound(3)));
  return result;
}

/// J and F of a whole video.
///
/// Frames are taken as they come: the benchmark leaves out the first and the last one in the
/// semi-supervised protocol, which is left to the caller. Without predictions every object is
/// compared with empty masks.
///
/// @param truth  [objects][T] masks, all [h, w]
/// @param found  [predictions][T], T and size as the truth
/// @param void_pixels  [T] pixels that count neither way, or empty
/// @throws invalid_input if the truth is empty, extents do not fit, there are more predictions than
///         objects (semi-supervised) or than options.max_proposals (unsupervised)
/// Complexity: each mask gets its contour and the contour's surroundings once; every pair of object
/// and proposal is then three counts of common bits a frame.
/// Source: Perazzi et al., CVPR 2016; Caelles et al., arXiv:1905.00737.
[[nodiscard]] inline davis_result evaluate_davis(const davis_masks& truth, const davis_masks& found,
                                                 std::span<const bit_mask> void_pixels = {},
                                                 const davis_options& options = {}) {
  require(!truth.empty() && !truth[0].empty(), "evaluate_davis: the truth holds no ",
          truth.empty() ? "object" : "frame");
  const bool assigned = options.protocol == davis_protocol::unsupervised;
  const std::size_t frames = truth[0].size(), objects = truth.size(), proposals = found.size();
  const std::ptrdiff_t height = truth[0][0].height, width = truth[0][0].width;
  detail::require_davis_masks("object", truth, frames, height, width);
  detail::require_davis_masks("prediction", found, frames, height, width);
  require(assigned || proposals <= objects, "evaluate_davis: ", proposals,
          " predictions, expected at most ", objects, " (objects of the truth)");
  require(!assigned || proposals <= options.max_proposals, "evaluate_davis: ", proposals,
          " proposals, expected at most ", options.max_proposals);
  require(void_pixels.empty() || void_pixels.size() == frames,
          "evaluate_davis: ", void_pixels.size(), " void masks, expected ", frames, " (frames)");
  for (const bit_mask& mask : void_pixels)
    require(mask.height == height && mask.width == width, "evaluate_davis: a void mask is ",
            mask.height, " x ", mask.width, ", expected ", height, " x ", width,
            " (height x width)");
  const std::ptrdiff_t tolerance = davis_tolerance(height, width, options.boundary_tolerance);

  // [objects][proposals][T]; one column more for an object that gets nothing.
  const std::size_t columns = proposals + 1;
  std::vector<double> j(objects * columns * frames), f(j.size());
  parallel_for(frames, options.threads, [&](std::size_t t) {
    std::optional<bit_mask> counted;
    if (!void_pixels.empty()) counted = complement(void_pixels[t]);
    const bit_mask* const clip = counted ? &*counted : nullptr;
    std::vector<detail::contour> right, left;
    for (const auto& object : truth) right.emplace_back(object[t], clip, tolerance);
    for (const auto& proposal : found) left.emplace_back(proposal[t], clip, tolerance);
    left.emplace_back(bit_mask(height, width), nullptr, 0);
    for (std::size_t o = 0; o < objects; ++o)
      for (std::size_t p = 0; p < columns; ++p) {
        if (!assigned && p != o && p != proposals) continue;
        const std::size_t at = (o * columns + p) * frames + t;
        j[at] = detail::jaccard(right[o], left[p]);
        f[at] = detail::contour_f(right[o], left[p]);
      }
  });
  const auto values = [&](const std::vector<double>& all, std::size_t o, std::size_t p) {
    return std::span<const double>{all}.subspan((o * columns + p) * frames, frames);
  };

  std::vector<std::ptrdiff_t> chosen(objects, -1);
  if (assigned) {
    // Rows: proposals, filled up with empty ones where there are fewer than objects.
    const std::size_t rows = proposals < objects ? objects : proposals;
    matrix<double> score(static_cast<std::ptrdiff_t>(rows), static_cast<std::ptrdiff_t>(objects));
    for (std::size_t r = 0; r < rows; ++r)
      for (std::size_t o = 0; o < objects; ++o) {
        const std::size_t p = r < proposals ? r : proposals;
        score.values[r * objects + o] =
            (detail::mean_of(values(j, o, p)) + detail::mean_of(values(f, o, p))) / 2;
      }
    const auto match = hungarian(score, {.maximize = true});
    for (std::size_t r = 0; r < proposals; ++r)
      if (match->column_of[r] != assignment::none)
        chosen[static_cast<std::size_t>(match->column_of[r])] = static_cast<std::ptrdiff_t>(r);
  } else {
    for (std::size_t o = 0; o < proposals; ++o) chosen[o] = static_cast<std::ptrdiff_t>(o);
  }

  davis_result result;
  for (std::size_t o = 0; o < objects; ++o) {
    davis_object& object = result.objects.emplace_back();
    object.proposal = chosen[o];
    const std::size_t p = chosen[o] < 0 ? proposals : static_cast<std::size_t>(chosen[o]);
    const auto j_values = values(j, o, p), f_values = values(f, o, p);
    object.j_per_frame.assign(j_values.begin(), j_values.end());
    object.f_per_frame.assign(f_values.begin(), f_values.end());
    object.j = davis_summary(j_values);
    object.f = davis_summary(f_values);
    result.j_mean += object.j.mean / static_cast<double>(objects);
    result.f_mean += object.f.mean / static_cast<double>(objects);
  }
  result.jf_mean = (result.j_mean + result.f_mean) / 2;
  return result;
}

}  // namespace s2d::inline S2D_ABI
