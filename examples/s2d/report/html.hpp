// Text for an HTML page: escaping, numbers, data URIs, and a template with gaps to fill.
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>

namespace app::report {

/// Text as it stands in elements and quoted attributes. What is not UTF-8, and control characters,
/// become U+FFFD.
[[nodiscard]] std::string escape(std::string_view text);

/// Standard alphabet, padded.
[[nodiscard]] std::string base64(std::span<const std::byte> bytes);

/// "data:TYPE;base64,..."
[[nodiscard]] std::string data_uri(std::string_view type, std::span<const std::byte> bytes);

/// 12345678 as 12,345,678.
[[nodiscard]] std::string grouped(std::size_t number);

/// With `decimals` digits behind the point; an en dash for NaN.
[[nodiscard]] std::string fixed(double number, int decimals);

/// At most four digits behind the point, none that are zero at the end: for coordinates.
[[nodiscard]] std::string compact(double number);

/// "1 mask", "2 masks".
[[nodiscard]] std::string counted(std::size_t number, std::string_view one, std::string_view many);

/// Replaces every {{name}} of the template by its value; values are not searched again.
/// @throws s2d::invalid_input if a name has no value
[[nodiscard]] std::string fill(std::string_view text,
                               const std::map<std::string, std::string, std::less<>>& values);

}  // namespace app::report
