// NumPy's .npy files: arrays of numbers with any number of dimensions.
#pragma once

#include <bit>
#include <charconv>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <s2d/core/error.hpp>
#include <s2d/io/atomic_file.hpp>
#include <s2d/io/file.hpp>

namespace s2d::inline S2D_ABI {

/// Element types of .npy files that are read and written.
enum class npy_type { boolean, u8, u16, u32, u64, i8, i16, i32, i64, f32, f64 };

/// An array as a file holds it, its elements brought into C order (last index fastest).
struct npy_array {
  npy_type type = npy_type::u8;
  std::vector<std::ptrdiff_t> shape;  ///< extents; empty for a single number
  std::vector<std::byte> bytes;       ///< elements, little-endian, without gaps

  [[nodiscard]] std::size_t size() const noexcept {
    std::size_t count = 1;
    for (const std::ptrdiff_t extent : shape) count *= static_cast<std::size_t>(extent);
    return count;
  }
  friend bool operator==(const npy_array&, const npy_array&) = default;
};

/// Numbers that a .npy file can hold.
template <class T>
concept npy_element = std::same_as<T, bool> || std::same_as<T, float> || std::same_as<T, double> ||
    (std::integral<T> && sizeof(T) <= 8 && !std::same_as<T, char> && !std::same_as<T, wchar_t> &&
     !std::same_as<T, char8_t> && !std::same_as<T, char16_t> && !std::same_as<T, char32_t>);

namespace detail {

struct npy_type_name {
  const char* code;
  std::size_t size;
};

inline constexpr npy_type_name npy_types[] = {{"|b1", 1}, {"|u1", 1}, {"<u2", 2}, {"<u4", 4},
                                              {"<u8", 8}, {"|i1", 1}, {"<i2", 2}, {"<i4", 4},
                                              {"<i8", 8}, {"<f4", 4}, {"<f8", 8}};

constexpr npy_type_name npy_name(npy_type type) { return npy_types[static_cast<int>(type)]; }

template <npy_element T>
constexpr npy_type npy_type_of() {
  if constexpr (std::same_as<T, bool>) return npy_type::boolean;
  if constexpr (std::same_as<T, float>) return npy_type::f32;
  if constexpr (std::same_as<T, double>) return npy_type::f64;
  constexpr int step = std::countr_zero(sizeof(T));
  return static_cast<npy_type>(static_cast<int>(std::is_signed_v<T> ? npy_type::i8 : npy_type::u8) +
                               step);
}

/// Calls use(T{}) with the element type that `type` stands for.
template <class Use>
decltype(auto) with_npy_type(npy_type type, const Use& use) {
  switch (type) {
    case npy_type::boolean:
      return use(bool{});
    case npy_type::u8:
      return use(std::uint8_t{});
    case npy_type::u16:
      return use(std::uint16_t{});
    case npy_type::u32:
      return use(std::uint32_t{});
    case npy_type::u64:
      return use(std::uint64_t{});
    case npy_type::i8:
      return use(std::int8_t{});
    case npy_type::i16:
      return use(std::int16_t{});
    case npy_type::i32:
      return use(std::int32_t{});
    case npy_type::i64:
      return use(std::int64_t{});
    case npy_type::f32:
      return use(float{});
    case npy_type::f64:
      break;
  }
  return use(double{});
}

/// Reads the header, a Python dictionary of three known keys in any order.
class npy_header_parser {
 public:
  npy_header_parser(std::string_view text, std::size_t offset, std::string_view name)
      : text_{text}, offset_{offset}, name_{name} {}

  struct header {
    npy_type type = npy_type::u8;
    bool fortran_order = false;
    std::vector<std::ptrdiff_t> shape;
  };

  header parse() {
    header result;
    bool seen[3] = {};
    expect('{');
    while (!accept('}')) {
      const std::string_view key = string();
      expect(':');
      if (key == "descr") {
        once(seen[0], key);
        result.type = type();
      } else if (key == "fortran_order") {
        once(seen[1], key);
        result.fortran_order = boolean();
      } else if (key == "shape") {
        once(seen[2], key);
        result.shape = shape();
      } else {
        fail("key 'descr', 'fortran_order' or 'shape'");
      }
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    if (!seen[0] || !seen[1] || !seen[2]) fail("keys 'descr', 'fortran_order' and 'shape'");
    skip_space();
    if (at_ != text_.size()) fail("the end of the header");
    return result;
  }

 private:
  [[noreturn]] void fail(std::string_view expected) const {
    throw invalid_input{
        concat(name_, ": byte ", offset_ + at_, ": damaged .npy header, expected ", expected)};
  }
  void once(bool& seen, std::string_view key) {
    if (seen) throw invalid_input{concat(name_, ": damaged .npy header, '", key, "' given twice")};
    seen = true;
  }
  void skip_space() {
    while (at_ < text_.size() &&
           (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t' || text_[at_] == '\r'))
      ++at_;
  }
  bool accept(char c) {
    skip_space();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void expect(char c) {
    if (!accept(c)) fail(concat("'", c, "'"));
  }
  std::string_view string() {
    skip_space();
    if (at_ >= text_.size() || (text_[at_] != '\'' && text_[at_] != '"')) fail("a string");
    const std::size_t end = text_.find(text_[at_], at_ + 1);
    if (end == std::string_view::npos) fail("a string that ends");
    const std::string_view inside = text_.substr(at_ + 1, end - at_ - 1);
    at_ = end + 1;
    return inside;
  }
  bool boolean() {
    skip_space();
    for (const std::string_view word : {std::string_view{"True"}, std::string_view{"False"}})
      if (text_.substr(at_, word.size()) == word) {
        at_ += word.size();
        return word == "True";
      }
    fail("True or False");
  }
  npy_type type() {
    skip_space();
    if (at_ < text_.size() && text_[at_] == '[') fail("one element type, not fields");
    const std::string_view code = string();
    for (int i = 0; i < static_cast<int>(std::size(npy_types)); ++i) {
      const std::string_view known = npy_types[i].code;
      const bool order = code.size() == 3 && (code[0] == known[0] || code[0] == '=' ||
                                              (known[0] == '|' && code[0] == '<'));
      if (order && code.substr(1) == known.substr(1)) return static_cast<npy_type>(i);
    }
    throw invalid_input{concat(name_, ": element type '", code,
                               "', expected |b1, |i1, |u1, <i2, <u2, <i4, <u4, <i8, <u8, <f4 or "
                               "<f8")};
  }
  std::vector<std::ptrdiff_t> shape() {
    std::vector<std::ptrdiff_t> extents;
    expect('(');
    while (!accept(')')) {
      skip_space();
      std::ptrdiff_t extent = 0;
      const char* end = text_.data() + text_.size();
      const auto [next, error] = std::from_chars(text_.data() + at_, end, extent);
      if (error != std::errc{}) fail("an extent");
      if (extent < 0) fail("an extent that is not negative");
      at_ = static_cast<std::size_t>(next - text_.data());
      if (at_ < text_.size() && text_[at_] == 'L') ++at_;  // Python 2
      if (extents.size() == 32) fail("at most 32 dimensions");
      extents.push_back(extent);
      if (!accept(',')) {
        expect(')');
        break;
      }
    }
    return extents;
  }

  std::string_view text_;
  std::size_t offset_;
  std::string_view name_;
  std::size_t at_ = 0;
};

/// Copies Fortran order (first index fastest) to C order.
inline std::vector<std::byte> to_c_order(std::span<const std::byte> in,
                                         std::span<const std::ptrdiff_t> shape, std::size_t size) {
  std::vector<std::byte> out(in.size());
  std::vector<std::size_t> stride(shape.size());
  std::size_t step = size;
  for (std::size_t d = 0; d < shape.size(); ++d) {
    stride[d] = step;
    step *= static_cast<std::size_t>(shape[d]);
  }
  std::vector<std::ptrdiff_t> index(shape.size());
  std::size_t from = 0;
  for (std::size_t to = 0; to < out.size(); to += size) {
    std::memcpy(out.data() + to, in.data() + from, size);
    for (std::size_t d = shape.size(); d-- > 0;) {
      from += stride[d];
      if (++index[d] < shape[d]) break;
      index[d] = 0;
      from -= stride[d] * static_cast<std::size_t>(shape[d]);
    }
  }
  return out;
}

}  // namespace detail

/// Decodes a .npy file (format 1 to 3, C or Fortran order) that lies in memory.
/// `name` stands for the file in errors.
/// @throws invalid_input if it is no .npy file, the header is damaged, the element type is none of
/// npy_type, or the length does not fit the shape
[[nodiscard]] inline npy_array decode_npy(std::span<const std::byte> bytes, std::string_view name) {
  require(bytes.size() >= 10 && std::memcmp(bytes.data(), "\x93NUMPY", 6) == 0, name,
          ": byte 0: not a .npy file, the tag \"\\x93NUMPY\" is missing");
  const unsigned version = std::to_integer<unsigned>(bytes[6]);
  require(version >= 1 && version <= 3, name, ": byte 6: .npy format ", version,
          ", expected 1, 2 or 3");
  const std::size_t begin = version == 1 ? 10 : 12;
  require(bytes.size() >= begin, name, ": truncated in the .npy header");
  std::size_t length = 0;
  for (std::size_t i = begin; i-- > 8;) length = length << 8 | std::to_integer<unsigned>(bytes[i]);
  require(length <= bytes.size() - begin, name, ": byte 8: header of ", length, " bytes, ",
          bytes.size() - begin, " follow");
  const std::string_view text{reinterpret_cast<const char*>(bytes.data()) + begin, length};
  auto header = detail::npy_header_parser{text, begin, name}.parse();

  const auto content = bytes.subspan(begin + length);
  const std::size_t element = detail::npy_name(header.type).size;
  bool none = false;
  for (const std::ptrdiff_t extent : header.shape) none = none || extent == 0;
  std::size_t count = none ? 0 : 1;
  if (!none)
    for (const std::ptrdiff_t extent : header.shape) {
      require(static_cast<std::size_t>(extent) <= content.size() / element / count, name,
              ": truncated, ", content.size(), " bytes do not hold the shape that the header says");
      count *= static_cast<std::size_t>(extent);
    }
  require(content.size() == count * element, name, ": ", content.size(),
          " bytes follow the header, expected ", count * element, " = ", count, " x ", element);

  npy_array array{header.type, std::move(header.shape), {}};
  if (header.fortran_order && array.shape.size() > 1)
    array.bytes = detail::to_c_order(content, array.shape, element);
  else
    array.bytes.assign(content.begin(), content.end());
  return array;
}

/// Reads a .npy file; see decode_npy.
/// @throws io_error if the file cannot be read, invalid_input if it is damaged
[[nodiscard]] inline npy_array read_npy(const std::filesystem::path& file) {
  return decode_npy(read_file(file), file.string());
}

/// The elements of `array` as T, in C order. Every value must survive the way there and back, so
/// integers too large for T, fractions to integers, and NaN to integers are refused; only double
/// to float rounds, where float has the range.
/// @throws invalid_input naming the element that does not fit
template <npy_element T>
[[nodiscard]] std::vector<T> npy_values(const npy_array& array, std::string_view name = "npy") {
  std::vector<T> values;
  values.reserve(array.size());
  detail::with_npy_type(array.type, [&]<class S>(S) {
    for (std::size_t i = 0; i + sizeof(S) <= array.bytes.size(); i += sizeof(S)) {
      S value{};
      if constexpr (std::same_as<S, bool>)
        value = array.bytes[i] != std::byte{0};
      else
        std::memcpy(&value, array.bytes.data() + i, sizeof(S));
      bool fits = true;
      if constexpr (std::same_as<T, bool>) {
        fits = value == S{0} || value == S{1};
      } else if constexpr (std::integral<T> && std::integral<S>) {
        fits = std::same_as<S, bool> || std::in_range<T>(value + S{0});
      } else if constexpr (std::integral<T>) {
        const double wide = static_cast<double>(value);
        const double limit = std::ldexp(1.0, static_cast<int>(sizeof(T)) * 8 - std::is_signed_v<T>);
        fits = wide == std::trunc(wide) && wide < limit &&
               wide >= (std::is_signed_v<T> ? -limit : 0.0);
      } else if constexpr (std::integral<S>) {
        // Rounded up, a number may lie behind the last one of S; the way back is then undefined.
        const T there = static_cast<T>(value);
        fits = std::same_as<S, bool> ||
               (static_cast<double>(there) < std::ldexp(1.0, std::numeric_limits<S>::digits) &&
                static_cast<S>(there) == value);
      } else if constexpr (sizeof(T) < sizeof(S)) {
        fits = !std::isfinite(value) || std::abs(value) <= S{(std::numeric_limits<T>::max)()};
      }
      require(fits, name, ": element ", i / sizeof(S), ": ", value,
              " does not fit the element type that is asked for");
      values.push_back(static_cast<T>(value));
    }
  });
  return values;
}

/// The numbers as a .npy file (format 1, C order).
/// @param shape extents whose product is values.size()
/// @throws invalid_input if it is not
template <npy_element T>
[[nodiscard]] std::vector<std::byte> encode_npy(std::span<const T> values,
                                                std::span<const std::ptrdiff_t> shape) {
  std::string header = concat("{'descr': '", detail::npy_name(detail::npy_type_of<T>()).code,
                              "', 'fortran_order': False, 'shape': (");
  std::size_t count = 1;
  for (const std::ptrdiff_t extent : shape) {
    require(extent >= 0, "encode_npy: extent ", extent, ", expected non-negative");
    count *= static_cast<std::size_t>(extent);
    header += concat(extent, shape.size() == 1 ? "," : ", ");
  }
  require(count == values.size() && shape.size() <= 32, "encode_npy: the shape holds ", count,
          " values, given are ", values.size());
  if (shape.size() > 1) header.resize(header.size() - 2);
  header += "), }";
  header.append(63 - (10 + header.size()) % 64, ' ');
  header += '\n';
  std::vector<std::byte> bytes(10 + header.size() + values.size() * sizeof(T));
  std::memcpy(bytes.data(), "\x93NUMPY\x01\x00", 8);
  bytes[8] = static_cast<std::byte>(header.size() & 255);
  bytes[9] = static_cast<std::byte>(header.size() >> 8);
  std::memcpy(bytes.data() + 10, header.data(), header.size());
  if (!values.empty())
    std::memcpy(bytes.data() + 10 + header.size(), values.data(), values.size() * sizeof(T));
  return bytes;
}

/// Writes a .npy file, whole or not at all; see encode_npy.
/// @throws invalid_input if the shape does not fit, io_error if the system refuses
template <npy_element T>
void write_npy(const std::filesystem::path& file, std::span<const T> values,
               std::span<const std::ptrdiff_t> shape) {
  write_file(file, encode_npy(values, shape));
}

template <npy_element T>
void write_npy(const std::filesystem::path& file, const std::vector<T>& values,
               std::span<const std::ptrdiff_t> shape) {
  write_npy(file, std::span<const T>{values}, shape);
}

}  // namespace s2d::inline S2D_ABI
