// A lock and a team of threads, straight on POSIX: <thread>, <mutex> and <atomic> would more than
// double what a header that runs a parallel loop costs to compile.
#pragma once

#include <pthread.h>
#include <unistd.h>

#include <cstddef>
#include <exception>
#include <vector>

#include <s2d/core/config.hpp>

namespace s2d::inline S2D_ABI::detail {

class mutex {
 public:
  mutex() = default;
  mutex(const mutex&) = delete;
  mutex& operator=(const mutex&) = delete;
  ~mutex() { pthread_mutex_destroy(&handle_); }

  void lock() noexcept { pthread_mutex_lock(&handle_); }
  void unlock() noexcept { pthread_mutex_unlock(&handle_); }

 private:
  pthread_mutex_t handle_ = PTHREAD_MUTEX_INITIALIZER;
};

/// Holds a mutex as long as it lives.
class scoped_lock {
 public:
  explicit scoped_lock(mutex& held) noexcept : held_{held} { held_.lock(); }
  scoped_lock(const scoped_lock&) = delete;
  scoped_lock& operator=(const scoped_lock&) = delete;
  ~scoped_lock() { held_.unlock(); }

 private:
  mutex& held_;
};

/// Processors that are online, at least 1.
[[nodiscard]] inline std::size_t processor_count() noexcept {
  const long online = sysconf(_SC_NPROCESSORS_ONLN);
  return online > 0 ? static_cast<std::size_t>(online) : 1;
}

/// Calls call(body, i) once for each i in [0, n), handed out in ascending order to a team of
/// threads. After a call has thrown no index is handed out; rethrow() throws what the smallest
/// throwing index threw.
class index_team {
 public:
  using indexed_call = void (*)(const void* body, std::size_t i);

  index_team(std::size_t n, indexed_call call, const void* body) noexcept
      : n_{n}, failed_at_{n}, call_{call}, body_{body} {}

  /// Works on `threads` threads of which the caller's is one; on fewer if the system has no more.
  void run(std::size_t threads) {
    std::vector<pthread_t> started;
    started.reserve(threads - 1);
    for (pthread_t thread{};
         started.size() + 1 < threads && pthread_create(&thread, nullptr, &enter, this) == 0;)
      started.push_back(thread);
    work();
    for (const pthread_t thread : started) pthread_join(thread, nullptr);
  }

  void rethrow() const {
    if (error_) std::rethrow_exception(error_);
  }

 private:
  static void* enter(void* team) {
    static_cast<index_team*>(team)->work();
    return nullptr;
  }

  void work() noexcept {
    for (std::size_t i; (i = __atomic_fetch_add(&next_, 1, __ATOMIC_RELAXED)) < n_;) {
      try {
        call_(body_, i);
      } catch (...) {
        const scoped_lock lock{failure_};
        __atomic_store_n(&next_, n_, __ATOMIC_RELAXED);
        if (i < failed_at_) {
          failed_at_ = i;
          error_ = std::current_exception();
        }
      }
    }
  }

  std::size_t next_ = 0;
  std::size_t n_;
  std::size_t failed_at_;
  indexed_call call_;
  const void* body_;
  mutex failure_;
  std::exception_ptr error_;
};

}  // namespace s2d::inline S2D_ABI::detail
