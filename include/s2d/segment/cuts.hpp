// Where one shot of a video ends and the next begins.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include <s2d/core/detail/extremes.hpp>
#include <s2d/core/detail/order.hpp>
#include <s2d/core/image.hpp>
#include <s2d/core/lab.hpp>
#include <s2d/core/parallel.hpp>

namespace s2d::inline S2D_ABI {

struct cut_options {
  float threshold = 0.21F;  ///< of shot_change, in 0..1; higher finds fewer cuts
  std::size_t threads = 1;  ///< 0: one per processor
};

/// What of a frame is needed to tell whether the next one belongs to the same shot.
struct shot_signature {
  lab_image thumbnail;        ///< longer side 54 pixels or fewer
  std::vector<float> colors;  ///< [512] shares of 8 x 8 x 8 bins of Lab
};

namespace detail {

inline constexpr std::ptrdiff_t thumbnail_side = 54;
inline constexpr std::ptrdiff_t match_block = 6;
inline constexpr std::ptrdiff_t match_reach = 6;

/// Mean difference of a block of `a` to its best place in `b` nearby, for every block; the median.
inline float unmatched(const lab_image& a, const lab_image& b) {
  const std::ptrdiff_t height = a.height();
  const std::ptrdiff_t width = a.width();
  const std::ptrdiff_t block_height = smaller_of(match_block, height);
  const std::ptrdiff_t block_width = smaller_of(match_block, width);
  std::vector<float> best;
  for (std::ptrdiff_t y = 0; y + block_height <= height; y += block_height)
    for (std::ptrdiff_t x = 0; x + block_width <= width; x += block_width) {
      float least = (std::numeric_limits<float>::max)();
      for (std::ptrdiff_t oy = larger_of(y - match_reach, std::ptrdiff_t{0});
           oy <= y + match_reach && oy + block_height <= height; ++oy)
        for (std::ptrdiff_t ox = larger_of(x - match_reach, std::ptrdiff_t{0});
             ox <= x + match_reach && ox + block_width <= width; ++ox) {
          float sum = 0;
          for (std::ptrdiff_t i = 0; i < block_height && sum < least; ++i) {
            const float* al = a.l.row(y + i) + x;
            const float* aa = a.a.row(y + i) + x;
            const float* ab = a.b.row(y + i) + x;
            const float* bl = b.l.row(oy + i) + ox;
            const float* ba = b.a.row(oy + i) + ox;
            const float* bb = b.b.row(oy + i) + ox;
            for (std::ptrdiff_t j = 0; j < block_width; ++j)
              sum += std::fabs(al[j] - bl[j]) + std::fabs(aa[j] - ba[j]) + std::fabs(ab[j] - bb[j]);
          }
          least = smaller_of(least, sum);
        }
      best.push_back(least / static_cast<float>(block_height * block_width));
    }
  if (best.empty()) return 0;
  const std::size_t middle = best.size() / 2;
  select_nth(best.data(), best.size(), middle);
  return best[middle];
}

/// Share of the pixels whose colour has no counterpart in the other frame.
inline float color_change(const shot_signature& before, const shot_signature& after) noexcept {
  float change = 0;
  for (std::size_t i = 0; i < before.colors.size(); ++i)
    change += std::fabs(before.colors[i] - after.colors[i]) / 2;
  return change;
}

inline float blocks_left(const shot_signature& before, const shot_signature& after) {
  return smaller_of(unmatched(before.thumbnail, after.thumbnail),
                    unmatched(after.thumbnail, before.thumbnail));
}

/// Whether a frame is black or white all over, as between two shots of which one fades out and the
/// next in: a mean lightness below 8 or above 96 (of 100), a deviation below 1.5.
inline bool blank(const shot_signature& frame) noexcept {
  double sum = 0, squares = 0;
  for (const float value : frame.thumbnail.l.values) {
    const auto l = static_cast<double>(value);
    sum += l;
    squares += l * l;
  }
  const auto n = static_cast<double>(frame.thumbnail.l.values.size());
  if (n == 0) return false;
  const double mean = sum / n;
  return (mean < 8 || mean > 96) && squares / n - mean * mean < 1.5 * 1.5;
}

/// Pairs of frames before and behind that a jump is compared with.
inline constexpr std::size_t near_pairs = 3;

}  // namespace detail

/// The signature of a frame. O(1): a fixed number of its pixels is looked at.
[[nodiscard]] inline shot_signature make_shot_signature(image_view frame) {
  const std::ptrdiff_t longer = detail::larger_of(frame.height, frame.width);
  const auto side = [&](std::ptrdiff_t length) {
    return detail::smaller_of(
        length, detail::larger_of(
                    length * detail::thumbnail_side / detail::larger_of(longer, std::ptrdiff_t{1}),
                    std::ptrdiff_t{1}));
  };
  const std::ptrdiff_t height = frame.empty() ? 0 : side(frame.height);
  const std::ptrdiff_t width = frame.empty() ? 0 : side(frame.width);
  constexpr std::ptrdiff_t samples = 3;
  image thumbnail(height, width);
  for (std::ptrdiff_t y = 0; y < height; ++y)
    for (std::ptrdiff_t x = 0; x < width; ++x) {
      int sum[3] = {};
      for (std::ptrdiff_t i = 0; i < samples; ++i)
        for (std::ptrdiff_t j = 0; j < samples; ++j) {
          const std::ptrdiff_t fy =
              (2 * (samples * y + i) + 1) * frame.height / (2 * samples * height);
          const std::ptrdiff_t fx =
              (2 * (samples * x + j) + 1) * frame.width / (2 * samples * width);
          for (int c = 0; c < 3; ++c) sum[c] += frame.row(fy)[3 * fx + c];
        }
      for (int c = 0; c < 3; ++c)
        thumbnail.row(y)[3 * x + c] = static_cast<std::uint8_t>(sum[c] / (samples * samples));
    }
  shot_signature signature{to_lab(thumbnail), std::vector<float>(512)};
  const auto bin = [](float value, float low, float range) {
    const float scaled = (value - low) / range * 8;
    return static_cast<std::size_t>(scaled < 0 ? 0 : scaled < 7 ? scaled : 7);
  };
  const lab_image& lab = signature.thumbnail;
  const float share = 1 / static_cast<float>(detail::larger_of(height * width, std::ptrdiff_t{1}));
  for (std::size_t p = 0; p < lab.l.values.size(); ++p)
    signature.colors[bin(lab.l.values[p], 0, 100) * 64 + bin(lab.a.values[p], -64, 128) * 8 +
                     bin(lab.b.values[p], -64, 128)] += share;
  return signature;
}

/// How unlike two neighbouring frames of one video are.
struct shot_difference {
  float colors = 0;     ///< share of the colours that differ, in 0..1
  float blocks = 0;     ///< what is left in the median block where it fits best, Lab units
  bool begins = false;  ///< something is to be seen behind a frame that is all black or white
};

/// @throws invalid_input if the thumbnails, and so the shapes of the frames, differ
[[nodiscard]] inline shot_difference compare_shots(const shot_signature& before,
                                                   const shot_signature& after) {
  detail::require_same_size("compare_shots", before.thumbnail.l, after.thumbnail.l);
  return {detail::color_change(before, after), detail::blocks_left(before, after),
          detail::blank(before) && !detail::blank(after)};
}

/// In 0..1: the share of the colours that differ, times the difference (saturating at 20 Lab units)
/// that is left in the median block after it has been moved to where it fits best. Motion leaves
/// the colours and finds the blocks again; light that goes on changes the colours, but the blocks
/// less; a cut changes both.
[[nodiscard]] inline float shot_change(const shot_difference& between) noexcept {
  return between.colors * detail::smaller_of(between.blocks / 20, 1.0F);
}

/// The frames that begin a new shot: [T], the first is false. A cut has a shot_change above the
/// threshold; or above half of it, if the blocks jump: more than four times as much (and 4 units)
/// is left as between any other of the three pairs of frames before and the three behind, which
/// tells a cut in a dark scene, where colours are alike, from fast motion. At least one such pair
/// is needed on either side. A shot also begins where something is seen again behind frames that
/// are black or white all over: one has faded out and the next in. Dissolves are not found.
/// @param between  [T] between each frame and the one before it; the first says nothing
[[nodiscard]] inline std::vector<bool> find_cuts(std::span<const shot_difference> between,
                                                 const cut_options& options = {}) {
  constexpr std::size_t near = detail::near_pairs;
  std::vector<bool> cuts(between.size());
  for (std::size_t t = 1; t < between.size(); ++t) {
    const float change = shot_change(between[t]);
    cuts[t] = change > options.threshold || between[t].begins;
    if (cuts[t] || change <= options.threshold / 2 || t == 1 || t + 1 == between.size()) continue;
    float around = 1;
    for (std::size_t k = t > near ? t - near : 1; k <= t + near && k < between.size(); ++k)
      if (k != t) around = detail::larger_of(around, between[k].blocks);
    cuts[t] = between[t].blocks > 4 * around;
  }
  return cuts;
}

/// The same for the frames themselves.
/// @param frames  [T] all of one size
/// @throws invalid_input if sizes differ
/// Complexity: O(T), whatever the size of the frames.
[[nodiscard]] inline std::vector<bool> find_cuts(std::span<const image> frames,
                                                 const cut_options& options = {}) {
  for (const image& frame : frames) detail::require_same_size("find_cuts", frames[0], frame);
  std::vector<shot_signature> signatures(frames.size());
  parallel_for(frames.size(), options.threads,
               [&](std::size_t t) { signatures[t] = make_shot_signature(frames[t]); });
  // Blocks take most of the time and matter where colours differ, and near by.
  std::vector<shot_difference> between(frames.size());
  std::vector<char> matters(frames.size());
  for (std::size_t t = 1; t < frames.size(); ++t) {
    between[t].colors = detail::color_change(signatures[t - 1], signatures[t]);
    between[t].begins = detail::blank(signatures[t - 1]) && !detail::blank(signatures[t]);
    if (between[t].colors <= options.threshold / 2) continue;
    const std::size_t first = t > detail::near_pairs ? t - detail::near_pairs : 1;
    for (std::size_t k = first; k <= t + detail::near_pairs && k < frames.size(); ++k)
      matters[k] = 1;
  }
  parallel_for(frames.size(), options.threads, [&](std::size_t t) {
    if (matters[t] != 0) between[t].blocks = detail::blocks_left(signatures[t - 1], signatures[t]);
  });
  return find_cuts(between, options);
}

}  // namespace s2d::inline S2D_ABI
