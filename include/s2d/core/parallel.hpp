// A parallel loop whose result does not depend on the number of threads.
#pragma once

#include <cstddef>

#include <s2d/core/config.hpp>
#include <s2d/core/detail/threads.hpp>

// Keeps a function out of every caller and every specialisation.
#if defined(__clang__)
#define S2D_COMPILED_ONCE [[gnu::noinline]]
#else
#define S2D_COMPILED_ONCE [[gnu::noipa]]
#endif

namespace s2d::inline S2D_ABI {

namespace detail {

/// The code of a loop body exists once: two copies could fuse products and sums differently, and
/// the result would depend on whether there is one thread.
template <class Body>
S2D_COMPILED_ONCE void call_body(const void* body, std::size_t i) {
  (*static_cast<const Body*>(body))(i);
}

}  // namespace detail

/// The number of threads that `requested` means: itself, but at most 4096, or one per processor if
/// it is 0.
[[nodiscard]] inline std::size_t thread_count(std::size_t requested) noexcept {
  constexpr std::size_t most = 4096;  // small enough for callers to multiply
  const std::size_t threads = requested != 0 ? requested : detail::processor_count();
  return threads < most ? threads : most;
}

/// Calls body(i) once for every i in [0, n), on up to `threads` threads (0: one per processor).
/// Indices are handed out in ascending order. Deterministic as long as body(i) writes only what
/// belongs to i. If calls throw, no further index is begun and the exception of the smallest
/// throwing index is rethrown after all threads have ended. Where the system refuses threads the
/// loop runs on those that there are.
template <class Body>
void parallel_for(std::size_t n, std::size_t threads, const Body& body) {
  threads = thread_count(threads);
  if (threads > n) threads = n;
  if (threads <= 1) {
    for (std::size_t i = 0; i < n; ++i) detail::call_body<Body>(&body, i);
    return;
  }
  detail::index_team team(n, &detail::call_body<Body>, &body);
  team.run(threads);
  team.rethrow();
}

}  // namespace s2d::inline S2D_ABI
