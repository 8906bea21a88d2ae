// What every fuzz target says of its results.
#pragma once

#include <cstdlib>

namespace fuzzing {

inline void expect(bool holds) {
  if (!holds) std::abort();
}

}  // namespace fuzzing
