// Carries the masks of a few frames to all frames of a video along its optical flow.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <s2d/core/detail/threads.hpp>
#include <s2d/core/bit_mask.hpp>
#include <s2d/core/image.hpp>
#include <s2d/core/parallel.hpp>
#include <s2d/core/progress.hpp>
#include <s2d/flow/field.hpp>
#include <s2d/keymask/detail/carry.hpp>
#include <s2d/mask/bits.hpp>

namespace s2d::inline S2D_ABI {

/// When a mask that was carried still shows what its key shows.
struct likeness_options {
  float color = 60;    ///< at most so far is a pixel's colour from that of the key (Euclidean, RGB)
  float share = 0.5f;  ///< of the mask's pixels at least so many are that near, 0 to 1
  float size = 0.5f;   ///< at least so many pixels of the key's, and at most its inverse, 0 to 1
};

struct propagate_options {
  float threshold = 0.5f;   ///< a pixel is foreground where its averaged value is greater
  std::size_t reach = 0;    ///< carry a mask over at most so many frames; 0: to the next one or end
  std::size_t threads = 0;  ///< 0: one per processor; the result does not depend on it
  /// [T] of one size, for instance that of the flow, or none. With them a mask is carried only as
  /// long as it looks like its key: the first frame in which it does not ends its way.
  std::span<const image> pictures = {};
  likeness_options likeness = {};
};

namespace detail {

// What one frame gets from either side: a soft mask and how many frames it was carried over.
struct carried {
  soft_patch mask;
  std::size_t age = 0;
  bool known = false;
};

// The colours under a soft mask, times its values, over the same box: red, green, blue.
using soft_colors = std::array<soft_patch, 3>;

// Pictures of the frames, of any size: the colour of a pixel of a mask is that of the picture's
// pixel in which its centre lies.
class likeness {
 public:
  likeness(const propagate_options& options, std::ptrdiff_t height, std::ptrdiff_t width)
      : pictures_{options.pictures}, options_{options.likeness}, threshold_{options.threshold} {
    if (pictures_.empty()) return;
    places(rows_, height, pictures_[0].height, 1);
    places(columns_, width, pictures_[0].width, 3);
  }

  [[nodiscard]] bool wanted() const noexcept { return !pictures_.empty(); }

  [[nodiscard]] soft_colors under(const soft_patch& mask, std::size_t frame) const {
    soft_colors colors;
    for (std::size_t c = 0; c < 3; ++c) {
      colors[c] = mask;
      for (std::ptrdiff_t i = 0; i < mask.height; ++i) {
        const std::uint8_t* from = row_of(frame, mask.y + i) + c;
        float* to = colors[c].row(i);
        for (std::ptrdiff_t j = 0; j < mask.width; ++j) to[j] *= from[column_of(mask.x + j)];
      }
    }
    return colors;
  }

  [[nodiscard]] std::ptrdiff_t pixels(const soft_patch& mask) const noexcept {
    std::ptrdiff_t count = 0;
    for (const float value : mask.values) count += value > threshold_;
    return count;
  }

  /// Whether a mask that had so many pixels, and brought these colours along, looks like that here.
  [[nodiscard]] bool holds(const soft_patch& mask, const soft_colors& colors,
                           std::ptrdiff_t pixels_before, std::size_t frame) const {
    const float most = options_.color * options_.color;
    std::ptrdiff_t near = 0;
    for (std::ptrdiff_t i = 0; i < mask.height; ++i) {
      const std::uint8_t* picture = row_of(frame, mask.y + i);
      const float *value = mask.row(i), *red = colors[0].row(i), *green = colors[1].row(i),
                  *blue = colors[2].row(i);
      for (std::ptrdiff_t j = 0; j < mask.width; ++j) {
        if (!(value[j] > threshold_)) continue;
        const std::uint8_t* here = picture + column_of(mask.x + j);
        const float r = red[j] / value[j] - here[0], g = green[j] / value[j] - here[1],
                    b = blue[j] / value[j] - here[2];
        near += r * r + g * g + b * b <= most;
      }
    }
    const auto before = static_cast<double>(pixels_before), now = static_cast<double>(pixels(mask));
    return static_cast<double>(near) >= options_.share * now && now >= options_.size * before &&
           options_.size * now <= before;
  }

 private:
  static void places(std::vector<std::ptrdiff_t>& out, std::ptrdiff_t side, std::ptrdiff_t of,
                     std::ptrdiff_t step) {
    for (std::ptrdiff_t i = 0; i < side; ++i) out.push_back((2 * i + 1) * of / (2 * side) * step);
  }
  [[nodiscard]] const std::uint8_t* row_of(std::size_t frame, std::ptrdiff_t y) const noexcept {
    return pictures_[frame].row(rows_[static_cast<std::size_t>(y)]);
  }
  [[nodiscard]] std::ptrdiff_t column_of(std::ptrdiff_t x) const noexcept {
    return columns_[static_cast<std::size_t>(x)];
  }

  std::span<const image> pictures_;
  likeness_options options_;
  float threshold_;
  std::vector<std::ptrdiff_t> rows_, columns_;  // of the pictures, for each of a mask
};

// A key on its way in one direction.
class traveller {
 public:
  traveller(const bit_mask& key, std::size_t frame, const likeness& test)
      : test_{&test}, now_{soften(key), 0, true} {
    if (!test.wanted()) return;
    pixels_ = test.pixels(now_.mask);
    colors_ = test.under(now_.mask, frame);
  }

  /// Into the next frame of its way, with the flow that leads back. False: it does not arrive.
  bool step(const flow_field& field, std::size_t frame, std::ptrdiff_t height, std::ptrdiff_t width,
            flow_rows& rows) {
    if (field.empty()) return false;
    soft_patch mask = carry(now_.mask, field, range_of(field), height, width, rows);
    if (test_->wanted()) {
      for (soft_patch& color : colors_) {
        soft_patch next{mask.y, mask.x, mask.height, mask.width, {}};
        sample_back(color, field, rows, next);
        color = std::move(next);
      }
      if (!test_->holds(mask, colors_, pixels_, frame)) return false;
    }
    now_ = {std::move(mask), now_.age + 1, true};
    return true;
  }
  [[nodiscard]] const carried& now() const noexcept { return now_; }

 private:
  const likeness* test_;
  carried now_;
  soft_colors colors_;
  std::ptrdiff_t pixels_ = 0;  // of the key
};

inline bit_mask blend(const carried& a, const carried& b, std::ptrdiff_t height,
                      std::ptrdiff_t width, float threshold) {
  bit_mask result(height, width);
  const float raw_a = a.known ? 1 / (static_cast<float>(a.age) + 0.5f) : 0;
  const float raw_b = b.known ? 1 / (static_cast<float>(b.age) + 0.5f) : 0;
  if (raw_a + raw_b == 0) return result;
  const float weight_a = raw_a / (raw_a + raw_b), weight_b = raw_b / (raw_a + raw_b);
  const auto each = [](const carried& side, const auto& visit) {
    for (std::ptrdiff_t i = 0; i < side.mask.height; ++i)
      for (std::ptrdiff_t j = 0; j < side.mask.width; ++j)
        visit(side.mask.y + i, side.mask.x + j, side.mask.row(i)[j]);
  };
  each(a, [&](std::ptrdiff_t y, std::ptrdiff_t x, float value) {
    if (weight_a * value + weight_b * b.mask.at(y, x) > threshold) result.set(y, x);
  });
  each(b, [&](std::ptrdiff_t y, std::ptrdiff_t x, float value) {
    if (weight_a * a.mask.at(y, x) + weight_b * value > threshold) result.set(y, x);
  });
  return result;
}

inline void check_likeness(const propagate_options& options, std::size_t frames) {
  const std::span<const image> pictures = options.pictures;
  if (pictures.empty()) return;
  require(pictures.size() == frames, "propagate: ", frames, " keys, but ", pictures.size(),
          " pictures");
  for (const image& each : pictures)
    require(each.height > 0 && each.width > 0 && each.height == pictures[0].height &&
                each.width == pictures[0].width,
            "propagate: a picture is ", each.height, " x ", each.width, ", the first ",
            pictures[0].height, " x ", pictures[0].width, " (height x width)");
  const auto [color, share, size] = options.likeness;
  require(color >= 0 && share >= 0 && share <= 1 && size >= 0 && size <= 1,
          "propagate: likeness is colour ", color, ", share ", share, ", size ", size,
          ", expected 0 or more, 0 to 1, 0 to 1");
}

// The frames strictly between two keys; `left` and `right` may be absent (T).
struct gap {
  std::size_t left = 0, right = 0;
};

// Calls step(ready) after every frame of either way, ready: 1 if its mask is, else 0.
template <class Step>
void fill_gap(std::span<const bit_mask> keys, const video_flow& flow, gap between,
              std::ptrdiff_t height, std::ptrdiff_t width, const propagate_options& options,
              std::vector<bit_mask>& result, const Step& step) {
  const std::size_t frames = keys.size();
  const std::size_t first = between.left == frames ? 0 : between.left + 1;
  const std::size_t count = between.right - first;  // right == frames means: up to the end
  const std::size_t reach = options.reach == 0 ? frames : options.reach;
  flow_rows rows(height, width);
  const likeness test(options, height, width);

  std::vector<carried> from_left(count);
  if (between.left != frames) {
    traveller key{keys[between.left], between.left, test};
    for (std::size_t k = 0; k < count && k < reach; ++k) {
      if (!key.step(flow.backward[first + k], first + k, height, width, rows)) break;
      from_left[k] = key.now();
      step(0);
    }
  }
  const carried nothing;
  std::optional<traveller> key;
  if (between.right != frames) key.emplace(keys[between.right], between.right, test);
  for (std::size_t k = count; k-- > 0;) {
    if (key && (key->now().age == reach ||
                !key->step(flow.forward[first + k], first + k, height, width, rows)))
      key.reset();
    result[first + k] =
        blend(from_left[k], key ? key->now() : nothing, height, width, options.threshold);
    from_left[k] = {};
    step(1);
  }
}

}  // namespace detail

/// The masks of all T frames from the masks of some. From the nearest key on either side the mask
/// is carried frame by frame: every step samples it bilinearly at p + flow(p), where the flow leads
/// back towards the key; outside the frame it is zero. Where both sides arrive, the average with
/// weights 1 / (steps + 1/2) is compared with `threshold`. A key frame keeps its own mask.
///
/// With options.pictures the colours of a key travel with it. A carried mask whose colours are
/// those of too few of its pixels, or that has shrunk or grown too much (likeness_options), ends
/// there: its object is hidden, or has left, and the flow goes on with what is in front or behind.
///
/// @param keys      [T] a mask of [h, w] where one is known, a mask without pixels (bit_mask{})
///                  elsewhere; a key without foreground says that the object is not there
/// @param flow      [T] on any grid: positions follow the half-pixel rule, vectors are scaled with
///                  the grid. Where the field is absent (a cut) the mask is carried no further.
///                  Vectors that are not finite, and those
///                  interpolated from them, lead outside the frame.
/// @param progress  stage "propagate", units are frames
/// @return [T] masks of [h, w], background where nothing arrives; all without pixels if no key has
///         any
/// @throws invalid_input if keys differ in size, `flow` has another number of frames, planes of a
///         field differ in size, pictures are not as many as frames or differ in size, masks have
///         2^31 pixels or more, or an option is out of its range
/// @throws cancelled if `progress` returns false
/// Complexity: two warps a frame, each over the box that the mask can reach; gaps between keys are
/// independent and shared among threads; with pictures four times as many. Memory: the soft masks
/// of one gap, cropped, per thread.
[[nodiscard]] inline std::vector<bit_mask> propagate(std::span<const bit_mask> keys,
                                                     const video_flow& flow,
                                                     const propagate_options& options = {},
                                                     const progress_callback& progress = {}) {
  const std::size_t frames = keys.size();
  require(flow.forward.size() == frames && flow.backward.size() == frames, "propagate: ", frames,
          " keys, but flow of ", flow.forward.size(), " frames forward and ", flow.backward.size(),
          " backward");
  require(options.threshold >= 0 && options.threshold < 1, "propagate: threshold is ",
          options.threshold, ", expected 0 <= threshold < 1");
  detail::check_likeness(options, frames);
  detail::require_planes("propagate", flow);

  std::vector<std::size_t> at;
  for (std::size_t t = 0; t < frames; ++t)
    if (!keys[t].empty()) at.push_back(t);
  std::vector<bit_mask> result(frames);
  if (at.empty()) return result;
  const std::ptrdiff_t height = keys[at[0]].height, width = keys[at[0]].width;
  for (const std::size_t t : at) {
    require(keys[t].height == height && keys[t].width == width, "propagate: the key of frame ", t,
            " is ", keys[t].height, " x ", keys[t].width, ", that of frame ", at[0], " ", height,
            " x ", width, " (height x width)");
    result[t] = keys[t];
  }

  detail::require_offsets("propagate", height, width);
  std::vector<detail::gap> gaps;
  if (at.front() > 0) gaps.push_back({frames, at.front()});
  for (std::size_t i = 1; i < at.size(); ++i)
    if (at[i] > at[i - 1] + 1) gaps.push_back({at[i - 1], at[i]});
  if (at.back() + 1 < frames) gaps.push_back({at.back(), frames});

  detail::mutex reporting;
  std::size_t done = at.size();
  parallel_for(gaps.size(), options.threads, [&](std::size_t i) {
    detail::fill_gap(keys, flow, gaps[i], height, width, options, result, [&](std::size_t ready) {
      const detail::scoped_lock lock{reporting};
      done += ready;
      detail::report(progress, "propagate", done, frames);
    });
  });
  return result;
}

}  // namespace s2d::inline S2D_ABI
