// Tubes, the masks of one object over time, and how much they overlap.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include <s2d/core/error.hpp>
#include <s2d/core/matrix.hpp>
#include <s2d/mask/detail/mask_pairs.hpp>
#include <s2d/mask/iou.hpp>
#include <s2d/mask/mask_form.hpp>
#include <s2d/mask/rle.hpp>

namespace s2d::inline S2D_ABI {

/// A mask of a tube in one frame.
template <mask_form Mask>
struct tube_segment {
  std::ptrdiff_t frame = 0;
  Mask mask;
  friend bool operator==(const tube_segment&, const tube_segment&) = default;
};

/// The masks of one object over time: a range of elements with members `frame` and `mask` (of one
/// mask_form), frames strictly ascending. A frame in which the object has no mask has no element.
template <class Tube>
concept mask_tube = requires(const Tube& one) {
  { std::begin(one)->frame } -> std::convertible_to<std::ptrdiff_t>;
  requires mask_form<std::remove_cvref_t<decltype(std::begin(one)->mask)>>;
  std::end(one);
};

/// A contiguous list of tubes.
template <class Tubes>
concept tube_list = requires(const Tubes& tubes) {
  std::span{tubes};
}
&&mask_tube<typename decltype(std::span{std::declval<const Tubes&>()})::value_type>;

/// What a frame says in which only one of two tubes has a mask.
enum class absent_frame : std::uint8_t {
  ignored,  ///< nothing: a missing key mask is unknown, not empty
  empty,    ///< that the other mask is empty, as the evaluation of dense masks has it
};

/// Intersection over union of two tubes: the pixels common to both, summed over frames, divided by
/// the pixels of either. 0 if no frame counts or all masks are empty.
///
/// @param a, b  frames counted alike in both, strictly ascending (not checked here)
/// @throws invalid_input if masks of one frame differ in size
/// Complexity: linear in the elements, one comparison of masks for every common frame.
template <mask_tube A, mask_tube B>
[[nodiscard]] double tube_iou(const A& a, const B& b, absent_frame absent = absent_frame::ignored) {
  std::ptrdiff_t common = 0, either = 0;
  const auto alone = [&](const auto& element) {
    if (absent == absent_frame::empty) either += area(element.mask);
  };
  auto left = std::begin(a);
  auto right = std::begin(b);
  while (left != std::end(a) && right != std::end(b)) {
    if (left->frame < right->frame) {
      alone(*left++);
    } else if (right->frame < left->frame) {
      alone(*right++);
    } else {
      const std::ptrdiff_t shared = intersection_area(left->mask, right->mask);
      common += shared;
      either += area(left->mask) + area(right->mask) - shared;
      ++left;
      ++right;
    }
  }
  for (; left != std::end(a); ++left) alone(*left);
  for (; right != std::end(b); ++right) alone(*right);
  return either == 0 ? 0 : static_cast<double>(common) / static_cast<double>(either);
}

namespace detail {

/// The masks of many tubes, handed out frame by frame. Run lengths are checked.
template <class Mask>
class tube_masks {
 public:
  struct one {
    std::ptrdiff_t frame;
    std::size_t tube;
    const Mask* mask;
  };
  static constexpr std::ptrdiff_t no_frame = PTRDIFF_MAX;

  /// get(i) is tube i of n.
  template <class Get>
  tube_masks(std::size_t n, const Get& get) : pixels(n), frames(n) {
    for (std::size_t i = 0; i < n; ++i) {
      const auto& tube = get(i);
      next_.push_back(masks_.size());
      bool first = true;
      std::ptrdiff_t last = 0;
      for (auto at = std::begin(tube); at != std::end(tube); ++at) {
        const auto frame = static_cast<std::ptrdiff_t>(at->frame);
        require(first || frame > last, "tube_iou: tube ", i, ": frame ", frame, " follows frame ",
                last, ", expected ascending frames");
        first = false;
        last = frame;
        masks_.push_back({frame, i, &at->mask});
        const std::ptrdiff_t count = area(at->mask);
        pixels[i] += count;
        frames[i] += count > 0;
      }
      end_.push_back(masks_.size());
    }
  }

  /// The next frame in which a tube has a mask.
  [[nodiscard]] std::ptrdiff_t next_frame() const noexcept {
    std::ptrdiff_t frame = no_frame;
    for (std::size_t i = 0; i < next_.size(); ++i)
      if (next_[i] < end_[i] && masks_[next_[i]].frame < frame) frame = masks_[next_[i]].frame;
    return frame;
  }

  /// Replaces `found` by the masks of that frame.
  void take(std::ptrdiff_t frame, std::vector<one>& found) {
    found.clear();
    for (std::size_t i = 0; i < next_.size(); ++i)
      if (next_[i] < end_[i] && masks_[next_[i]].frame == frame)
        found.push_back(masks_[next_[i]++]);
  }

  std::vector<std::ptrdiff_t> pixels;  ///< [tubes] area over all frames
  std::vector<std::ptrdiff_t> frames;  ///< [tubes] in which a mask has pixels

 private:
  std::vector<one> masks_;  // tube by tube
  std::vector<std::size_t> next_, end_;
};

/// Calls use(i, j, area of i, area of j, common pixels) for every frame and every pair of tubes
/// that both have a mask in it.
template <class Mask, class Use>
void use_tube_pairs(tube_masks<Mask>& a, tube_masks<Mask>& b, const Use& use) {
  std::vector<typename tube_masks<Mask>::one> left, right;
  pair_buffers buffers;
  for (;;) {
    const std::ptrdiff_t frame_a = a.next_frame(), frame_b = b.next_frame();
    if (frame_a == tube_masks<Mask>::no_frame || frame_b == tube_masks<Mask>::no_frame) return;
    left.clear();
    right.clear();
    if (frame_a <= frame_b) a.take(frame_a, left);
    if (frame_b <= frame_a) b.take(frame_b, right);
    if (frame_a != frame_b) continue;
    const Mask& first = *left.front().mask;
    for (const auto* list : {&left, &right})
      for (const auto& each : *list)
        require_extents("tube_iou: ", *each.mask, first.height, first.width);
    use_mask_pairs(
        left.size(), [&](std::size_t i) -> const Mask& { return *left[i].mask; }, right.size(),
        [&](std::size_t j) -> const Mask& { return *right[j].mask; },
        [&](std::size_t i, std::size_t j, std::ptrdiff_t area_a, std::ptrdiff_t area_b,
            std::ptrdiff_t common) { use(left[i].tube, right[j].tube, area_a, area_b, common); },
        buffers);
  }
}

/// See tube_iou. Takes the masks out of both.
template <class Value, class Mask>
[[nodiscard]] matrix<Value> tube_table(tube_masks<Mask>& left, tube_masks<Mask>& right,
                                       absent_frame absent) {
  const std::size_t n = left.pixels.size(), m = right.pixels.size();
  const auto rows = static_cast<std::ptrdiff_t>(n);
  const auto columns = static_cast<std::ptrdiff_t>(m);
  matrix<std::ptrdiff_t> common(rows, columns), either(rows, columns);
  use_tube_pairs(left, right,
                 [&](std::size_t i, std::size_t j, std::ptrdiff_t area_a, std::ptrdiff_t area_b,
                     std::ptrdiff_t shared) {
                   common.values[i * m + j] += shared;
                   either.values[i * m + j] += area_a + area_b - shared;
                 });
  matrix<Value> table(rows, columns);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < m; ++j) {
      const std::ptrdiff_t shared = common.values[i * m + j];
      const std::ptrdiff_t divisor = absent == absent_frame::ignored
                                         ? either.values[i * m + j]
                                         : left.pixels[i] + right.pixels[j] - shared;
      if (divisor != 0)
        table.values[i * m + j] =
            static_cast<Value>(static_cast<double>(shared) / static_cast<double>(divisor));
    }
  return table;
}

}  // namespace detail

/// The overlap of every tube of `a` with every tube of `b`: tube_iou(tube, tube) for all pairs,
/// frame by frame with the comparison of iou(masks, masks).
///
/// @tparam Value  float or double
/// @param a, b  [n] and [m] tubes of one mask form, frames counted alike in all
/// @return [n, m]
/// @throws invalid_input if masks of a frame in which both lists have some differ in size, or
///         frames do not ascend
/// Complexity: n m comparisons for every frame at most; memory O(n m), and the packed boxes of the
/// masks of one frame.
template <std::floating_point Value = float, tube_list A, tube_list B>
[[nodiscard]] matrix<Value> tube_iou(const A& a, const B& b,
                                     absent_frame absent = absent_frame::ignored) {
  const std::span first{a};
  const std::span second{b};
  const auto get_a = [&](std::size_t i) -> const auto& { return first[i]; };
  const auto get_b = [&](std::size_t i) -> const auto& { return second[i]; };
  using mask = std::remove_cvref_t<decltype(std::begin(first[0])->mask)>;
  detail::tube_masks<mask> left{first.size(), get_a}, right{second.size(), get_b};
  return detail::tube_table<Value>(left, right, absent);
}

}  // namespace s2d::inline S2D_ABI
