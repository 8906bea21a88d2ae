// From what queries say of a clip to masks of the size of the video.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include <torch/torch.h>

#include <s2d/core/error.hpp>
#include <s2d/mask/nms.hpp>
#include <s2d/mask/rle.hpp>
#include <s2d/mask/tube.hpp>
#include <s2d/torch/tensors.hpp>
#include <s2d/torch/transformer_decoder.hpp>

namespace s2d::inline S2D_ABI {
namespace torch {

/// Rows and columns of a picture.
struct picture_size {
  std::int64_t height = 0;
  std::int64_t width = 0;
  friend bool operator==(const picture_size&, const picture_size&) = default;
};

/// How network pixels become video pixels.
struct mask_sizes {
  picture_size network;  ///< of the frames that the network saw, padding included
  picture_size content;  ///< what is left without padding, from the upper left corner
  picture_size video;    ///< of the masks
};

/// An object in some frames of a video: a tube of masks.
struct predicted_object {
  double score = 0;                        ///< p(object), a mean over what was looked at
  std::int64_t query = 0;                  ///< that found it, in its first clip
  std::vector<tube_segment<rle>> masks{};  ///< frames ascending, no empty mask
};

namespace detail {

inline void require_sizes(const mask_sizes& sizes) {
  require(sizes.content.height > 0 && sizes.content.width > 0 && sizes.video.height > 0 &&
              sizes.video.width > 0 && sizes.content.height <= sizes.network.height &&
              sizes.content.width <= sizes.network.width,
          "mask_sizes: network ", sizes.network.height, " x ", sizes.network.width, ", content ",
          sizes.content.height, " x ", sizes.content.width, ", video ", sizes.video.height, " x ",
          sizes.video.width, " (height x width), expected content inside of network");
}

/// A probability above which a map may become a mask, and a pixel be drawn into one.
constexpr float unlikely = 0.1F;

/// Maps [n, h, w] at the size of the video: bilinear to the network's size, cut, bilinear again.
inline ::torch::Tensor to_video_size(const ::torch::Tensor& maps, const mask_sizes& sizes) {
  auto x = maps.unsqueeze(0);
  const auto resize = [&](const picture_size& to) {
    if (x.size(2) != to.height || x.size(3) != to.width)
      x = ::at::upsample_bilinear2d(x, {to.height, to.width}, false);
  };
  resize(sizes.network);
  x = x.slice(2, 0, sizes.content.height).slice(3, 0, sizes.content.width);
  resize(sizes.video);
  return x.squeeze(0);
}

/// Masks of n maps [n, h, w] of one frame, where they are above `threshold`.
inline std::vector<rle> encode_maps(const ::torch::Tensor& maps, const mask_sizes& sizes,
                                    double threshold) {
  std::vector<rle> masks;
  if (maps.size(0) == 0) return masks;
  const auto inside = (to_video_size(maps, sizes) > threshold).to(::torch::kCPU).contiguous();
  for (std::int64_t i = 0; i < inside.size(0); ++i)
    masks.push_back(encode(as_mask<const std::uint8_t>(inside[i], "masks")));
  return masks;
}

/// The queries of best score, best first; of equal ones the earlier.
inline std::vector<std::int64_t> best_queries(const std::vector<double>& scores, std::int64_t top_k,
                                              double least) {
  std::vector<std::int64_t> order;
  for (std::size_t i = 0; i < scores.size(); ++i)
    if (scores[i] >= least) order.push_back(static_cast<std::int64_t>(i));
  std::stable_sort(order.begin(), order.end(), [&](std::int64_t i, std::int64_t j) {
    return scores[static_cast<std::size_t>(i)] > scores[static_cast<std::size_t>(j)];
  });
  if (static_cast<std::int64_t>(order.size()) > top_k)
    order.resize(static_cast<std::size_t>(top_k));
  return order;
}

/// Of objects that overlap more than `threshold` over all frames the best stays; best first.
inline void suppress(std::vector<predicted_object>& objects, double threshold) {
  std::vector<std::vector<tube_segment<rle>>> tubes;
  std::vector<double> scores;
  for (predicted_object& object : objects) {
    tubes.push_back(std::move(object.masks));
    scores.push_back(object.score);
  }
  nms_options how;
  how.threshold = threshold;
  std::vector<predicted_object> kept;
  for (const std::size_t i : nms(tubes, scores, how)) {
    objects[i].masks = std::move(tubes[i]);
    kept.push_back(std::move(objects[i]));
  }
  objects = std::move(kept);
}

}  // namespace detail

/// Which objects of a clip are taken.
struct selection_options {
  std::int64_t top_k = 10;  ///< at most so many queries, the best
  double least_score = 0;   ///< p(object) from which a query counts
  std::optional<double> nms =
      std::nullopt;  ///< greatest overlap with a better object; default: any
};

/// Objects of one clip as the official code takes them: queries of best score, logits resized to
/// the padded size, cut, resized to the video, masks where they are above 0. Best first.
/// @param class_logits  [q, classes + 1]
/// @param mask_logits   [q, f, h, w]
/// @param first         the video's number of the clip's first frame
[[nodiscard]] inline std::vector<predicted_object> select_objects(
    const ::torch::Tensor& class_logits, const ::torch::Tensor& mask_logits,
    const mask_sizes& sizes, const selection_options& options = {}, std::int64_t first = 0) {
  const ::torch::NoGradGuard guard;
  require_shape(class_logits, {any, any}, "select_objects: class_logits");
  require_shape(mask_logits, {class_logits.size(0), any, any, any}, "select_objects: mask_logits");
  require(options.top_k > 0, "select_objects: top_k is ", options.top_k, ", expected more than 0");
  detail::require_sizes(sizes);
  const auto probability =
      class_logits.to(::torch::kFloat).softmax(-1).select(1, 0).to(::torch::kCPU, ::torch::kDouble);
  const auto host = probability.contiguous();
  const double* score = host.const_data_ptr<double>();
  const std::vector<double> scores(score, score + host.size(0));
  std::vector<predicted_object> objects;
  const auto chosen = detail::best_queries(scores, options.top_k, options.least_score);
  for (const std::int64_t i : chosen)
    objects.push_back({scores[static_cast<std::size_t>(i)], i, {}});
  const auto rows = ::torch::tensor(chosen, ::torch::kLong).to(mask_logits.device());
  const auto logits = mask_logits.index_select(0, rows).to(::torch::kFloat);
  for (std::int64_t t = 0; t < logits.size(1); ++t) {
    auto masks = detail::encode_maps(logits.select(1, t), sizes, 0);
    for (std::size_t i = 0; i < masks.size(); ++i)
      if (area(masks[i]) > 0) objects[i].masks.push_back({first + t, std::move(masks[i])});
  }
  if (options.nms) detail::suppress(objects, *options.nms);
  return objects;
}

}  // namespace torch
}  // namespace s2d::inline S2D_ABI
