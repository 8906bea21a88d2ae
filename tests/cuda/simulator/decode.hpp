// From the statements of a kernel to instructions that a warp runs.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

#include "machine.hpp"
#include "ptx.hpp"

namespace simulator {

/// What a statement of arithmetic does: `bytes` are the sizes of its operands, result first; 0: a
/// predicate, -1: none.
struct operation {
  handler run = nullptr;
  std::array<int, 5> bytes{-1, -1, -1, -1, -1};
};

using operation_table = std::unordered_map<std::string, operation>;
using handler_table = std::unordered_map<std::string, handler>;

/// By opcode with all its modifiers: add.rn.f32.
const operation_table& arithmetic();

/// Conversions; operands may be in wider registers than their types. By opcode: cvt.rn.f32.s64.
const handler_table& conversions();

/// Loads and stores by opcode, type and bytes of the register: ld.u8.4.
const handler_table& transfers();

/// Atomic operations by operation and type: add.u64; and with a predicate or four lanes of one
/// register as operands: shuffles, votes, tensor products.
const handler_table& atomics();
const handler_table& exchanges();

/// `globals`: device addresses of the module's variables. What is not simulated is left to a run to
/// refuse. @throws ptx_error on a label or symbol that is nowhere
program decode(const ptx_kernel& kernel, const ptx_module& module,
               const std::unordered_map<std::string, u64>& globals);

}  // namespace simulator
