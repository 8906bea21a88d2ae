// Which video a clip of a batch comes from: all videos in random order, again and again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <s2d/core/detail/order.hpp>
#include <s2d/core/error.hpp>
#include <s2d/core/random.hpp>

namespace s2d::inline S2D_ABI {
namespace torch {

namespace detail {

/// A seed out of a seed and numbers, each of which changes all of it.
template <class... Numbers>
[[nodiscard]] constexpr std::uint64_t mixed_seed(std::uint64_t seed, Numbers... numbers) noexcept {
  const auto mix = [&](std::uint64_t number) {
    seed = random_stream{seed ^ (number * 0x9e3779b97f4a7c15u + 0x632be59bd9b4e019u)}.bits();
  };
  (mix(static_cast<std::uint64_t>(numbers)), ...);
  return seed;
}

}  // namespace detail

/// An endless stream of random permutations of the videos, cut into batches. Videos of one batch
/// belong to one group (by aspect: lying or not); a video waits until the batch of its group is
/// full. A pure function of step and index: no state, so nothing to save.
class clip_sampler {
 public:
  /// @param groups  [videos] 0 or 1, or empty: all in one
  /// @throws invalid_input if there is no video or no clip in a batch, or sizes differ
  clip_sampler(std::size_t videos, std::int64_t batch, std::uint64_t seed,
               std::vector<std::uint8_t> groups = {})
      : videos_{videos}, batch_{batch}, seed_{seed}, groups_{std::move(groups)} {
    require(videos > 0, "clip_sampler: there is no video");
    require(batch > 0, "clip_sampler: ", batch, " clips in a batch, expected at least 1");
    if (groups_.empty()) groups_.resize(videos);
    require(groups_.size() == videos, "clip_sampler: ", groups_.size(), " groups for ", videos,
            " videos");
    for (const std::uint8_t group : groups_) {
      require(group < 2, "clip_sampler: group ", int{group}, ", expected 0 or 1");
      ++members_[group];
    }
  }

  [[nodiscard]] std::int64_t batch() const noexcept { return batch_; }

  /// The video of clip `index` of batch `step`. O(videos).
  /// @throws invalid_input if step or index are out of range
  [[nodiscard]] std::size_t operator()(std::int64_t step, std::int64_t index) const {
    require(step >= 0 && index >= 0 && index < batch_, "clip_sampler: step ", step, ", index ",
            index, ", expected a step from 0 on and an index from 0 to ", batch_ - 1);
    if (videos_ == 1) return 0;
    // The epoch in which the batch becomes full, and then the place.
    std::int64_t low = 0, high = (step + 4) * batch_;
    while (low < high) {
      const std::int64_t middle = low + (high - low) / 2;
      if (full_after(middle + 1) > step)
        high = middle;
      else
        low = middle + 1;
    }
    std::int64_t full = full_after(low);
    std::int64_t count[2] = {low * members_[0], low * members_[1]};
    for (const std::size_t video : permutation(low)) {
      const std::uint8_t group = groups_[video];
      if (++count[group] % batch_ != 0 || full++ < step) continue;
      return member(group, count[group] - batch_ + index);
    }
    return 0;  // never: the epoch was chosen so that the batch is in it
  }

 private:
  [[nodiscard]] std::int64_t full_after(std::int64_t epochs) const noexcept {
    return epochs * members_[0] / batch_ + epochs * members_[1] / batch_;
  }

  [[nodiscard]] std::vector<std::size_t> permutation(std::int64_t epoch) const {
    auto order = s2d::detail::counted<std::size_t>(videos_);
    random_stream random{detail::mixed_seed(seed_, epoch, 0x5eed)};
    for (std::size_t i = videos_; i > 1; --i)
      std::swap(order[i - 1], order[static_cast<std::size_t>(random.below(i))]);
    return order;
  }

  /// Video number n of the stream of a group.
  [[nodiscard]] std::size_t member(std::uint8_t group, std::int64_t n) const {
    std::int64_t rank = n % members_[group];
    for (const std::size_t video : permutation(n / members_[group]))
      if (groups_[video] == group && rank-- == 0) return video;
    return 0;  // never: ranks are below the number of members
  }

  std::size_t videos_;
  std::int64_t batch_;
  std::uint64_t seed_;
  std::vector<std::uint8_t> groups_;
  std::int64_t members_[2] = {0, 0};
};

}  // namespace torch
}  // namespace s2d::inline S2D_ABI
