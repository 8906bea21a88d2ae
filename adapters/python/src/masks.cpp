#include "masks.hpp"

#include <string>

#include <s2d/mask/pack.hpp>
#include <s2d/mask/rle.hpp>

namespace s2d_python {

namespace {

template <class T>
any_mask plane_at(const any_array& array, std::ptrdiff_t first, std::size_t row_axis,
                  std::size_t column_axis) {
  return s2d::mask_view<const T>{static_cast<const T*>(array.data()) + first,
                                 static_cast<std::ptrdiff_t>(array.shape(row_axis)),
                                 static_cast<std::ptrdiff_t>(array.shape(column_axis)),
                                 array.stride(row_axis), array.stride(column_axis)};
}

std::vector<std::uint32_t> run_lengths(std::string_view what, nb::handle list) {
  std::vector<std::uint32_t> lengths;
  for (const nb::handle item : list) {
    const nb::object index = nb::steal(PyNumber_Index(item.ptr()));
    std::int64_t length = 0;
    if (!index.is_valid()) {
      PyErr_Clear();
      refuse(what, ": counts[", lengths.size(), "] is ", describe(item), ", expected an integer");
    }
    if (!nb::try_cast(index, length) || length < 0 || length > 0xffff'ffff)
      throw s2d::invalid_input{s2d::concat(what, ": counts[", lengths.size(), "] is ",
                                           text_of(index), ", expected 0 to 2^32 - 1")};
    lengths.push_back(static_cast<std::uint32_t>(length));
  }
  return lengths;
}

bool is_list(nb::handle object) {
  return nb::isinstance<nb::list>(object) || nb::isinstance<nb::tuple>(object);
}

/// Calls read() and puts `what` before the text of what it throws.
template <class Read>
auto named(std::string_view what, Read read) {
  try {
    return read();
  } catch (const s2d::invalid_input& error) {
    throw s2d::invalid_input{s2d::concat(what, ": ", error.what())};
  }
}

std::vector<s2d::bit_mask> pack_all(const std::vector<any_mask>& dense) {
  const nb::gil_scoped_release others_run;
  std::vector<s2d::bit_mask> masks;
  masks.reserve(dense.size());
  for (const any_mask& one : dense)
    masks.push_back(std::visit([](const auto& mask) { return s2d::pack(mask); }, one));
  return masks;
}

constexpr std::string_view one_mask = "an array [h, w] or a dictionary with size and counts";
constexpr std::string_view many_masks =
    "an array [n, h, w], a list of arrays [h, w], or a list of dictionaries with size and counts";

}  // namespace

any_mask plane_of(std::string_view what, const any_array& array, std::ptrdiff_t first,
                  std::size_t row_axis, std::size_t column_axis) {
  const auto type = array.dtype();
  if (type.lanes == 1) {
    if (type.code == static_cast<std::uint8_t>(nb::dlpack::dtype_code::Float)) {
      if (type.bits == 32) return plane_at<float>(array, first, row_axis, column_axis);
      if (type.bits == 64) return plane_at<double>(array, first, row_axis, column_axis);
    } else if (type.code == static_cast<std::uint8_t>(nb::dlpack::dtype_code::Bool) ||
               type.code == static_cast<std::uint8_t>(nb::dlpack::dtype_code::Int) ||
               type.code == static_cast<std::uint8_t>(nb::dlpack::dtype_code::UInt)) {
      if (type.bits == 8) return plane_at<std::uint8_t>(array, first, row_axis, column_axis);
      if (type.bits == 16) return plane_at<std::uint16_t>(array, first, row_axis, column_axis);
      if (type.bits == 32) return plane_at<std::uint32_t>(array, first, row_axis, column_axis);
      if (type.bits == 64) return plane_at<std::uint64_t>(array, first, row_axis, column_axis);
    }
  }
  refuse(what, " has elements of ", describe(nb::cast(array)),
         ", expected bool, an integer type, float32 or float64");
}

namespace {

bool two_numbers(const nb::object& object, std::int64_t& first, std::int64_t& second) {
  if (!nb::isinstance<nb::list>(object) && !nb::isinstance<nb::tuple>(object) &&
      !nb::hasattr(object, "dtype"))
    return false;
  const nb::object both = nb::steal(PySequence_Tuple(object.ptr()));
  if (!both.is_valid()) {
    PyErr_Clear();
    return false;
  }
  const auto pair = nb::borrow<nb::tuple>(both);
  return pair.size() == 2 && whole_number(pair[0], first) && whole_number(pair[1], second);
}

}  // namespace

s2d::rle rle_of(std::string_view what, nb::handle object) {
  const auto runs = nb::isinstance<nb::dict>(object) ? nb::borrow<nb::dict>(object) : nb::dict{};
  if (!runs.contains("size") || !runs.contains("counts"))
    refuse(what, " is ", describe(object), ", expected a dictionary with size and counts");
  const nb::object size = runs["size"], counts = runs["counts"];
  std::int64_t height = 0, width = 0;
  if (!two_numbers(size, height, width))
    refuse(what, ": size is ", nb::repr(size).c_str(), ", expected [height, width]");
  const auto parsed = [&](const char* text, std::size_t length) {
    return named(what, [&] { return s2d::rle::from_string({text, length}, height, width); });
  };
  if (nb::isinstance<nb::bytes>(counts)) {
    const auto text = nb::borrow<nb::bytes>(counts);
    return parsed(text.c_str(), text.size());
  }
  if (nb::isinstance<nb::str>(counts)) {
    Py_ssize_t length = 0;
    const char* const text = PyUnicode_AsUTF8AndSize(counts.ptr(), &length);
    if (text == nullptr) throw nb::python_error();
    return parsed(text, static_cast<std::size_t>(length));
  }
  if (!nb::isinstance<nb::iterable>(counts) || PyByteArray_Check(counts.ptr()))
    refuse(what, ": counts is ", describe(counts), ", expected bytes, str or run lengths");
  auto lengths = run_lengths(what, counts);
  return named(what, [&] { return s2d::rle::from_counts(std::move(lengths), height, width); });
}

nb::dict to_dict(const s2d::rle& mask) {
  const std::string counts = s2d::to_string(mask);
  nb::list size;
  size.append(mask.height);
  size.append(mask.width);
  nb::dict result;
  result["size"] = size;
  result["counts"] = nb::bytes(counts.data(), counts.size());
  return result;
}

std::vector<s2d::rle> rles_of(std::string_view what, nb::handle object) {
  if (!is_list(object)) refuse(what, " is ", describe(object), ", expected a list of dictionaries");
  std::vector<s2d::rle> masks;
  masks.reserve(nb::len(object));
  for (const nb::handle item : object)
    masks.push_back(rle_of(s2d::concat(what, "[", masks.size(), "]"), item));
  return masks;
}

mask_list masks_of(std::string_view what, nb::handle object) {
  std::vector<any_mask> dense;
  std::vector<any_array> kept;
  if (is_list(object)) {
    if (nb::len(object) == 0 || nb::isinstance<nb::dict>(nb::object(object[0])))
      return rles_of(what, object);
    for (const nb::handle item : object) {
      const std::string name = s2d::concat(what, "[", kept.size(), "]");
      kept.push_back(
          array_of(name, item, {2}, kept.empty() ? one_mask : "an array [h, w] like the first"));
      dense.push_back(plane_of(name, kept.back(), 0, 0, 1));
    }
  } else {
    kept.push_back(array_of(what, object, {3}, many_masks));
    for (std::size_t i = 0; i < kept[0].shape(0); ++i)
      dense.push_back(
          plane_of(what, kept[0], static_cast<std::ptrdiff_t>(i) * kept[0].stride(0), 1, 2));
  }
  return pack_all(dense);
}

std::vector<s2d::bit_mask> packed(mask_list masks) {
  if (masks.index() == 1) return std::get<1>(std::move(masks));
  std::vector<s2d::bit_mask> result;
  for (const s2d::rle& mask : std::get<0>(masks)) result.push_back(s2d::to_bits(mask));
  return result;
}

std::vector<s2d::bit_mask> packed_masks_of(std::string_view what, nb::handle object) {
  return packed(masks_of(what, object));
}

s2d::bit_mask packed_mask_of(std::string_view what, nb::handle object) {
  if (nb::isinstance<nb::dict>(object)) return s2d::to_bits(rle_of(what, object));
  const any_array array = array_of(what, object, {2}, one_mask);
  return std::move(pack_all({plane_of(what, array, 0, 0, 1)}).front());
}

nb::object bool_array(const s2d::bit_mask& mask) {
  s2d::matrix<std::uint8_t> dense = s2d::unpack(mask);
  return array_from(std::move(dense)).attr("view")("bool");
}

}  // namespace s2d_python
