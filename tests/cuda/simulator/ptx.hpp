// PTX as text turned into statements with resolved registers; what they mean is decode.hpp's
// affair. Source: Parallel Thread Execution ISA 9.0, chapters 4 and 5. Read is what nvcc writes for
// kernels without calls: modules of entries, no functions.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace simulator {

struct ptx_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct operand {
  enum class kind { sink, reg, special, number, symbol, address, list };
  kind is = kind::sink;
  int reg = -1;               ///< of a register, or the base of an address; index into ptx_kernel
  int second = -1;            ///< the predicate of %r1|%p1
  bool negated = false;       ///< !%p1
  std::string name;           ///< special register, symbol or label; an address without register
  std::uint64_t bits = 0;     ///< number: two's complement, or the bits of 0f and 0d
  std::int64_t offset = 0;    ///< address: bytes past its base
  std::vector<operand> list;  ///< {a, b}
};

struct statement {
  int line = 0;
  int guard = -1;  ///< predicate register
  bool guard_negated = false;
  std::vector<std::string> opcode;  ///< "ld", "global", "u32"
  std::vector<operand> operands;
};

struct variable {
  std::string name;
  std::uint64_t align = 1;
  std::uint64_t bytes = 0;  ///< 0: as many as the launch gives
  std::vector<std::uint8_t> values;
};

struct ptx_kernel {
  std::string name;
  std::vector<variable> parameters;
  std::vector<variable> shared;
  std::vector<variable> local;
  std::vector<int> register_bits;  ///< 1 (a predicate), 16, 32 or 64, by register
  std::vector<statement> body;
  std::unordered_map<std::string, int> labels;  ///< to the statement that follows
};

struct ptx_module {
  std::vector<ptx_kernel> kernels;
  std::vector<variable> globals;
  std::vector<variable> shared;  ///< of the module, seen by all kernels
};

/// @throws ptx_error naming the line of what is not understood
ptx_module parse_ptx(std::string_view text);

}  // namespace simulator
