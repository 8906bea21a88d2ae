// The steps of device algorithms on the processor: the second model of what
// s2d/cuda/detail/launch.cuh has. Blocks are made of real threads, so that TSan sees a missing
// barrier as racecheck would on a device.
#pragma once

#include <algorithm>
#include <atomic>
#include <cassert>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <mutex>
#include <numeric>
#include <stdexcept>
#include <thread>
#include <type_traits>
#include <vector>

#if defined(S2D_TEST_THRUST)
#include <thrust/execution_policy.h>

#include <s2d/cuda/detail/algorithms.hpp>
#endif

namespace support {

/// As device_buffer; filled with rubbish, of exactly the size asked for.
template <class T>
class host_buffer {
 public:
  explicit host_buffer(std::int64_t n = 0) : size_{n}, values_{new T[static_cast<std::size_t>(n)]} {
    if (n > 0) std::memset(static_cast<void*>(data()), 0xA5, bytes());
  }
  [[nodiscard]] T* data() { return values_.get(); }
  [[nodiscard]] const T* data() const { return values_.get(); }
  [[nodiscard]] std::int64_t size() const { return size_; }
  [[nodiscard]] std::size_t bytes() const { return static_cast<std::size_t>(size_) * sizeof(T); }

 private:
  std::int64_t size_;
  std::unique_ptr<T[]> values_;
};

/// As std::barrier, whose waiting threads of GCC 12 keep the processor busy that the others need.
class meeting_point {
 public:
  explicit meeting_point(int threads) : threads_{threads} {}
  void arrive_and_wait() {
    std::unique_lock lock{mutex_};
    const std::uint64_t meeting = meetings_;
    if (++arrived_ == threads_) {
      arrived_ = 0;
      ++meetings_;
      all_here_.notify_all();
      return;
    }
    all_here_.wait(lock, [&] { return meetings_ != meeting; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable all_here_;
  int threads_, arrived_ = 0;
  std::uint64_t meetings_ = 0;
};

/// As device_block.
class host_block {
 public:
  /// Votes of one call, of the next, and of the one before, which may still be read.
  struct warp {
    meeting_point barrier{32};
    std::atomic<std::uint32_t> votes[3] = {};
  };
  struct common {
    meeting_point barrier;
    std::vector<std::byte> memory;
    std::vector<std::byte> scratch;
    std::unique_ptr<warp[]> warps;
    explicit common(int threads, std::size_t bytes)
        : barrier{threads},
          memory(bytes + 16),
          scratch(static_cast<std::size_t>(threads) * 16),
          warps{new warp[static_cast<std::size_t>(threads / 32)]} {}
  };

  host_block(common& all, int thread, int size) : all_{all}, thread_{thread}, size_{size} {}
  [[nodiscard]] int thread() const { return thread_; }
  [[nodiscard]] int size() const { return size_; }
  void sync() const { all_.barrier.arrive_and_wait(); }
  void sync_warp() const {
    if (size_ % 32 == 0)
      warp_of_mine().barrier.arrive_and_wait();
    else
      sync();
  }
  template <class T>
  [[nodiscard]] T& shared() const {
    return *reinterpret_cast<T*>(all_.memory.data());
  }
  [[nodiscard]] bool any(bool mine) const {
    return reduce(std::uint32_t{mine}, [](auto a, auto b) { return a | b; }) != 0;
  }
  /// Of whole warps only.
  [[nodiscard]] std::uint32_t ballot(bool mine) const {
    assert(size_ % 32 == 0);
    warp& all = warp_of_mine();
    const std::size_t now = votes_;
    votes_ = (now + 1) % 3;
    all.votes[now].fetch_or(std::uint32_t{mine} << (thread_ % 32));
    if (thread_ % 32 == 0) all.votes[votes_] = 0;
    all.barrier.arrive_and_wait();
    return all.votes[now];
  }
  template <class T, class Op>
  [[nodiscard]] T reduce(T mine, const Op& op) const {
    static_assert(sizeof(T) <= 16 && sizeof(T) % 4 == 0);
    T* const parts = reinterpret_cast<T*>(all_.scratch.data());
    sync();
    std::memcpy(static_cast<void*>(parts + thread_), &mine, sizeof(T));
    sync();
    T all = parts[0];
    for (int i = 1; i < size_; ++i) all = op(all, parts[i]);
    return all;
  }
  template <int Lanes, class T, class Op>
  [[nodiscard]] T reduce_lanes(T mine, const Op& op) const {
    static_assert(sizeof(T) <= 16 && sizeof(T) % 4 == 0);
    T* const parts = reinterpret_cast<T*>(all_.scratch.data());
    sync();
    std::memcpy(static_cast<void*>(parts + thread_), &mine, sizeof(T));
    sync();
    T halved[Lanes];  // in the order of a warp's lanes, which halve pairwise
    std::memcpy(static_cast<void*>(halved), parts + thread_ / Lanes * Lanes, sizeof halved);
    for (int step = Lanes / 2; step > 0; step /= 2)
      for (int i = 0; i < step; ++i) halved[i] = op(halved[i], halved[i + step]);
    return halved[0];
  }

 private:
  [[nodiscard]] warp& warp_of_mine() const {
    return all_.warps[static_cast<std::size_t>(thread_ / 32)];
  }

  common& all_;
  int thread_;
  int size_;
  mutable std::size_t votes_ = 0;
};

class host_executor {
 public:
  /// `threads` of a block, whatever Body::threads says: bodies take any number, unless they say
  /// that it must be exact.
  explicit host_executor(int threads = 8) : threads_{threads} {}

  template <class T>
  [[nodiscard]] host_buffer<T> allocate(std::int64_t n) const {
    return host_buffer<T>{n};
  }

  /// Every second call goes backwards: no result may depend on the order.
  template <class F>
  void for_each(const char*, std::int64_t n, const F& f) const {
    ++launches;
    if (launches % 2 == 0)
      for (std::int64_t i = n; i-- > 0;) f(i);
    else
      for (std::int64_t i = 0; i < n; ++i) f(i);
  }

  template <class Body>
  void for_each_block(const char*, std::int64_t blocks, const Body& body) const {
    ++launches;
    if (blocks <= 0) return;
    int threads = threads_;
    if constexpr (requires { Body::exact_threads; }) threads = Body::threads;
    if constexpr (requires { Body::threads_of_one; })
      if (threads % Body::threads_of_one != 0)
        throw std::logic_error{"a block of too few threads for this body"};
    host_block::common common{threads, sizeof(typename Body::shared)};
    std::memset(common.memory.data(), 0xA5, common.memory.size());
    std::vector<std::thread> team;
    for (int t = 0; t < threads; ++t)
      team.emplace_back([&, t] {
        host_block block{common, t, threads};
        for (std::int64_t i = 0; i < blocks; ++i) {
          body(block, i);
          if (!std::is_empty_v<typename Body::shared>) block.sync();
        }
      });
    for (auto& thread : team) thread.join();
  }

  template <class T>
  void fill_zero(T* to, std::int64_t n) const {
    if (n > 0) std::memset(static_cast<void*>(to), 0, static_cast<std::size_t>(n) * sizeof(T));
  }
  template <class T>
  void fetch(T* to, const T* from, std::int64_t n) const {
    ++fetches;
    std::copy_n(from, n, to);
  }

#if defined(S2D_TEST_THRUST)
  void running_sums(const char*, const std::uint32_t* counts, std::int64_t n,
                    std::uint64_t* sums) const {
    sums[0] = 0;
    s2d::cuda::detail::inclusive_sums(::thrust::host, counts, n, sums + 1);
  }
  void sort_by_falling(const char*, float* scores, std::int64_t* indices, std::int64_t n) const {
    s2d::cuda::detail::stable_sort_by_falling(::thrust::host, scores, indices, n);
  }
#else
  void running_sums(const char*, const std::uint32_t* counts, std::int64_t n,
                    std::uint64_t* sums) const {
    sums[0] = 0;
    for (std::int64_t i = 0; i < n; ++i) sums[i + 1] = sums[i] + counts[i];
  }
  void sort_by_falling(const char*, float* scores, std::int64_t* indices, std::int64_t n) const {
    std::vector<std::int64_t> order(static_cast<std::size_t>(n));
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(),
                     [&](auto a, auto b) { return scores[a] > scores[b]; });
    const std::vector<float> old_scores(scores, scores + n);
    const std::vector<std::int64_t> old_indices(indices, indices + n);
    for (std::int64_t i = 0; i < n; ++i) {
      scores[i] = old_scores[static_cast<std::size_t>(order[static_cast<std::size_t>(i)])];
      indices[i] = old_indices[static_cast<std::size_t>(order[static_cast<std::size_t>(i)])];
    }
  }
#endif

  mutable int launches = 0;  ///< kernels started
  mutable int fetches = 0;   ///< times the host waited

 private:
  int threads_;
};

}  // namespace support
