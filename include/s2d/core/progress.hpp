// How long work reports what it has done and is told to stop.
#pragma once

#include <cstddef>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>

#include <s2d/core/error.hpp>

namespace s2d::inline S2D_ABI {

/// Thrown by long work after its progress callback asked it to stop. Nothing is half-written.
class cancelled : public std::runtime_error {
 public:
  cancelled() : std::runtime_error{"cancelled"} {}
};

/// Called between units of work, from one thread at a time, with the name of the stage and how
/// many of its `total` units are done. Returns false to stop: the call then throws `cancelled`.
using progress_callback =
    std::function<bool(std::string_view stage, std::size_t done, std::size_t total)>;

namespace detail {

inline void report(const progress_callback& callback, std::string_view stage, std::size_t done,
                   std::size_t total) {
  if (callback && !callback(stage, done, total)) throw cancelled{};
}

}  // namespace detail

}  // namespace s2d::inline S2D_ABI
