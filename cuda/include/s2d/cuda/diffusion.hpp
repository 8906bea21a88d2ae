// Diffusion of values along the edges of a sparse graph, on a device.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <s2d/cuda/graph_types.hpp>
#include <s2d/cuda/stream.hpp>
#include <s2d/cuda/detail/check.hpp>
#include <s2d/cuda/detail/diffusion.hpp>
#include <s2d/segment/diffusion.hpp>

namespace s2d::cuda::inline S2D_CUDA_ABI {
namespace detail {

void launch_diffuse(const graph_view& graph, const float* seeds, float* out,
                    const diffusion_settings& set, stream_view stream);

}  // namespace detail
}  // namespace s2d::cuda::inline S2D_CUDA_ABI

namespace s2d::cuda::inline S2D_ABI {

namespace checks {

inline detail::diffusion_settings settings_for(const char* what, const graph_view& graph,
                                               const float* seeds, const float* out,
                                               const diffusion_options& options) {
  s2d::detail::check_diffusion(what, options);
  require(graph.nodes >= 0 && graph.nodes <= INT32_MAX && graph.edges >= 0 &&
              graph.edges <= INT64_MAX / 16,
          what, ": graph has ", graph.nodes, " nodes and ", graph.edges,
          " edges, expected 0 to 2^31 - 1 and 0 to 2^59");
  require_device("diffuse: row starts", graph.begin, graph.nodes > 0 ? graph.nodes + 1 : 0);
  require_device("diffuse: ends", graph.to, graph.edges);
  require_device("diffuse: weights", graph.weight, graph.edges);
  require_device("diffuse: seeds", seeds, graph.nodes);
  require_device("diffuse: out", out, graph.nodes);
  return {options.iterations, options.mix, 1 - options.mix};
}

}  // namespace checks

/// The graph on the device. @throws invalid_input if it is malformed, as s2d::diffuse
[[nodiscard]] inline device_graph to_device(const sparse_graph& graph, stream_view stream = {}) {
  s2d::detail::check_graph("to_device", graph);
  return {to_device(std::vector<std::uint64_t>{graph.begin.begin(), graph.begin.end()}, stream),
          to_device(graph.to, stream), to_device(graph.weight, stream)};
}

/// Spreads the seeds over the graph, as s2d::diffuse: v = seeds, then options.iterations times
/// v <- mix * graph v + (1 - mix) * seeds. Rows are summed in the core's order and every operation
/// is rounded alone: the bits of a core compiled without contraction of products and sums. Against
/// another one a step adds at most (e / 2 + 14) * 2^-24 of the largest value, where e is the number
/// of edges of a row and rows sum to 1.
///
/// One launch an iteration; their number is given, so that nothing has to be read back and nothing
/// waits. Temporary memory: 4 bytes a node.
/// @param graph  its content is not checked: row starts ascend, ends lie in 0..nodes-1
/// @param seeds  [nodes] and
/// @param out    [nodes] in device memory; may not overlap
/// @throws invalid_input if an option is out of range, there are 2^31 nodes or more, or an address
/// cannot be device memory
inline void diffuse(const graph_view& graph, const float* seeds, float* out,
                    const diffusion_options& options = {}, stream_view stream = {}) {
  detail::launch_diffuse(graph, seeds, out,
                         checks::settings_for("diffuse", graph, seeds, out, options), stream);
}

}  // namespace s2d::cuda::inline S2D_ABI
