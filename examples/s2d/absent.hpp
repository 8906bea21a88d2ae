// What stands for an index and a number that are not there.
#pragma once

#include <cstddef>
#include <limits>

namespace app {

inline constexpr std::size_t none = (std::numeric_limits<std::size_t>::max)();
inline constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

}  // namespace app
