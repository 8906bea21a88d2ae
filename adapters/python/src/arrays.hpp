// NumPy arrays as views of the core, without copies, and results as NumPy arrays.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <s2d/core/error.hpp>
#include <s2d/core/matrix.hpp>
#include <s2d/core/view.hpp>

namespace s2d_python {

namespace nb = nanobind;

/// An array of any element type, order and number of dimensions in main memory.
using any_array = nb::ndarray<nb::ro, nb::device::cpu>;

/// str(object) of Python.
inline std::string text_of(nb::handle object) { return nb::str(object).c_str(); }

/// "float32 [2, 3]" of an array, the name of its type of anything else.
inline std::string describe(nb::handle object) {
  if (!nb::hasattr(object, "dtype") || !nb::hasattr(object, "shape")) {
    const nb::object name = object.type().attr("__name__");
    return text_of(name);
  }
  const nb::object type = object.attr("dtype"), shape = object.attr("shape");
  std::string text;
  for (const nb::handle extent : shape)
    text += s2d::concat(text.empty() ? "" : ", ", text_of(extent));
  return s2d::concat(text_of(type), " [", text, "]");
}

/// Raises TypeError.
template <class... Parts>
[[noreturn]] void refuse(const Parts&... parts) {
  throw nb::type_error(s2d::concat(parts...).c_str());
}

/// Whole numbers, also where they are floats or booleans of NumPy. Nothing of Python's errors comes
/// out.
inline bool whole_number(nb::handle object, std::int64_t& number) {
  if (nb::try_cast<std::int64_t>(object, number)) return true;
  if (!PyNumber_Check(object.ptr())) return false;
  const double value = PyFloat_AsDouble(object.ptr());
  if (PyErr_Occurred()) {
    PyErr_Clear();
    return false;
  }
  if (!(value == std::trunc(value) && std::abs(value) < 1e15)) return false;
  number = static_cast<std::int64_t>(value);
  return true;
}

/// A whole number from 0 on. Raises TypeError where it is none, ValueError where it is less.
[[nodiscard]] inline std::size_t size_of(std::string_view what, nb::handle object) {
  constexpr const char* expected = ", expected a whole number, 0 or more";
  std::int64_t number = 0;
  if (!whole_number(object, number))
    refuse(what, " is ", PyFloat_Check(object.ptr()) ? text_of(object) : describe(object),
           expected);
  if (number < 0) throw s2d::invalid_input{s2d::concat(what, " is ", number, expected)};
  return static_cast<std::size_t>(number);
}

/// Of an array of another byte order, or with gaps that are no whole elements; else the object.
inline nb::object native_copy(nb::handle object) {
  try {
    const nb::object type = object.attr("dtype").attr("newbyteorder")("=");
    return nb::module_::import_("numpy").attr("array")(object, type);
  } catch (const nb::python_error&) {
    return nb::borrow(object);
  }
}

/// The array that `object` is. `what` names it, `expected` says what it should be.
/// Raises TypeError unless it is one, ValueError unless it has one of the numbers of dimensions.
inline any_array array_of(std::string_view what, nb::handle object,
                          std::initializer_list<std::size_t> dimensions,
                          std::string_view expected) {
  any_array array;
  if (!nb::ndarray_check(object) ||
      (!nb::try_cast(object, array) && !nb::try_cast(native_copy(object), array)))
    refuse(what, " is ", describe(object), ", expected ", expected);
  for (const std::size_t n : dimensions)
    if (array.ndim() == n) return array;
  throw s2d::invalid_input{s2d::concat(what, " is ", describe(object), ", expected ", expected)};
}

/// The object as an array of T without gaps; copied only if it is of another type or order.
/// Raises ValueError where it cannot be one or has another number of dimensions.
template <class T>
[[nodiscard]] nb::ndarray<const T, nb::c_contig, nb::device::cpu> numbers_of(
    std::string_view what, nb::handle object, std::size_t dimensions, std::string_view expected) {
  constexpr auto code = static_cast<nb::dlpack::dtype_code>(nb::dtype<T>().code);
  const std::string name = s2d::concat(code == nb::dlpack::dtype_code::Float  ? "float"
                                       : code == nb::dlpack::dtype_code::UInt ? "uint"
                                                                              : "int",
                                       8 * sizeof(T));
  nb::object plain;
  try {
    plain = nb::module_::import_("numpy").attr("asarray")(object, name.c_str(), "C");
  } catch (const nb::python_error&) {
    refuse(what, " is ", describe(object), ", expected ", expected);
  }
  const auto array = nb::cast<nb::ndarray<const T, nb::c_contig, nb::device::cpu>>(plain);
  if (array.ndim() != dimensions)
    throw s2d::invalid_input{s2d::concat(what, " is ", describe(plain), ", expected ", expected)};
  return array;
}

/// Flags: bool or integers, of which all but 0 are true. Raises as numbers_of.
[[nodiscard]] inline nb::ndarray<const std::uint8_t, nb::c_contig, nb::device::cpu> flags_of(
    std::string_view what, nb::handle object, std::size_t dimensions, std::string_view expected) {
  nb::object flags;
  try {
    flags = nb::module_::import_("numpy").attr("asarray")(object);
  } catch (const nb::python_error&) {
    refuse(what, " is ", describe(object), ", expected ", expected);
  }
  const nb::object kind = flags.attr("dtype").attr("kind");
  const std::string known = text_of(kind);
  const nb::object size = flags.attr("size");
  if (known != "b" && known != "i" && known != "u" && nb::cast<std::int64_t>(size) != 0)
    refuse(what, " is ", describe(flags), ", expected ", expected);
  return numbers_of<std::uint8_t>(what, flags.attr("astype")("bool"), dimensions, expected);
}

template <class T>
[[nodiscard]] s2d::plane_view<const T> table_of(
    const nb::ndarray<const T, nb::c_contig, nb::device::cpu>& array) {
  return {array.data(), static_cast<std::ptrdiff_t>(array.shape(0)),
          static_cast<std::ptrdiff_t>(array.shape(1))};
}

/// Hands a container over to Python: its elements become an array of that shape, uncopied.
template <class Container>
[[nodiscard]] nb::object array_from(Container values, std::initializer_list<std::size_t> shape,
                                    std::initializer_list<std::int64_t> strides = {}) {
  auto* const kept = new Container(std::move(values));
  const nb::capsule owner{kept, [](void* p) noexcept { delete static_cast<Container*>(p); }};
  using element = typename Container::value_type;
  return nb::cast(nb::ndarray<nb::numpy, element>(kept->data(), shape, owner, strides));
}

template <class T>
[[nodiscard]] nb::object array_from(s2d::matrix<T> table) {
  const auto height = static_cast<std::size_t>(table.height);
  const auto width = static_cast<std::size_t>(table.width);
  return array_from(std::move(table.values), {height, width});
}

/// One of the named values of an option. Raises ValueError that lists them.
template <class Value>
[[nodiscard]] Value choose(std::string_view what, const std::string& name,
                           std::initializer_list<std::pair<const char*, Value>> values) {
  std::string known;
  for (const auto& [text, value] : values) {
    if (name == text) return value;
    known += s2d::concat(known.empty() ? "'" : ", '", text, "'");
  }
  throw s2d::invalid_input{s2d::concat(what, " is '", name, "', expected one of ", known)};
}

}  // namespace s2d_python
