// What device benchmarks share: times by CUDA events, a cold L2 cache, and the copy bandwidth of
// the card, beside which every figure stands.
#pragma once

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include <cuda_runtime_api.h>

#include <benchmark/benchmark.h>

#include <s2d/cuda/buffer.hpp>
#include <s2d/cuda/rle.hpp>

namespace device_bench {

inline void require_success(cudaError_t code) {
  if (code != cudaSuccess) throw std::runtime_error{cudaGetErrorString(code)};
}

/// Time on the device between two points of the default stream, in seconds.
class stopwatch {
 public:
  stopwatch() {
    require_success(cudaEventCreate(&begin_));
    require_success(cudaEventCreate(&end_));
  }
  stopwatch(const stopwatch&) = delete;
  stopwatch& operator=(const stopwatch&) = delete;
  ~stopwatch() {
    cudaEventDestroy(begin_);
    cudaEventDestroy(end_);
  }
  void start() { require_success(cudaEventRecord(begin_)); }
  double stop() {
    require_success(cudaEventRecord(end_));
    require_success(cudaEventSynchronize(end_));
    float milliseconds = 0;
    require_success(cudaEventElapsedTime(&milliseconds, begin_, end_));
    return milliseconds * 1e-3;
  }

 private:
  cudaEvent_t begin_ = nullptr, end_ = nullptr;
};

/// Bytes a second of a copy of 1 GiB within the device, read and written ones counted; the best of
/// ten.
inline double copy_bandwidth() {
  static const double best = [] {
    const std::int64_t bytes = std::int64_t{1} << 30;
    s2d::cuda::device_buffer<char> from{bytes}, to{bytes};
    require_success(cudaMemset(from.data(), 1, from.bytes()));
    stopwatch watch;
    double seconds = 1e9;
    for (int i = 0; i < 10; ++i) {
      watch.start();
      require_success(
          cudaMemcpyAsync(to.data(), from.data(), from.bytes(), cudaMemcpyDeviceToDevice));
      const double taken = watch.stop();
      if (i > 1 && taken < seconds) seconds = taken;
    }
    return 2 * static_cast<double>(bytes) / seconds;
  }();
  return best;
}

/// Bytes of no pattern; zeros would flatter.
inline void fill_random(void* to, std::size_t bytes) {
  std::vector<std::uint32_t> some(std::size_t{1} << 20);
  std::uint32_t state = 1;
  for (auto& word : some) word = state = state * 1664525u + 1013904223u;
  for (std::size_t at = 0; at < bytes; at += some.size() * 4)
    require_success(cudaMemcpy(static_cast<char*>(to) + at, some.data(),
                               (std::min)(some.size() * 4, bytes - at), cudaMemcpyHostToDevice));
}

/// Times work() on the default stream, each run with a cold L2 cache. `bytes` are the useful ones
/// of one run: every input read once, every output written once. Column "copy" is the share of the
/// copy bandwidth that they reach. make() builds the inputs and returns the work.
template <class Make>
void measure(benchmark::State& state, double bytes, const Make& make) {
  if (s2d::cuda::device_count() == 0) {
    state.SkipWithError("no CUDA device");
    return;
  }
  try {
    auto work = make();
    int l2 = 0;
    require_success(cudaDeviceGetAttribute(&l2, cudaDevAttrL2CacheSize, 0));
    // Read, not written: lines that are still to be written back would be paid for by the work.
    const std::int64_t rows = 3 * std::int64_t{l2} / 128 + 1;
    s2d::cuda::device_buffer<std::uint64_t> others{16 * rows};
    s2d::cuda::device_buffer<std::int64_t> area{1};
    require_success(cudaMemset(others.data(), 1, others.bytes()));
    work();  // loads the kernels, warms the pool
    s2d::cuda::synchronize();
    stopwatch watch;
    double total = 0;
    for (auto _ : state) {
      s2d::cuda::areas({others.data(), 1, rows, 1024}, area.data());
      watch.start();
      work();
      const double seconds = watch.stop();
      total += seconds;
      state.SetIterationTime(seconds);
    }
    const double each = total / static_cast<double>(state.iterations());
    if (bytes > 0) {
      state.SetBytesProcessed(static_cast<std::int64_t>(bytes) * state.iterations());
      state.counters["copy"] = bytes / each / copy_bandwidth();
    }
  } catch (const std::exception& error) {
    state.SkipWithError(error.what());
  }
}

}  // namespace device_bench
