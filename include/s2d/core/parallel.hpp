// A parallel loop whose result does not depend on the number of threads.
#pragma once

#include <atomic>
#include <cstddef>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include <s2d/core/config.hpp>

namespace s2d::inline S2D_ABI {

/// The number of threads that `requested` means: itself, or one per processor if it is 0.
[[nodiscard]] inline std::size_t thread_count(std::size_t requested) noexcept {
  if (requested != 0) return requested;
  const std::size_t processors = std::thread::hardware_concurrency();
  return processors == 0 ? 1 : processors;
}

/// Calls body(i) once for every i in [0, n), on up to `threads` threads (0: one per processor).
/// Indices are handed out in ascending order. Deterministic as long as body(i) writes only what
/// belongs to i. If calls throw, no further index is begun and the exception of the smallest
/// throwing index is rethrown after all threads have ended.
template <class Body>
void parallel_for(std::size_t n, std::size_t threads, const Body& body) {
  threads = thread_count(threads);
  if (threads > n) threads = n;
  if (threads <= 1) {
    for (std::size_t i = 0; i < n; ++i) body(i);
    return;
  }
  std::atomic<std::size_t> next{0};
  std::mutex failure;
  std::size_t failed_at = n;
  std::exception_ptr error;
  const auto work = [&] {
    for (std::size_t i; (i = next.fetch_add(1, std::memory_order_relaxed)) < n;) {
      try {
        body(i);
      } catch (...) {
        const std::lock_guard lock{failure};
        next.store(n, std::memory_order_relaxed);
        if (i < failed_at) {
          failed_at = i;
          error = std::current_exception();
        }
      }
    }
  };
  {
    std::vector<std::jthread> team;
    team.reserve(threads - 1);
    for (std::size_t t = 1; t < threads; ++t) team.emplace_back(work);
    work();
  }
  if (error) std::rethrow_exception(error);
}

}  // namespace s2d::inline S2D_ABI
