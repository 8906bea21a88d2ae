// The simulated device: warps of 32 lanes that execute decoded PTX in step. Of a warp's lanes those
// run first that are least far in the text, which brings lanes together again after a branch. The
// blocks of a grid run one after the other.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "memory.hpp"
#include "watch.hpp"

namespace simulator {

// The types of PTX.
using u8 = std::uint8_t;
using u16 = std::uint16_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;
using s8 = std::int8_t;
using s16 = std::int16_t;
using s32 = std::int32_t;
using s64 = std::int64_t;

struct warp;
struct instruction;
using handler = void (*)(warp&, const instruction&, u32 lanes);

enum class space : u8 { global, shared, local, param };

constexpr u64 shared_base = 1024;  ///< nothing of a kernel is at address 0

/// Registers are byte offsets into a warp's register file, where 32 lanes of one register lie side
/// by side; a predicate is one word with a bit for every lane.
struct instruction {
  enum class kind : u8 { plain, branch, leave, together, barrier, give_way };

  handler run = nullptr;
  kind is = kind::plain;
  bool guarded = false;
  bool guard_negated = false;
  bool negated = false;                ///< the predicate operand of a vote
  bool wide_address = false;           ///< 64 bits
  bool reads = false, writes = false;  ///< memory
  bool plain_access = true;            ///< neither volatile nor atomic
  space where = space::global;
  u8 count = 1;                     ///< elements of a vector access
  u8 to_bytes = 0, from_bytes = 0;  ///< of the registers, for what converts
  u32 guard = 0;
  u32 members = 0;  ///< register with the lanes that go together
  std::array<u32, 4> to{}, from{}, more{};
  s64 offset = 0;
  s32 target = 0;
  s32 line = 0;
  double cycles = 0;  ///< see profile.hpp
};

struct program {
  struct constant {
    u32 at = 0;
    int bytes = 0;
    u64 bits = 0;
  };
  struct special {
    u32 at = 0;
    std::string name;
  };

  std::string name;
  std::vector<instruction> code;
  std::vector<constant> constants;  ///< immediate operands, as registers never written
  std::vector<special> specials;
  std::vector<extent> parameters;  ///< in the parameter space
  u64 parameter_bytes = 0;
  u64 shared_bytes = 0;
  u64 local_bytes = 0;                   ///< per lane
  u32 file_bytes = 0;                    ///< of a warp's registers
  std::vector<std::string> unsupported;  ///< met by who runs them
};

struct extent3 {
  u32 x = 1, y = 1, z = 1;
  [[nodiscard]] u64 volume() const { return u64{x} * y * z; }
};

class launch_profile;

struct block_state {
  device_memory& memory;
  const program& code;
  extent3 grid, size, index;
  std::vector<std::byte> parameters;
  std::vector<std::byte> shared;
  watched_bytes shared_watched;
  bool is_watched = true;                            ///< its accesses to global memory
  u32 launch_start = 0, block_start = 0, since = 0;  ///< times; since the block's last barrier
  launch_profile* profile = nullptr;
};

struct warp {
  struct fragment {
    enum class state : u8 { ready, waits_for_lanes, at_barrier };
    s32 at = 0;
    u32 lanes = 0;
    state is = state::ready;
  };

  block_state* block = nullptr;
  s32 number = 0;
  u32 live = 0;  ///< lanes that have not left
  std::vector<std::byte> registers;
  std::vector<std::byte> local;
  std::vector<fragment> fragments;
  std::vector<allocation*> last_found;  ///< by instruction: what it met last
  u32 since = 0;                        ///< time of the warp's last barrier
  std::vector<u64> asked;               ///< addresses of the instruction that runs, for a profile
  u64 asked_bytes = 0;                  ///< at each of them

  template <class T>
  [[nodiscard]] T* lanes_of(u32 offset) {
    return reinterpret_cast<T*>(registers.data() + offset);
  }
  [[nodiscard]] u32& predicate(u32 offset) {
    return *reinterpret_cast<u32*>(registers.data() + offset);
  }
  [[nodiscard]] u64 address(const instruction& of, int lane) {
    const u64 base =
        of.wide_address ? lanes_of<u64>(of.from[0])[lane] : lanes_of<u32>(of.from[0])[lane];
    return of.wide_address ? base + static_cast<u64>(of.offset)
                           : static_cast<u32>(base + static_cast<u64>(of.offset));
  }
  /// Where the bytes that a lane's instruction means are. @throws fault if they are not the
  /// kernel's to touch, not aligned, touched by another lane out of order, or nobody's writing
  [[nodiscard]] std::byte* memory_at(const instruction& of, int lane, u64 bytes, access how);

 private:
  std::byte* global_at(const instruction& of, int lane, u64 address, u64 bytes, access how);
  [[noreturn]] void throw_trouble(const instruction& of, int lane, access how,
                                  const watched_bytes::trouble& met) const;
  void note(const instruction& of, int lane, watched_bytes& in, u64 offset, u64 bytes, access how);
};

/// f(lane) for every lane that takes part.
template <class F>
void for_lanes_in_order(u32 lanes, const F& f) {
  for (; lanes != 0; lanes &= lanes - 1) f(std::countr_zero(lanes));
}
/// The same, for lanes that do not meet in memory.
template <class F>
void for_lanes(u32 lanes, const F& f) {
  if (lanes == 0xffffffffu) {
#pragma GCC ivdep
    for (int lane = 0; lane < 32; ++lane) f(lane);
  } else {
    for_lanes_in_order(lanes, f);
  }
}

/// "kernel K, line L of its PTX, thread T of block B: what"
[[noreturn]] void throw_fault(int code, const warp& of, const instruction& at, int lane,
                              const std::string& what);

/// Runs every block of a grid, the last one first if `backwards`. `arguments`: one address per
/// parameter.
/// @throws fault as a device would report it or end: bytes of no allocation, lanes that wait for
/// each other, instructions that are not simulated
void run_grid(device_memory& memory, const program& code, extent3 grid, extent3 size,
              u64 dynamic_shared_bytes, const void* const* arguments, bool backwards = false);

}  // namespace simulator
