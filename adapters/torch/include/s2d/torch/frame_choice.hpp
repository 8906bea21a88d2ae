// Which frames of a video make a training clip.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include <s2d/core/detail/order.hpp>
#include <s2d/core/error.hpp>
#include <s2d/core/random.hpp>
#include <s2d/torch/video_labels.hpp>

namespace s2d::inline S2D_ABI {
namespace torch {

/// The official rule.
struct window_choice {
  std::ptrdiff_t frames = 3;
  /// Take runs of frames in all of which one object has a mask, as long as there are any.
  bool dense_windows = true;
  std::ptrdiff_t reach = 20;  ///< without such runs: distance of the others from the first frame
};

/// The rule of the preset tiny.
struct keymask_choice {
  std::ptrdiff_t frames = 2;
  std::ptrdiff_t reach = 20;    ///< distance of the others from the first frame
  double labelled_share = 0.5;  ///< how often another frame is one with a mask
  double any_first = 0;         ///< how often the first frame is any frame
};

namespace detail {

inline void check_choice(const video_labels& video, std::ptrdiff_t frames, std::ptrdiff_t reach) {
  require(frames >= 1, "frame choice: ", frames, " frames, expected at least 1");
  require(reach >= 0, "frame choice: reach is ", reach, ", expected at least 0");
  require(video.length >= 1, video.name, ": has no frame");
}

inline std::size_t draw_index(random_stream& random, std::size_t n) noexcept {
  return static_cast<std::size_t>(random.below(n));
}

/// A frame of `pool` within `reach` of `centre` that is not in `chosen`; -1 if there is none.
template <class Pool>
std::ptrdiff_t draw_near(const Pool& pool, std::ptrdiff_t centre, std::ptrdiff_t reach,
                         const std::vector<std::ptrdiff_t>& chosen, random_stream& random) {
  std::vector<std::ptrdiff_t> candidates;
  for (const std::ptrdiff_t t : pool) {
    if (t < centre - reach || t > centre + reach) continue;
    bool taken = false;
    for (const std::ptrdiff_t c : chosen) taken = taken || c == t;
    if (!taken) candidates.push_back(t);
  }
  return candidates.empty() ? -1 : candidates[draw_index(random, candidates.size())];
}

inline std::vector<std::ptrdiff_t> all_frames(std::ptrdiff_t length) {
  return s2d::detail::counted<std::ptrdiff_t>(static_cast<std::size_t>(length));
}

inline std::vector<std::ptrdiff_t> in_order(std::vector<std::ptrdiff_t> frames) {
  s2d::detail::sort_stably(frames);
  return frames;
}

}  // namespace detail

/// Chooses as the official code does: a run of consecutive frames in which one object has a mask,
/// each (object, run) equally likely; where there is none, any frame and others near it without
/// repetition. Where fewer frames than asked for are in reach, frames repeat: all as often as the
/// others or once more, the earlier ones first.
/// @return [frames] ascending
/// @throws invalid_input if the video has no frame or an option is out of range
/// O(masks + length).
[[nodiscard]] inline std::vector<std::ptrdiff_t> choose_frames(const video_labels& video,
                                                               const window_choice& rule,
                                                               random_stream& random) {
  detail::check_choice(video, rule.frames, rule.reach);
  const auto count = static_cast<std::size_t>(rule.frames);
  if (rule.dense_windows) {
    std::vector<std::ptrdiff_t> starts;
    for (const object_labels& object : video.objects)
      for (std::size_t i = 0; i + count <= object.masks.size(); ++i)
        if (object.masks[i + count - 1].frame - object.masks[i].frame == rule.frames - 1)
          starts.push_back(object.masks[i].frame);
    if (!starts.empty()) {
      const std::ptrdiff_t start = starts[detail::draw_index(random, starts.size())];
      std::vector<std::ptrdiff_t> chosen(count);
      for (std::size_t i = 0; i < count; ++i) chosen[i] = start + static_cast<std::ptrdiff_t>(i);
      return chosen;
    }
  }
  const auto pool = detail::all_frames(video.length);
  std::vector<std::ptrdiff_t> chosen{pool[detail::draw_index(random, pool.size())]};
  while (chosen.size() < count) {
    const std::ptrdiff_t t = detail::draw_near(pool, chosen.front(), rule.reach, chosen, random);
    if (t < 0) break;
    chosen.push_back(t);
  }
  chosen = detail::in_order(std::move(chosen));
  for (std::size_t i = 0; chosen.size() < count; ++i) chosen.push_back(chosen[i]);
  return detail::in_order(std::move(chosen));
}

/// Chooses as the preset tiny does: the first frame is one with a mask (or, as often as
/// `any_first` says, any), the others lie within `reach` of it and have a mask as often as
/// `labelled_share` says. Where no such frame is left, any frame in reach is taken; where there is
/// none, the first repeats.
/// @return [frames] ascending
/// @throws invalid_input if the video has no frame or no mask, or an option is out of range
/// O(masks + frames * length).
[[nodiscard]] inline std::vector<std::ptrdiff_t> choose_frames(const video_labels& video,
                                                               const keymask_choice& rule,
                                                               random_stream& random) {
  detail::check_choice(video, rule.frames, rule.reach);
  const auto labelled = labelled_frames(video);
  require(!labelled.empty(), video.name, ": no frame has a mask");
  const auto every = detail::all_frames(video.length);
  const auto& first = random.uniform() < rule.any_first ? every : labelled;
  std::vector<std::ptrdiff_t> chosen{first[detail::draw_index(random, first.size())]};
  while (chosen.size() < static_cast<std::size_t>(rule.frames)) {
    std::ptrdiff_t t = -1;
    if (random.uniform() < rule.labelled_share)
      t = detail::draw_near(labelled, chosen.front(), rule.reach, chosen, random);
    if (t < 0) t = detail::draw_near(every, chosen.front(), rule.reach, chosen, random);
    chosen.push_back(t < 0 ? chosen.front() : t);
  }
  return detail::in_order(std::move(chosen));
}

}  // namespace torch
}  // namespace s2d::inline S2D_ABI
