// Who touched which bytes last: finds threads that meet in memory out of order, and bytes that are
// read before anybody writes them.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <string>

namespace simulator {

enum class access : std::uint8_t { read, write, atomic };

/// The last access of a kind to a place. Times are counted by barriers, of blocks and of warps,
/// over all launches of a device.
struct touch {
  static constexpr std::int16_t several = -1;     ///< threads of the block
  static constexpr std::int16_t foreigners = -2;  ///< threads of other blocks, perhaps others too
  std::uint32_t time = 0;                         ///< 0: never
  std::int16_t thread = 0;                        ///< of the block
  std::int8_t warp = 0;                           ///< or `several`
  bool atomic = false;                            ///< all of these accesses
};

/// A thread at a moment. Of two accesses one is after the other if a barrier of the block is
/// between them, or one of the warp and they are of one warp, or they are of one thread, or of two
/// launches.
struct visitor {
  std::uint32_t now = 0;
  std::uint32_t warp_since = 0;   ///< the last barrier of its warp
  std::uint32_t block_since = 0;  ///< the last barrier of its block
  std::uint32_t block_start = 0;
  std::uint32_t since = 0;      ///< what was earlier is over: of shared memory the block's start
  std::uint32_t set_since = 0;  ///< what was written earlier is rubbish
  std::int16_t thread = 0;
  std::int8_t warp = 0;

  [[nodiscard]] bool is_after(const touch& other) const {
    if (other.time < since) return true;
    if (other.time < block_start || other.thread == touch::foreigners) return false;
    return other.time < block_since || other.thread == thread ||
           (other.warp == warp && other.time < warp_since);
  }
  [[nodiscard]] std::int16_t name_of(const touch& other) const {
    return other.time < block_start ? touch::foreigners : other.thread;
  }
  /// The record of that access joined by this thread's.
  [[nodiscard]] touch join(const touch& other, bool atomic) const {
    touch all{now, thread, warp, atomic};
    if (other.time < since) return all;
    if (other.time < block_start || other.thread == touch::foreigners) {
      all.thread = touch::foreigners;
    } else if (other.time < block_since) {
      return all;
    } else if (other.thread != thread) {
      all.thread = touch::several;
      if (other.warp != warp) all.warp = touch::several;
    }
    all.atomic = atomic && other.atomic;
    return all;
  }
};

/// The touches of a range of bytes: by words of four until somebody takes less.
class watched_bytes {
 public:
  explicit watched_bytes(std::uint64_t bytes) : bytes_{bytes}, places_{places(bytes, 2)} {}

  struct place {
    touch written, read;
  };
  struct trouble {
    enum class kind : std::uint8_t { none, written, read, unset } is = kind::none;
    std::uint64_t at = 0;  ///< offset
    std::int16_t thread = 0;
  };

  /// Bytes that lie in the range. An atomic access reads unless it is a `write`.
  /// @return what is wrong with it; nothing is noted then
  trouble visit(const visitor& who, std::uint64_t offset, std::uint64_t n, access how,
                bool atomic) {
    trouble found;
    for_places(offset, n, [&](place& at, std::uint64_t k) {
      if (found.is != trouble::kind::none) return;
      const auto meets = [&](const touch& other) {
        return !(atomic && other.atomic) && !who.is_after(other);
      };
      if (meets(at.written))
        found = {trouble::kind::written, k << shift_, who.name_of(at.written)};
      else if (how != access::read && meets(at.read))
        found = {trouble::kind::read, k << shift_, who.name_of(at.read)};
      else if (how != access::write && at.written.time < who.set_since)
        found = {trouble::kind::unset, k << shift_, 0};
      else if (how == access::read)
        at.read = who.join(at.read, atomic);
      else
        at.written = who.join(at.written, atomic);
      if (how != access::read && !atomic) at.read = {};
    });
    return found;
  }

  /// The host writes.
  void set(std::uint64_t offset, std::uint64_t n) {
    for_places(offset, n, [](place& at, std::uint64_t) { at = {touch{1, 0, 0, false}, {}}; });
  }
  /// Whether somebody wrote all these bytes.
  [[nodiscard]] bool is_set(std::uint64_t offset, std::uint64_t n) {
    bool all = true;
    for_places(offset, n,
               [&](const place& at, std::uint64_t) { all = all && at.written.time != 0; });
    return all;
  }

 private:
  struct release {
    void operator()(place* from) const { std::free(from); }
  };
  using store = std::unique_ptr<place[], release>;

  /// Pages that nobody touches cost nothing.
  static store places(std::uint64_t bytes, int shift) {
    auto* const all = static_cast<place*>(std::calloc((bytes >> shift) + 1, sizeof(place)));
    if (all == nullptr) throw std::bad_alloc{};
    return store{all};
  }

  template <class F>
  void for_places(std::uint64_t offset, std::uint64_t n, const F& f) {
    if (n == 0) return;
    const std::uint64_t end = offset + n, rest = (std::uint64_t{1} << shift_) - 1;
    if ((offset & rest) != 0 || ((end & rest) != 0 && end != bytes_)) split();
    const std::uint64_t last = (end - 1) >> shift_;
    for (std::uint64_t k = offset >> shift_; k <= last; ++k) f(places_[k], k);
  }

  void split() {
    store fine = places(bytes_, 0);
    for (std::uint64_t i = 0; i < bytes_; ++i) fine[i] = places_[i >> shift_];
    places_ = std::move(fine);
    shift_ = 0;
  }

  std::uint64_t bytes_;
  int shift_ = 2;  ///< a place is of 2^shift bytes
  store places_;
};

}  // namespace simulator
