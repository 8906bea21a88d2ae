// Selecting and sorting for headers that must not pay for <algorithm>.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <s2d/core/config.hpp>

namespace s2d::inline S2D_ABI::detail {

struct ascending {
  template <class T>
  constexpr bool operator()(const T& a, const T& b) const {
    return a < b;
  }
};

/// Reorders values[0, n) so that values[k] is what sorting would put there, nothing before it is
/// greater and nothing behind it less; k < n. Needs a strict weak order, but stays inside the range
/// without one. Expected O(n): Hoare's selection with pivots drawn from a fixed sequence.
template <class T, class Less = ascending>
void select_nth(T* values, std::size_t n, std::size_t k, const Less& less = {}) {
  auto low = std::ptrdiff_t{0}, high = static_cast<std::ptrdiff_t>(n) - 1;
  const auto target = static_cast<std::ptrdiff_t>(k);
  std::uint64_t random = 0x9e3779b97f4a7c15u;
  while (low < high) {
    random = random * 6364136223846793005u + 1442695040888963407u;
    const auto span = static_cast<std::uint64_t>(high - low + 1);
    const T pivot = values[low + static_cast<std::ptrdiff_t>((random >> 32) % span)];
    std::ptrdiff_t i = low, j = high;
    while (i <= j) {
      while (less(values[i], pivot)) ++i;
      while (less(pivot, values[j])) --j;
      if (i > j) break;
      std::swap(values[i++], values[j--]);
    }
    if (target <= j)
      high = j;
    else if (target >= i)
      low = i;
    else
      return;
  }
}

/// Sorts; equal values keep their order. O(n log n), one copy of the values beside them.
template <class T, class Less = ascending>
void sort_stably(std::vector<T>& values, const Less& less = {}) {
  constexpr std::size_t run = 16;
  const std::size_t n = values.size();
  for (std::size_t begin = 0; begin < n; begin += run)
    for (std::size_t i = begin + 1; i < n && i < begin + run; ++i) {
      const T value = values[i];
      std::size_t at = i;
      for (; at > begin && less(value, values[at - 1]); --at) values[at] = values[at - 1];
      values[at] = value;
    }
  if (n <= run) return;
  std::vector<T> merged(n);
  for (std::size_t length = run; length < n; length *= 2) {
    for (std::size_t begin = 0; begin < n; begin += 2 * length) {
      const std::size_t middle = begin + length < n ? begin + length : n;
      const std::size_t end = middle + length < n ? middle + length : n;
      for (std::size_t at = begin, i = begin, j = middle; at < end; ++at) {
        const bool right = i == middle || (j < end && less(values[j], values[i]));
        merged[at] = values[right ? j++ : i++];
      }
    }
    values.swap(merged);
  }
}

/// 0, 1, ..., n - 1.
template <class Index>
[[nodiscard]] std::vector<Index> counted(std::size_t n) {
  std::vector<Index> numbers(n);
  for (std::size_t i = 0; i < n; ++i) numbers[i] = static_cast<Index>(i);
  return numbers;
}

}  // namespace s2d::inline S2D_ABI::detail
