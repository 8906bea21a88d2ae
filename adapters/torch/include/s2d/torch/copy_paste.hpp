// Objects of one clip pasted into another, so that more of them meet and hide each other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <torch/torch.h>

#include <s2d/core/error.hpp>
#include <s2d/core/random.hpp>
#include <s2d/torch/affine_sample.hpp>
#include <s2d/torch/augment.hpp>
#include <s2d/torch/clip_sampler.hpp>
#include <s2d/torch/tensors.hpp>
#include <s2d/torch/training_clip.hpp>

namespace s2d::inline S2D_ABI {
namespace torch {

struct copy_paste_options {
  double rate = 0.5;           ///< share of the clips that get something
  bool all_instances = false;  ///< else a random number of them, at least one, not all if several
  double least_scale = 0.8;    ///< of the donor's frame, in units of the receiver's
  double greatest_scale = 1.2;
  double greatest_cover = 0.5;  ///< nothing is pasted if a pasted mask covers at least this share
                                ///< of a mask that is there, in any frame
  double least_area = 1;        ///< pixels that must be left of a mask, else it loses its weight
  std::uint64_t seed = 0;
};

/// Pastes instances of one frame of `donor` into every frame of `clip`, each time with another
/// scale and place. Pasted pixels hide what was there; what they hide whole loses its weight, and
/// an instance without a weight its slot. Pasted instances are known in all frames, with the trust
/// of their frame. Frames in which an instance has no pseudo mask stay without one.
///
/// Against the official code: every frame of the donor may be chosen, not all but the last; all
/// frames are looked at for what is covered, not the first; slots belong to instances, so that
/// their number cannot differ between frames; missing masks are not filled in by guesses.
/// @return the clip unchanged if the donor's frame has no instance, or too much would be covered
/// @throws invalid_input if shapes do not fit
[[nodiscard]] inline training_clip paste_objects(training_clip clip, const training_clip& donor,
                                                 const copy_paste_options& options,
                                                 random_stream& random) {
  const auto check = [](const training_clip& c) {
    require_shape(c.frames, {any, 3, any, any}, "copy-paste: frames");
    require_shape(c.masks, {any, c.frames.size(0), c.frames.size(2), c.frames.size(3)},
                  "copy-paste: masks");
    require_shape(c.weights, {c.masks.size(0), c.frames.size(0)}, "copy-paste: weights");
  };
  check(clip);
  check(donor);
  const auto from =
      static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(donor.frames.size(0))));
  const auto trusts = donor.weights.accessor<float, 2>();
  std::vector<std::int64_t> instances;
  for (std::int64_t n = 0; n < donor.masks.size(0); ++n)
    if (trusts[n][from] > 0) instances.push_back(n);
  if (instances.empty()) return clip;
  if (!options.all_instances && instances.size() > 1) {
    const std::size_t count = 1 + static_cast<std::size_t>(random.below(instances.size() - 1));
    for (std::size_t i = 0; i < count; ++i)
      std::swap(instances[i],
                instances[i + static_cast<std::size_t>(random.below(instances.size() - i))]);
    instances.resize(count);
  }

  const std::int64_t frames = clip.frames.size(0), height = clip.frames.size(2),
                     width = clip.frames.size(3);
  const auto pasted_count = static_cast<std::int64_t>(instances.size());
  const auto pasted = ::torch::empty({pasted_count, frames, height, width}, ::torch::kFloat);
  const auto picture = ::torch::empty({frames, 3, height, width}, ::torch::kFloat);
  const auto colours = donor.frames[from].contiguous(), shapes = donor.masks.contiguous();
  const auto plane_of = [](const ::torch::Tensor& tensor) {
    return plane_view<float>{tensor.data_ptr<float>(), tensor.size(0), tensor.size(1)};
  };
  for (std::int64_t f = 0; f < frames; ++f) {
    const double scale = detail::draw_between(random, options.least_scale, options.greatest_scale);
    const double step_x =
        static_cast<double>(donor.frames.size(3)) / (scale * static_cast<double>(width));
    const double step_y =
        static_cast<double>(donor.frames.size(2)) / (scale * static_cast<double>(height));
    // The donor's frame lies anywhere between flush left and flush right, above and below.
    const double left = random.uniform() * static_cast<double>(width) * (1 - scale);
    const double top = random.uniform() * static_cast<double>(height) * (1 - scale);
    const affine_map map{step_x, 0,      (0.5 - left) * step_x - 0.5,
                         0,      step_y, (0.5 - top) * step_y - 0.5};
    for (std::int64_t c = 0; c < 3; ++c)
      sample_affine<float>(plane_of(colours[c]), map, plane_of(picture[f][c]), outside::reflect);
    for (std::int64_t i = 0; i < pasted_count; ++i)
      sample_affine<float>(plane_of(shapes[instances[static_cast<std::size_t>(i)]][from]), map,
                           plane_of(pasted[i][f]));
  }
  pasted.copy_(pasted > 0.5);
  const auto hidden = pasted.amax(0);  // [F, H, W]
  const auto areas = clip.masks.sum({2, 3});
  for (std::int64_t i = 0; i < pasted_count; ++i) {
    const auto covered = (clip.masks * pasted[i]).sum({2, 3});
    const auto too_much =
        (clip.weights > 0) & (areas > 0) & (covered >= options.greatest_cover * areas);
    if (too_much.any().item<bool>()) return clip;
  }
  clip.frames = ::torch::where(hidden.unsqueeze(1) > 0, picture, clip.frames);
  auto masks = ::torch::cat({clip.masks * (1 - hidden), pasted});
  auto added = ::torch::empty({pasted_count, frames}, ::torch::kFloat);
  for (std::int64_t i = 0; i < pasted_count; ++i)
    added[i].fill_(trusts[instances[static_cast<std::size_t>(i)]][from]);
  auto weights = ::torch::cat({clip.weights, added});
  weights = ::torch::where(masks.sum({2, 3}) >= options.least_area, weights,
                           ::torch::zeros_like(weights));
  const auto alive = (weights > 0).any(1).nonzero().squeeze(1);
  clip.masks = masks.index_select(0, alive);
  clip.weights = weights.index_select(0, alive);
  clip.name = concat(clip.name, " + ", donor.name);
  return clip;
}

/// A source whose clips get objects pasted in, as often as the rate says. Donors come from a
/// second source, made with another seed, where the official code takes the batch in reverse.
template <clip_source Source, clip_source Donors = Source>
class with_copy_paste {
 public:
  /// @throws invalid_input if an option is out of range
  with_copy_paste(Source source, Donors donors, const copy_paste_options& options = {})
      : source_{std::move(source)}, donors_{std::move(donors)}, options_{options} {
    require(options.least_scale > 0 && options.greatest_scale >= options.least_scale,
            "copy_paste_options: scales from ", options.least_scale, " to ", options.greatest_scale,
            ", expected positive and ascending");
  }

  [[nodiscard]] training_clip operator()(std::int64_t step, std::int64_t index) const {
    training_clip clip = source_(step, index);
    random_stream random{detail::mixed_seed(options_.seed, step, index, 0xc0b1)};
    if (!(random.uniform() < options_.rate)) return clip;
    return paste_objects(std::move(clip), donors_(step, index), options_, random);
  }

 private:
  Source source_;
  Donors donors_;
  copy_paste_options options_;
};

}  // namespace torch
}  // namespace s2d::inline S2D_ABI
