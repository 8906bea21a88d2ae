// Instructions that touch memory, or registers of other lanes. Source: PTX ISA 9.0, chapters 9.7.9
// to 9.7.15.
#include <driver_types.h>

#include <algorithm>
#include <cstring>
#include <type_traits>

#include "decode.hpp"

namespace simulator {
namespace {

/// M: what memory has; R: the register, which M is extended to.
template <class M, class R>
void load(warp& w, const instruction& in, u32 lanes) {
  for_lanes_in_order(lanes, [&](int i) {
    M values[4];
    std::memcpy(values, w.memory_at(in, i, sizeof(M) * in.count, access::read),
                sizeof(M) * in.count);
    for (int e = 0; e < in.count; ++e)
      w.lanes_of<R>(in.to[static_cast<std::size_t>(e)])[i] = static_cast<R>(values[e]);
  });
}
template <class M, class R>
void store(warp& w, const instruction& in, u32 lanes) {
  for_lanes_in_order(lanes, [&](int i) {
    M values[4];
    for (int e = 0; e < in.count; ++e)
      values[e] = static_cast<M>(w.lanes_of<R>(in.to[static_cast<std::size_t>(e)])[i]);
    std::memcpy(w.memory_at(in, i, sizeof(M) * in.count, access::write), values,
                sizeof(M) * in.count);
  });
}

template <class M, class R>
void add_transfer(handler_table& to, const std::string& bits) {
  if constexpr (sizeof(R) >= sizeof(M)) {
    using signed_m = std::make_signed_t<M>;
    using signed_r = std::make_signed_t<R>;
    const std::string width = "." + std::to_string(sizeof(R));
    for (const char kind : {'b', 'u', 'f'}) to["ld." + (kind + bits) + width] = load<M, R>;
    to["ld.s" + bits + width] = load<signed_m, signed_r>;
    for (const char kind : {'b', 'u', 's', 'f'}) to["st." + (kind + bits) + width] = store<M, R>;
  }
}
template <class M>
void add_transfers_of(handler_table& to, const std::string& bits) {
  add_transfer<M, u16>(to, bits), add_transfer<M, u32>(to, bits), add_transfer<M, u64>(to, bits);
}

/// Lanes one after the other; `from` of the operation are behind its address.
template <class T, auto F>
void atomic(warp& w, const instruction& in, u32 lanes) {
  for_lanes_in_order(lanes, [&](int i) {
    std::byte* const at = w.memory_at(in, i, sizeof(T) * in.count, access::atomic);
    T values[4];
    std::memcpy(values, at, sizeof(T) * in.count);
    for (std::size_t e = 0; e < in.count; ++e) {
      const T before = values[e];
      if constexpr (std::is_invocable_v<decltype(F), T, T, T>)
        values[e] = F(before, w.lanes_of<T>(in.from[1])[i], w.lanes_of<T>(in.from[2])[i]);
      else
        values[e] = F(before, w.lanes_of<T>(in.count == 1 ? in.from[1] : in.more[e])[i]);
      w.lanes_of<T>(in.to[e])[i] = before;
    }
    std::memcpy(at, values, sizeof(T) * in.count);
  });
}

template <class T>
void add_atomics_of(handler_table& to, const std::string& type) {
  to["add." + type] = atomic<T, [](T a, T b) { return static_cast<T>(a + b); }>;
  if constexpr (std::is_integral_v<T>) {
    to["min." + type] = atomic<T, [](T a, T b) { return std::min(a, b); }>;
    to["max." + type] = atomic<T, [](T a, T b) { return std::max(a, b); }>;
  }
}
template <class T>
void add_atomic_bits(handler_table& to, const std::string& type) {
  to["and." + type] = atomic<T, [](T a, T b) { return a & b; }>;
  to["or." + type] = atomic<T, [](T a, T b) { return a | b; }>;
  to["xor." + type] = atomic<T, [](T a, T b) { return a ^ b; }>;
  to["exch." + type] = atomic<T, [](T, T b) { return b; }>;
  to["cas." + type] = atomic<T, [](T a, T compared, T b) { return a == compared ? b : a; }>;
}

// Between lanes.

enum class way { up, down, bfly, idx };

/// to[0]: value, to[1]: predicate (whether the lane is in range); from: value, lane, clamp.
template <way Way>
void shuffle(warp& w, const instruction& in, u32 lanes) {
  u32 before[32];
  std::memcpy(before, w.lanes_of<u32>(in.from[0]), sizeof before);
  u32 valid = 0;
  for_lanes(lanes, [&](int i) {
    const u32 lane = static_cast<u32>(i);
    const u32 by = w.lanes_of<u32>(in.from[1])[i] & 31;
    const u32 clamp = w.lanes_of<u32>(in.from[2])[i] & 31;
    const u32 segments = w.lanes_of<u32>(in.from[2])[i] >> 8 & 31;
    const u32 last = (lane & segments) | (clamp & ~segments);
    const u32 first = lane & segments;
    u32 other = 0;
    bool ok = false;
    if constexpr (Way == way::up) {
      other = lane - by;
      ok = static_cast<s32>(other) >= static_cast<s32>(last);
    } else {
      other = Way == way::down   ? lane + by
              : Way == way::bfly ? lane ^ by
                                 : first | (by & ~segments);
      ok = other <= last;
    }
    if (!ok) other = lane;
    if ((lanes >> other & 1) == 0)
      throw_fault(cudaErrorLaunchFailure, w, in, i,
                  "takes the value of lane " + std::to_string(other) + ", which is not there");
    w.lanes_of<u32>(in.to[0])[i] = before[other];
    valid |= static_cast<u32>(ok) << lane;
  });
  u32& says = w.predicate(in.to[1]);
  says = (says & ~lanes) | valid;
}

u32 voted(warp& w, const instruction& in, u32 lanes) {
  const u32 says = w.predicate(in.from[0]);
  return (in.negated ? ~says : says) & lanes;
}
void ballot(warp& w, const instruction& in, u32 lanes) {
  const u32 votes = voted(w, in, lanes);
  u32* const to = w.lanes_of<u32>(in.to[0]);
  for_lanes(lanes, [&](int i) { to[i] = votes; });
}
template <bool All>
void vote(warp& w, const instruction& in, u32 lanes) {
  const u32 votes = voted(w, in, lanes);
  const bool yes = All ? votes == lanes : votes != 0;
  u32& to = w.predicate(in.to[0]);
  to = (to & ~lanes) | (yes ? lanes : 0);
}
/// Puts in order what all lanes did; of some lanes only, nothing: rather a race too many.
void warp_barrier(warp& w, const instruction&, u32 lanes) {
  if ((w.live & ~lanes) == 0) w.since = ++w.block->memory.clock;
}

// Tensor products of bits, 8 x 128 by 128 x 8. A lane holds word lane % 4 of row (or column)
// lane / 4, and two neighbouring sums of row lane / 4.

/// The lanes' addresses are one and the same; the stride (from[1]) is in elements.
void load_bits(warp& w, const instruction& in, u32 lanes) {
  instruction one = in;
  for_lanes(lanes, [&](int i) {
    one.offset =
        in.offset + (i / 4) * (static_cast<s64>(w.lanes_of<u32>(in.from[1])[i]) / 8) + 4 * (i % 4);
    std::memcpy(w.lanes_of<u32>(in.to[0]) + i, w.memory_at(one, i, 4, access::read), 4);
  });
}
void store_sums(warp& w, const instruction& in, u32 lanes) {
  instruction one = in;
  for_lanes(lanes, [&](int i) {
    for (int e = 0; e < 2; ++e) {
      one.offset = in.offset + (i / 4) * (static_cast<s64>(w.lanes_of<u32>(in.from[1])[i]) * 4) +
                   4 * (2 * (i % 4) + e);
      std::memcpy(w.memory_at(one, i, 4, access::write),
                  w.lanes_of<u32>(in.to[static_cast<std::size_t>(e)]) + i, 4);
    }
  });
}
/// to: two sums; from: bits of a, bits of b, two sums before.
void multiply_bits(warp& w, const instruction& in, u32 lanes) {
  if (lanes != 0xffffffffu)
    throw_fault(cudaErrorLaunchFailure, w, in, 0, "a tensor product takes a whole warp");
  const u32* const a = w.lanes_of<u32>(in.from[0]);
  const u32* const b = w.lanes_of<u32>(in.from[1]);
  u32 sums[2][32];
  for (std::size_t e = 0; e < 2; ++e)
    for (std::size_t i = 0; i < 32; ++i) {
      const std::size_t column = 2 * (i % 4) + e;
      u32 sum = w.lanes_of<u32>(in.from[2 + e])[i];
      for (std::size_t k = 0; k < 4; ++k)
        sum += static_cast<u32>(std::popcount(a[i / 4 * 4 + k] & b[column * 4 + k]));
      sums[e][i] = sum;
    }
  for (std::size_t e = 0; e < 2; ++e)
    std::memcpy(w.lanes_of<u32>(in.to[e]), sums[e], sizeof sums[e]);
}

/// A register in parts, or parts in one, low bits first.
template <class W, class P>
void split(warp& w, const instruction& in, u32 lanes) {
  for_lanes(lanes, [&](int i) {
    const W whole = w.lanes_of<W>(in.from[0])[i];
    for (std::size_t e = 0; e < sizeof(W) / sizeof(P); ++e)
      w.lanes_of<P>(in.to[e])[i] = static_cast<P>(whole >> (8 * sizeof(P) * e));
  });
}
template <class W, class P>
void join(warp& w, const instruction& in, u32 lanes) {
  for_lanes(lanes, [&](int i) {
    W whole = 0;
    for (std::size_t e = 0; e < sizeof(W) / sizeof(P); ++e)
      whole |= static_cast<W>(static_cast<W>(w.lanes_of<P>(in.from[e])[i]) << (8 * sizeof(P) * e));
    w.lanes_of<W>(in.to[0])[i] = whole;
  });
}

handler_table make_transfers() {
  handler_table to;
  add_transfers_of<u8>(to, "8"), add_transfers_of<u16>(to, "16");
  add_transfers_of<u32>(to, "32"), add_transfers_of<u64>(to, "64");
  return to;
}

handler_table make_atomics() {
  handler_table to;
  add_atomics_of<u32>(to, "u32"), add_atomics_of<u64>(to, "u64");
  add_atomics_of<s32>(to, "s32"), add_atomics_of<s64>(to, "s64");
  add_atomics_of<float>(to, "f32"), add_atomics_of<double>(to, "f64");
  add_atomic_bits<u32>(to, "b32"), add_atomic_bits<u64>(to, "b64");
  return to;
}

handler_table make_exchanges() {
  handler_table to;
  to["shfl.sync.up.b32"] = shuffle<way::up>;
  to["shfl.sync.down.b32"] = shuffle<way::down>;
  to["shfl.sync.bfly.b32"] = shuffle<way::bfly>;
  to["shfl.sync.idx.b32"] = shuffle<way::idx>;
  to["vote.sync.ballot.b32"] = to["vote.ballot.sync.b32"] = ballot;
  to["vote.sync.any.pred"] = to["vote.any.sync.pred"] = vote<false>;
  to["vote.sync.all.pred"] = to["vote.all.sync.pred"] = vote<true>;
  to["bar.warp.sync"] = warp_barrier;
  to["wmma.load.a.sync.aligned.row.m8n8k128.shared.b1"] = load_bits;
  to["wmma.load.b.sync.aligned.col.m8n8k128.shared.b1"] = load_bits;
  to["wmma.store.d.sync.aligned.row.m8n8k128.shared.s32"] = store_sums;
  to["wmma.mma.and.popc.sync.aligned.row.col.m8n8k128.s32.b1.b1.s32"] = multiply_bits;
  to["split.64.32"] = split<u64, u32>, to["join.64.32"] = join<u64, u32>;
  to["split.64.16"] = split<u64, u16>, to["join.64.16"] = join<u64, u16>;
  to["split.32.16"] = split<u32, u16>, to["join.32.16"] = join<u32, u16>;
  return to;
}

}  // namespace

const handler_table& transfers() {
  static const handler_table all = make_transfers();
  return all;
}
const handler_table& atomics() {
  static const handler_table all = make_atomics();
  return all;
}
const handler_table& exchanges() {
  static const handler_table all = make_exchanges();
  return all;
}

}  // namespace simulator
