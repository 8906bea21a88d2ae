// What kernels did on the simulated device, counted, and how long a card's units would take for it:
// an estimate that tells what bounds a kernel, not a time. S2D_SIMULATOR_PROFILE=1 prints it when
// the program ends.
#pragma once

#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "machine.hpp"

namespace simulator {

struct kernel_counts {
  u64 launches = 0;
  u64 instructions = 0;       ///< of warps
  u64 lane_instructions = 0;  ///< of lanes
  double cycles = 0;          ///< of one multiprocessor's units, see cycles_of
  u64 useful_bytes = 0;       ///< that lanes asked for in global memory
  u64 sectors = 0;            ///< of 32 bytes, once for every warp that asked
  u64 footprint = 0;          ///< of 32 bytes, once for every launch and direction
  u64 wavefronts = 0;         ///< of shared memory
  u64 least_wavefronts = 0;   ///< had there been no conflicts of banks
};

/// Cycles of a multiprocessor that a warp's instruction takes of the units that run it: 32 over the
/// results per cycle of compute capability 9.0, times the instructions that one of PTX becomes.
/// Source: CUDA C++ Programming Guide 13.0, table of arithmetic throughput; the length of divisions
/// and products of 64 bits is of cuobjdump's listings. A guess, mostly too high: ptxas joins some
/// instructions, and computes once for a warp what is the same for all its lanes.
double cycles_of(const std::vector<std::string>& opcode);

/// Adds up what one launch does.
class launch_profile {
 public:
  explicit launch_profile(kernel_counts& to) : counts_{to} { ++to.launches; }

  void note(const instruction& in, u32 lanes);
  /// After an instruction that touched memory.
  void note_accesses(const instruction& in, const std::vector<u64>& addresses, u64 bytes);

 private:
  kernel_counts& counts_;
  std::unordered_set<u64> read_, written_;
};

/// Null unless S2D_SIMULATOR_PROFILE is set.
kernel_counts* counts_of(const std::string& kernel);

}  // namespace simulator
