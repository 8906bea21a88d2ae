// Seconds of wall time, without what <chrono> costs to compile.
#pragma once

#include <ctime>

#include <s2d/core/config.hpp>

namespace s2d::inline S2D_ABI::detail {

/// Runs from its making.
class stopwatch {
 public:
  stopwatch() noexcept { clock_gettime(CLOCK_MONOTONIC, &start_); }

  [[nodiscard]] double seconds() const noexcept {
    std::timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<double>(now.tv_sec - start_.tv_sec) +
           1e-9 * static_cast<double>(now.tv_nsec - start_.tv_nsec);
  }

 private:
  std::timespec start_{};
};

}  // namespace s2d::inline S2D_ABI::detail
