// How warps run, and what they may touch.
#include "machine.hpp"
#include "profile.hpp"

#include <driver_types.h>

#include <algorithm>
#include <cstring>
#include <limits>

namespace simulator {
namespace {

using state = warp::fragment::state;

constexpr u64 turn = 1 << 16;      // instructions of a warp before others have a turn
constexpr u64 patience = 1 << 10;  // turns in which no barrier is met and no lane leaves

s32 thread_of(const warp& of, int lane) { return of.number * 32 + lane; }

std::string hexadecimal(u64 value) {
  std::string text;
  do {
    text.insert(text.begin(), "0123456789abcdef"[value % 16]);
    value /= 16;
  } while (value != 0);
  return "0x" + text;
}

u32 special_value(const std::string& name, const block_state& block, int lane, s32 thread) {
  const auto at = static_cast<u32>(thread);
  const auto of = [&](const extent3& e) {
    return name.back() == 'x' ? e.x : name.back() == 'y' ? e.y : e.z;
  };
  const u32 below = (1u << lane) - 1;
  if (name.starts_with("%tid"))
    return of(
        {at % block.size.x, at / block.size.x % block.size.y, at / block.size.x / block.size.y});
  if (name.starts_with("%ntid")) return of(block.size);
  if (name.starts_with("%ctaid")) return of(block.index);
  if (name.starts_with("%nctaid")) return of(block.grid);
  if (name == "%laneid") return static_cast<u32>(lane);
  if (name == "%warpid") return at / 32;
  if (name == "%lanemask_lt") return below;
  if (name == "%lanemask_le") return below << 1 | 1;
  if (name == "%lanemask_eq") return 1u << lane;
  if (name == "%lanemask_ge") return ~below;
  if (name == "%lanemask_gt") return ~(below << 1 | 1);
  throw fault{cudaErrorNotSupported, "special register " + name + " is not simulated"};
}

void fill_specials(warp& of) {
  for (const auto& special : of.block->code.specials)
    for (int lane = 0; lane < 32; ++lane)
      of.lanes_of<u32>(special.at)[lane] =
          special_value(special.name, *of.block, lane, thread_of(of, lane));
}

void fill_constants(warp& of) {
  for (const auto& constant : of.block->code.constants) {
    std::byte* const at = of.registers.data() + constant.at;
    if (constant.bytes == 0) {  // a predicate
      const u32 all = constant.bits != 0 ? 0xffffffffu : 0;
      std::memcpy(at, &all, sizeof all);
    }
    for (int lane = 0; lane < 32; ++lane)
      std::memcpy(at + lane * constant.bytes, &constant.bits,
                  static_cast<std::size_t>(constant.bytes));
  }
}

u32 guarded_lanes(warp& of, const instruction& in, u32 lanes) {
  if (!in.guarded) return lanes;
  const u32 yes = of.predicate(in.guard);
  return lanes & (in.guard_negated ? ~yes : yes);
}

class grid_run {
 public:
  grid_run(device_memory& memory, const program& code, extent3 grid, extent3 size,
           u64 dynamic_shared_bytes, const void* const* arguments)
      : block_{memory, code, grid, size,
               {},     {},   {},   watched_bytes{code.shared_bytes + dynamic_shared_bytes}} {
    block_.launch_start = ++memory.clock;
    block_.is_watched = code.name.find("3cub") == std::string::npos;
    block_.parameters.resize(code.parameter_bytes);
    for (std::size_t p = 0; p < code.parameters.size(); ++p)
      std::memcpy(block_.parameters.data() + code.parameters[p].begin, arguments[p],
                  code.parameters[p].end - code.parameters[p].begin);
    block_.shared.resize(code.shared_bytes + dynamic_shared_bytes);
    const u64 threads = size.volume();
    warps_.resize((threads + 31) / 32);
    for (std::size_t w = 0; w < warps_.size(); ++w) {
      warps_[w].block = &block_;
      warps_[w].number = static_cast<s32>(w);
      warps_[w].registers.resize(code.file_bytes);
      warps_[w].local.resize(32 * code.local_bytes);
      warps_[w].last_found.resize(code.code.size());
      fill_constants(warps_[w]);
    }
  }

  void run(launch_profile* profile, bool backwards) {
    block_.profile = profile;
    const extent3& grid = block_.grid;
    const u64 blocks = grid.volume();
    for (u64 k = 0; k < blocks; ++k) {
      const u64 at = backwards ? blocks - 1 - k : k;
      block_.index = {static_cast<u32>(at % grid.x), static_cast<u32>(at / grid.x % grid.y),
                      static_cast<u32>(at / grid.x / grid.y)};
      run_block();
    }
  }

 private:
  void run_block() {
    const u64 threads = block_.size.volume();
    std::memset(block_.shared.data(), 0xA5, block_.shared.size());
    block_.block_start = block_.since = ++block_.memory.clock;
    for (warp& one : warps_) {
      one.since = block_.block_start;
      const u64 rest = threads - static_cast<u64>(one.number) * 32;
      one.live = rest >= 32 ? 0xffffffffu : (1u << rest) - 1;
      one.fragments.assign(1, {0, one.live, state::ready});
      fill_specials(one);
      std::memset(one.local.data(), 0xA5, one.local.size());
    }
    for (u64 turns = 0;; ++turns) {
      bool alive = false, ready = false;
      for (warp& one : warps_) {
        if (one.live == 0) continue;
        const u32 before = one.live;
        run_turn(one);
        if (one.live != before) turns = 0;
        alive = alive || one.live != 0;
        for (const auto& f : one.fragments) ready = ready || f.is == state::ready;
      }
      if (!alive) return;
      if (!ready) {
        pass_barrier();
        turns = 0;
      } else if (turns > patience) {
        const warp& one =
            *std::find_if(warps_.begin(), warps_.end(), [](const warp& w) { return w.live != 0; });
        throw_fault(cudaErrorLaunchTimeout, one,
                    block_.code.code[static_cast<std::size_t>(one.fragments[0].at)],
                    std::countr_zero(one.live), "runs and runs");
      }
    }
  }

  /// No lane can go on: all that live must be at one barrier, those of a warp at one place.
  void pass_barrier() {
    u32 any = 0;
    s64 number = -1;
    handler kind = nullptr;
    for (warp& one : warps_)
      for (const auto& f : one.fragments) {
        const instruction& in = block_.code.code[static_cast<std::size_t>(f.at)];
        const int lane = std::countr_zero(f.lanes);
        if (f.is != state::at_barrier)
          throw_fault(cudaErrorLaunchTimeout, one, in, lane,
                      "waits for lanes of its warp that do not come");
        if (f.at != one.fragments[0].at)
          throw_fault(cudaErrorLaunchTimeout, one, in, lane,
                      "waits at another barrier than the rest of its warp");
        const s64 found = one.lanes_of<u32>(in.from[0])[lane];
        if (number >= 0 && (found != number || in.run != kind))
          throw_fault(cudaErrorLaunchTimeout, one, in, lane,
                      "waits at another barrier than the rest of its block");
        number = found;
        kind = in.run;
        if (in.run == nullptr) continue;
        const u32 says = one.predicate(in.from[1]);
        any |= (in.negated ? ~says : says) & f.lanes;
      }
    block_.since = ++block_.memory.clock;
    for (warp& one : warps_)
      for (auto& f : one.fragments) {
        const instruction& in = block_.code.code[static_cast<std::size_t>(f.at)];
        if (in.run != nullptr) {
          u32& to = one.predicate(in.to[0]);
          to = (to & ~f.lanes) | (any != 0 ? f.lanes : 0);
        }
        f.is = state::ready;
        ++f.at;
      }
  }

  /// Until no lane of the warp can go on, or its turn is over.
  void run_turn(warp& of) {
    u64 left = turn;
    while (left > 0) {
      auto least = of.fragments.end();
      for (auto f = of.fragments.begin(); f != of.fragments.end(); ++f)
        if (f->is == state::ready && (least == of.fragments.end() || f->at < least->at)) least = f;
      if (least == of.fragments.end()) return;
      warp::fragment now = *least;
      of.fragments.erase(least);
      run_fragment(of, now, left);
    }
  }

  /// Until these lanes wait, part, leave, or are no longer the least far.
  void run_fragment(warp& of, warp::fragment now, u64& left) {
    const auto& code = block_.code.code;
    s32 meeting = meet(of, now);
    while (true) {
      if (now.at >= meeting) {
        if (now.at > meeting) break;
        meeting = meet(of, now);
      }
      if (left == 0) break;
      --left;
      const instruction& in = code[static_cast<std::size_t>(now.at)];
      const u32 lanes = guarded_lanes(of, in, now.lanes);
      const bool moves = in.is == instruction::kind::branch || in.is == instruction::kind::barrier;
      if (block_.profile != nullptr && moves) block_.profile->note(in, lanes);
      switch (in.is) {
        case instruction::kind::plain:
          if (lanes != 0) in.run(of, in, lanes);
          if (block_.profile != nullptr) note(of, in, lanes);
          ++now.at;
          break;
        case instruction::kind::give_way:
          ++now.at;
          left = 0;
          break;
        case instruction::kind::branch:
          if (lanes != 0 && lanes != now.lanes)
            of.fragments.push_back({now.at + 1, now.lanes & ~lanes, state::ready});
          if (lanes == 0) {
            ++now.at;
          } else {
            const bool split = lanes != now.lanes || in.target <= now.at;
            now.at = in.target;
            now.lanes = lanes;
            if (split) return of.fragments.push_back(now);
          }
          break;
        case instruction::kind::leave:
          of.live &= ~lanes;
          now.lanes &= ~lanes;
          for (auto& f : of.fragments)  // nobody waits for those
            if (f.is == state::waits_for_lanes) f.is = state::ready;
          if (now.lanes == 0) return;
          ++now.at;
          break;
        case instruction::kind::together:
          if (lanes != 0 && !all_have_come(of, in, lanes))
            return wait(of, now, lanes, state::waits_for_lanes);
          if (lanes != 0) run_together(of, in, lanes);
          ++now.at;
          break;
        case instruction::kind::barrier:
          if (lanes != 0) return wait(of, now, lanes, state::at_barrier);
          ++now.at;
          break;
      }
    }
    of.fragments.push_back(now);
  }

  /// The lanes that name the same lanes as the first of these.
  static u32 company_of(warp& of, const instruction& in, u32 lanes) {
    const u32* const members = of.lanes_of<u32>(in.members);
    const u32 named = members[std::countr_zero(lanes)];
    u32 company = 0;
    for (u32 left = lanes; left != 0; left &= left - 1)
      if (const int lane = std::countr_zero(left); members[lane] == named) company |= 1u << lane;
    return company;
  }

  /// Whether each lane's company is all that it names and that has not left.
  static bool all_have_come(warp& of, const instruction& in, u32 lanes) {
    for (u32 left = lanes; left != 0;) {
      const u32 company = company_of(of, in, left);
      const int lane = std::countr_zero(left);
      const u32 named = of.lanes_of<u32>(in.members)[lane];
      if ((company & ~named) != 0)
        throw_fault(cudaErrorLaunchFailure, of, in, std::countr_zero(company & ~named),
                    "is not among the lanes that it names");
      if ((named & of.live & ~company) != 0) return false;
      left &= ~company;
    }
    return true;
  }

  void run_together(warp& of, const instruction& in, u32 lanes) {
    for (u32 left = lanes; left != 0;) {
      const u32 company = company_of(of, in, left);
      in.run(of, in, company);
      if (block_.profile != nullptr) note(of, in, company);
      left &= ~company;
    }
  }

  void note(warp& of, const instruction& in, u32 lanes) {
    block_.profile->note(in, lanes);
    if (!of.asked.empty()) block_.profile->note_accesses(in, of.asked, of.asked_bytes);
    of.asked.clear();
  }

  /// Some lanes stay, those that the guard keeps from it go on.
  static void wait(warp& of, const warp::fragment& now, u32 lanes, state how) {
    of.fragments.push_back({now.at, lanes, how});
    if (lanes != now.lanes) of.fragments.push_back({now.at + 1, now.lanes & ~lanes, state::ready});
  }

  /// Takes in the lanes that are where these are. @return the next place at which others are
  static s32 meet(warp& of, warp::fragment& now) {
    s32 next = std::numeric_limits<s32>::max();
    std::erase_if(of.fragments, [&](const warp::fragment& other) {
      if (other.at != now.at || other.is == state::at_barrier) {
        if (other.at > now.at) next = std::min(next, other.at);
        return false;
      }
      now.lanes |= other.lanes;
      return true;
    });
    return next;
  }

  block_state block_;
  std::vector<warp> warps_;
};

}  // namespace

void throw_fault(int code, const warp& of, const instruction& at, int lane,
                 const std::string& what) {
  const auto& index = of.block->index;
  throw fault{code, "kernel " + of.block->code.name + ", line " + std::to_string(at.line) +
                        " of its PTX, thread " + std::to_string(thread_of(of, lane)) +
                        " of block (" + std::to_string(index.x) + ", " + std::to_string(index.y) +
                        ", " + std::to_string(index.z) + "): " + what};
}

std::byte* warp::memory_at(const instruction& of, int lane, u64 bytes, access how) {
  const u64 at = address(of, lane);
  if (block->profile != nullptr) asked.push_back(at), asked_bytes = bytes;
  if ((at & (bytes - 1)) != 0)
    throw_fault(cudaErrorMisalignedAddress, *this, of, lane,
                std::to_string(bytes) + " bytes at " + hexadecimal(at) + ", which is not aligned");
  switch (of.where) {
    case space::global:
      return global_at(of, lane, at, bytes, how);
    case space::shared: {
      const u64 offset = at - shared_base;
      if (at < shared_base || !extent{0, block->shared.size()}.has(offset, bytes))
        throw_fault(cudaErrorIllegalAddress, *this, of, lane,
                    std::to_string(bytes) + " bytes past its " +
                        std::to_string(block->shared.size()) + " bytes of shared memory, at " +
                        std::to_string(static_cast<s64>(offset)));
      note(of, lane, block->shared_watched, offset, bytes, how);
      return block->shared.data() + offset;
    }
    case space::local:
      if (!extent{0, block->code.local_bytes}.has(at, bytes))
        throw_fault(cudaErrorIllegalAddress, *this, of, lane, "outside of its local memory");
      return local.data() + static_cast<u64>(lane) * block->code.local_bytes + at;
    case space::param:
      break;
  }
  if (!extent{0, block->parameters.size()}.has(at, bytes) || how != access::read)
    throw_fault(cudaErrorIllegalAddress, *this, of, lane, "outside of its parameters");
  return block->parameters.data() + at;
}

std::byte* warp::global_at(const instruction& of, int lane, u64 at, u64 bytes, access how) {
  allocation*& last = last_found[static_cast<std::size_t>(&of - block->code.code.data())];
  if (last == nullptr || !last->has(at, bytes)) {
    last = block->memory.find(at, bytes);
    if (last == nullptr)
      throw_fault(cudaErrorIllegalAddress, *this, of, lane,
                  std::to_string(bytes) + " bytes at " + hexadecimal(at) + ", " +
                      (block->memory.is_mine(at) ? "past or before every allocation"
                                                 : "not memory of this device"));
  }
  if (block->is_watched)
    note(of, lane, last->watched, at - last->begin, bytes, how);
  else if (how != access::read)
    last->watched.set(at - last->begin, bytes);
  return block->memory.host(at);
}

void warp::note(const instruction& of, int lane, watched_bytes& in, u64 offset, u64 bytes,
                access how) {
  const bool shared = of.where == space::shared;
  visitor who;
  who.now = block->memory.clock;
  who.warp_since = since;
  who.block_since = block->since;
  who.block_start = block->block_start;
  who.since = shared ? block->block_start : block->launch_start;
  who.set_since = shared ? block->block_start : 1;
  who.thread = static_cast<s16>(thread_of(*this, lane));
  who.warp = static_cast<s8>(number);
  const auto met = in.visit(who, offset, bytes, how, !of.plain_access);
  if (met.is != watched_bytes::trouble::kind::none) throw_trouble(of, lane, how, met);
}

void warp::throw_trouble(const instruction& of, int lane, access how,
                         const watched_bytes::trouble& met) const {
  using kind = watched_bytes::trouble::kind;
  std::string what = how == access::read ? "reads" : "writes";
  what += of.where == space::shared ? " bytes of shared memory at " : " bytes of an allocation at ";
  what += std::to_string(met.at) + " that ";
  if (met.is == kind::unset) {
    what += "nobody has written";
  } else {
    what += met.thread == touch::several      ? "several threads"
            : met.thread == touch::foreigners ? "other blocks"
                                              : "thread " + std::to_string(met.thread);
    if (met.is == kind::written) what += met.thread < 0 ? " write" : " writes";
    if (met.is == kind::read) what += met.thread < 0 ? " read" : " reads";
    what += " with no barrier between";
  }
  throw_fault(cudaErrorLaunchFailure, *this, of, lane, what);
}

void run_grid(device_memory& memory, const program& code, extent3 grid, extent3 size,
              u64 dynamic_shared_bytes, const void* const* arguments, bool backwards) {
  grid_run launched{memory, code, grid, size, dynamic_shared_bytes, arguments};
  if (kernel_counts* const counts = counts_of(code.name)) {
    launch_profile profile{*counts};
    launched.run(&profile, backwards);
  } else {
    launched.run(nullptr, backwards);
  }
}

}  // namespace simulator
