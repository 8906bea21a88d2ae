// Reads a long array of a JSON file element by element, in memory bounded by the longest element.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace app::report {

/// Calls `take` with the text of each object in the array that is the member `name` of the file's
/// outermost object. Elements that are no objects are passed over. The text is what stands in the
/// file between matching braces and has yet to be parsed.
/// @throws s2d::io_error if the file cannot be read; s2d::invalid_input if it ends early
void for_each_element(const std::filesystem::path& file, std::string_view name,
                      const std::function<void(std::size_t index, const std::string& text)>& take);

}  // namespace app::report
