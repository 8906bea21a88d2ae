// Who touched which bytes last: finds threads that meet in memory out of order, and bytes that are
// read before anybody writes them.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <utility>

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

  [[nodiscard]] bool is_foreign(const touch& other) const {
    return other.time < block_start || other.thread == touch::foreigners;
  }
  [[nodiscard]] bool is_after(const touch& other) const {
    if (other.time < since) return true;
    if (is_foreign(other)) return false;
    return other.time < block_since || other.thread == thread ||
           (other.warp == warp && other.time < warp_since);
  }
  /// The record of accesses of one kind, with this thread's. Who comes after it comes after those
  /// too that it comes after itself, but for those of other blocks.
  [[nodiscard]] touch join(const touch& other) const {
    touch all{now, thread, warp};
    if (is_after(other)) return all;
    all.thread = is_foreign(other) ? touch::foreigners : touch::several;
    if (other.warp != warp) all.warp = touch::several;
    return all;
  }
};

/// The touches of a range of bytes: by words of four until somebody takes less.
class watched_bytes {
 public:
  explicit watched_bytes(std::uint64_t bytes) : bytes_{bytes}, places_{places(bytes, 2)} {}

  struct place {
    touch written, read;                  ///< in a plain way
    touch changed_atomically, looked_at;  ///< in an atomic or volatile way
  };
  struct trouble {
    enum class kind : std::uint8_t { none, written, read, unset } is = kind::none;
    std::uint64_t at = 0;     ///< offset
    std::int16_t thread = 0;  ///< or touch::several, touch::foreigners
  };

  /// Bytes that lie in the range. An access that is `atomic` minds plain ones only; access::atomic
  /// reads what was there.
  /// @return the first thing that is wrong with it
  trouble visit(const visitor& who, std::uint64_t offset, std::uint64_t n, access how,
                bool atomic) {
    using kind = trouble::kind;
    trouble found;
    for_places(offset, n, [&](place& at, std::uint64_t k) {
      if (found.is != kind::none) return;
      const auto meets = [&](const touch& other, kind what) {
        if (who.is_after(other)) return false;
        found = {what, k << shift_, who.is_foreign(other) ? touch::foreigners : other.thread};
        return true;
      };
      const bool writes = how != access::read;
      if (meets(at.written, kind::written) ||
          (!atomic && meets(at.changed_atomically, kind::written)))
        return;
      if (writes && (meets(at.read, kind::read) || (!atomic && meets(at.looked_at, kind::read))))
        return;
      if (how != access::write && !is_set(at, who.set_since)) {
        found = {kind::unset, k << shift_, 0};
      } else if (atomic) {
        touch& to = writes ? at.changed_atomically : at.looked_at;
        to = who.join(to);
      } else if (writes) {
        at = {{who.now, who.thread, who.warp}, {}, {}, {}};  // after all others
      } else {
        at.read = who.join(at.read);
      }
    });
    return found;
  }

  /// The host writes.
  void set(std::uint64_t offset, std::uint64_t n) {
    for_places(offset, n, [](place& at, std::uint64_t) { at = {{1, 0, 0}, {}, {}, {}}; });
  }
  /// Whether somebody wrote all these bytes.
  [[nodiscard]] bool is_set(std::uint64_t offset, std::uint64_t n) {
    bool all = true;
    for_places(offset, n, [&](const place& at, std::uint64_t) { all = all && is_set(at, 1); });
    return all;
  }

 private:
  static bool is_set(const place& at, std::uint32_t since) {
    return at.written.time >= since || at.changed_atomically.time >= since;
  }

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
    const auto touched = [](const place& p) {
      return (p.written.time | p.read.time | p.changed_atomically.time | p.looked_at.time) != 0;
    };
    for (std::uint64_t i = 0; i < bytes_; ++i)
      if (const place& from = places_[i >> shift_]; touched(from)) fine[i] = from;
    places_ = std::move(fine);
    shift_ = 0;
  }

  std::uint64_t bytes_;
  int shift_ = 2;  ///< a place is of 2^shift bytes
  store places_;
};

}  // namespace simulator
