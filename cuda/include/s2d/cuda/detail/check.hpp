// What public functions check before they launch anything.
#pragma once

#include <cstdint>
#include <string>

#include <s2d/core/error.hpp>
#include <s2d/cuda/stream.hpp>
#include <s2d/cuda/view.hpp>

namespace s2d::cuda::inline S2D_ABI {
namespace checks {

/// The product of extents. @throws invalid_input if one is negative or it does not fit in 63 bits
template <class... Extents>
inline std::int64_t checked_product(const char* what, Extents... extents) {
  std::int64_t product = 1;
  bool negative = false, fits = true, zero = false;
  ((negative |= extents < 0, zero |= extents == 0), ...);
  if (!zero) ((fits &= !__builtin_mul_overflow(product, std::int64_t{extents}, &product)), ...);
  // Bytes are counted too: no element here has more than 16.
  fits = fits && product <= INT64_MAX / 16;
  if (negative || !fits) {
    std::string text;
    (text.append(text.empty() ? "" : " x ").append(concat(std::int64_t{extents})), ...);
    require(!negative, what, ": extents are ", text, ", expected non-negative");
    require(fits, what, ": extents are ", text, ", expected a product below 2^59");
  }
  return zero ? 0 : product;
}

/// Throws unless `data` can be memory of `elements` elements on the device.
template <class T>
void require_device(const char* what, const T* data, std::int64_t elements) {
  if (elements == 0) return;
  require(data != nullptr, what, ": the address is null, expected device memory of ", elements,
          " elements");
  require(reinterpret_cast<std::uintptr_t>(data) % alignof(T) == 0, what,
          ": the address is not a multiple of ", alignof(T), ", the size of an element");
#if !defined(NDEBUG)
  require(detail::is_device_memory(data), what, ": the address is not one of device memory");
#endif
}

/// The same for memory that a caller may leave out: null will do.
template <class T>
void require_optional(const char* what, const T* data, std::int64_t elements) {
  if (data != nullptr) require_device(what, data, elements);
}

template <class T>
void require_view(const char* what, const batch_view<T>& view) {
  require_device(what, view.data, checked_product(what, view.count, view.height, view.width));
  if (view.empty()) return;
  std::int64_t reach = 0;
  bool fits = true;
  const auto add = [&](std::int64_t extent, std::int64_t stride) {
    std::int64_t part = 0;
    fits = fits && stride != INT64_MIN &&
           !__builtin_mul_overflow(extent - 1, stride < 0 ? -stride : stride, &part) &&
           !__builtin_add_overflow(reach, part, &reach);
  };
  add(view.count, view.plane_stride);
  add(view.height, view.row_stride);
  add(view.width, view.column_stride);
  require(fits && reach <= INT64_MAX / 16, what, ": strides ", view.plane_stride, ", ",
          view.row_stride, ", ", view.column_stride, " reach beyond 2^59 elements");
}

template <class Word>
void require_view(const char* what, const basic_bits_view<Word>& view) {
  require(view.width >= 0 && view.width <= INT64_MAX - 63, what, ": width is ", view.width,
          ", expected 0 to 2^63 - 64");
  require_device(what, view.data,
                 checked_product(what, view.count, view.height, view.words_per_row()));
}

template <class A, class B>
void require_same_extents(const char* what, const A& a, const B& b) {
  require(a.count == b.count && a.height == b.height && a.width == b.width, what,
          ": extents differ, ", a.count, " x ", a.height, " x ", a.width, " and ", b.count, " x ",
          b.height, " x ", b.width, " (count x height x width)");
}

}  // namespace checks
}  // namespace s2d::cuda::inline S2D_ABI
