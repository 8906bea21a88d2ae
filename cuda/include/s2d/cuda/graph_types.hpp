// Sparse graphs in device memory: plain types.
#pragma once

#include <cstdint>

#include <s2d/cuda/buffer.hpp>
#include <s2d/cuda/detail/macros.hpp>

namespace s2d::cuda::inline S2D_CUDA_ABI {

/// A weighted directed graph, row by row (CSR), as s2d::sparse_graph.
struct graph_view {
  std::int64_t nodes = 0;
  std::int64_t edges = 0;
  const std::uint64_t* begin = nullptr;  ///< [nodes + 1] ascending, from 0 to edges
  const std::int32_t* to = nullptr;      ///< [edges] in 0..nodes-1
  const float* weight = nullptr;         ///< [edges]
};

/// The same with its memory.
struct device_graph {
  device_buffer<std::uint64_t> begin;
  device_buffer<std::int32_t> to;
  device_buffer<float> weight;

  [[nodiscard]] graph_view view() const {
    return {begin.size() > 0 ? begin.size() - 1 : 0, to.size(), begin.data(), to.data(),
            weight.data()};
  }
};

}  // namespace s2d::cuda::inline S2D_CUDA_ABI
