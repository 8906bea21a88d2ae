// The work per thread of points along flow, and of how many of a set are seen.
#pragma once

#include <cstdint>

#include <s2d/cuda/tracks_types.hpp>
#include <s2d/cuda/view.hpp>
#include <s2d/cuda/detail/atomics.hpp>
#include <s2d/cuda/detail/memory_words.hpp>
#include <s2d/cuda/detail/pack.hpp>
#include <s2d/cuda/detail/single.hpp>

namespace s2d::cuda::inline S2D_CUDA_ABI {
namespace detail {

struct follow_settings {
  float scale_x = 1, scale_y = 1;  // pixels of the frame in one of the flow grid
  float base = 1;                  // of the consistency test
  float slope = 0.05f;
};

struct flow_vector {
  single u, v;
};

/// The bilinear value of field t at a place; outside, the border is continued, and a coordinate
/// that is not a number reads as 0. Sides are up to 2^24, so that floats can tell pixels.
S2D_HD inline flow_vector sample_flow(const flow_batch& flow, std::int64_t t, float x, float y) {
  const std::int64_t height = flow.u.height, width = flow.u.width;
  const float last_x = static_cast<float>(width - 1), last_y = static_cast<float>(height - 1);
  float cx = x > 0 ? x : 0, cy = y > 0 ? y : 0;
  cx = cx < last_x ? cx : last_x;
  cy = cy < last_y ? cy : last_y;
  const auto left = static_cast<std::int32_t>(cx), top = static_cast<std::int32_t>(cy);
  const single wx = cx - static_cast<float>(left), wy = cy - static_cast<float>(top);
  const std::int64_t right = left + (left < width - 1 ? 1 : 0);
  const std::int64_t below = top + (top < height - 1 ? 1 : 0);
  const auto one = [&](const batch_view<const float>& plane) {
    const single a = plane(t, top, left), b = plane(t, top, right);
    const single c = plane(t, below, left), d = plane(t, below, right);
    const single upper = a + wx * (b - a), lower = c + wx * (d - c);
    return upper + wy * (lower - upper);
  };
  return {one(flow.u), one(flow.v)};
}

/// A point on its way, in pixels of the flow grid.
struct flow_walker {
  float x, y;
  bool valid = true;  // false once the flow was not finite or the shot ended: the point rests
  bool seen = true;

  /// Field `from` of `there` leads to frame `to`; field `to` of `back` should lead back.
  S2D_HD void step(const flow_batch& there, std::int64_t from, const flow_batch& back,
                   std::int64_t to, const follow_settings& set) {
    constexpr float far = 1e7f;  // further away than any frame is large
    const flow_vector f = sample_flow(there, from, x, y);
    const float nx = (x + f.u).value, ny = (y + f.v).value;
    const flow_vector b = sample_flow(back, to, nx, ny);
    const single du = f.u + b.u, dv = f.v + b.v, error = du * du + dv * dv;
    const single length = f.u * f.u + f.v * f.v + b.u * b.u + b.v * b.v;
    // A comparison with a value that is not a number does not hold.
    valid = nx > -far && nx < far && ny > -far && ny < far;
    const float right = static_cast<float>(there.u.width) - 0.5f;
    const float bottom = static_cast<float>(there.u.height) - 0.5f;
    seen = valid && nx >= -0.5f && nx <= right && ny >= -0.5f && ny <= bottom &&
           error < single{set.base} + set.slope * length;
    if (!valid) return;
    x = nx;
    y = ny;
  }
};

/// One direction of time of one point: threads 0 .. P - 1 go forwards, the next P backwards.
struct follow_point {
  video_flow_view flow;
  track_starts starts;
  tracks_view out;
  follow_settings set;

  S2D_HD void operator()(std::int64_t index) const {
    const bool forwards = index < starts.count;
    const std::int64_t p = forwards ? index : index - starts.count;
    const track_position start = starts.at[p];
    const std::int64_t frame = starts.frame[p];
    const bool known =
        frame >= 0 && frame < out.frames && start.x - start.x == 0 && start.y - start.y == 0;
    if (!known) {
      if (forwards) rest(p, 0, out.frames, start);
      return;
    }
    if (!forwards && starts.backward != nullptr && starts.backward[p] == 0)
      return rest(p, 0, frame, start);
    if (forwards) put(p, frame, start, true);
    walk(p, frame, start, forwards);
  }

 private:
  S2D_HD void put(std::int64_t p, std::int64_t t, const track_position& at, bool seen) const {
    store_as(out.at + t * out.points + p, at);
    out.visible[t * out.points + p] = seen ? 1 : 0;
  }
  S2D_HD void rest(std::int64_t p, std::int64_t begin, std::int64_t end,
                   const track_position& at) const {
    for (std::int64_t t = begin; t < end; ++t) put(p, t, at, false);
  }
  S2D_HD void walk(std::int64_t p, std::int64_t frame, const track_position& start,
                   bool forwards) const {
    flow_walker walker{(start.x + 0.5f) / set.scale_x - 0.5f,
                       (start.y + 0.5f) / set.scale_y - 0.5f};
    const bool any = flow.forward.u.height > 0 && flow.forward.u.width > 0;
    const std::int64_t by = forwards ? 1 : -1, end = forwards ? out.frames : -1;
    for (std::int64_t to = frame + by; to != end; to += by) {
      const flow_link link =
          flow.links == nullptr ? flow_link::follow : flow.links[forwards ? to : to + 1];
      if (link == flow_link::cut) walker.valid = walker.seen = false;
      if (link == flow_link::follow && any) {
        if (walker.valid)
          walker.step(forwards ? flow.forward : flow.backward, to - by,
                      forwards ? flow.backward : flow.forward, to, set);
        else
          walker.seen = false;
      }
      put(p, to,
          {(single{walker.x + 0.5f} * set.scale_x - 0.5f).value,
           (single{walker.y + 0.5f} * set.scale_y - 0.5f).value},
          walker.seen);
    }
  }
};

template <class Executor>
void follow_flow_on(const Executor& run, const video_flow_view& flow, const track_starts& starts,
                    const tracks_view& out, const follow_settings& set) {
  run.for_each("follow_flow", 2 * starts.count, follow_point{flow, starts, out, set});
}

/// The set bits of columns begin .. end - 1 of a row, of those that word(w) gives.
template <class Word>
S2D_HD std::uint32_t count_columns(std::int64_t begin, std::int64_t end, const Word& word) {
  std::uint32_t count = 0;
  for (std::int64_t w = begin / 64; w * 64 < end; ++w) {
    std::uint64_t bits = word(w);
    if (w * 64 < begin) bits &= ~std::uint64_t{0} << (begin % 64);
    if (end - w * 64 < 64) bits &= ~std::uint64_t{0} >> (64 - end % 64);
    count += static_cast<std::uint32_t>(popcount(bits));
  }
  return count;
}

/// How many points of a set are set in a row. The threads of neighbouring sets read one row.
struct count_set_bits {
  const_bits_view rows;  // [n, 1, P]
  point_sets sets;
  std::uint32_t* out;  // [sets, n]
  S2D_HD void operator()(std::int64_t index) const {
    const quotient place = divide(index, sets.count);
    const std::uint64_t* const row = rows.data + place.whole * rows.words_per_row();
    out[place.rest * rows.count + place.whole] =
        count_columns(sets.offsets[place.rest], sets.offsets[place.rest + 1],
                      [&](std::int64_t w) { return row[w]; });
  }
};

/// Bytes [T, P] as packed rows.
template <class Executor>
auto packed_rows_of(const Executor& run, const std::uint8_t* bytes, std::int64_t frames,
                    std::int64_t points) {
  auto words = run.template allocate<std::uint64_t>(frames * ((points + 63) / 64));
  pack_on(run, batch_view<const std::uint8_t>{bytes, frames, 1, points},
          foreground_test<std::uint8_t>{}, bits_view{words.data(), frames, 1, points});
  return words;
}

template <class Executor>
void count_visible_on(const Executor& run, const const_tracks_view& tracks, const point_sets& sets,
                      std::uint32_t* out) {
  const auto seen = packed_rows_of(run, tracks.visible, tracks.frames, tracks.points);
  run.for_each("count_visible", sets.count * tracks.frames,
               count_set_bits{{seen.data(), tracks.frames, 1, tracks.points}, sets, out});
}

/// Whether part / whole > share; as s2d::exceeds.
S2D_HD inline bool exceeds(std::uint32_t part, std::uint32_t whole, double share) {
  return whole != 0 && static_cast<double>(part) / static_cast<double>(whole) > share;
}

/// 64 frames of a set.
struct write_visible_frames {
  const std::uint32_t* visible;  // [sets, T]
  point_sets sets;
  std::int64_t frames;
  double threshold;
  std::uint64_t* out;  // [sets, words]
  S2D_HD void operator()(std::int64_t index) const {
    const quotient place = divide(index, (frames + 63) / 64);
    const std::int64_t q = place.whole, first = place.rest * 64;
    const auto all = static_cast<std::uint32_t>(sets.offsets[q + 1] - sets.offsets[q]);
    std::uint64_t bits = 0;
    for (std::int64_t t = first; t < frames && t < first + 64; ++t)
      if (exceeds(visible[q * frames + t], all, threshold)) bits |= std::uint64_t{1} << (t - first);
    out[index] = bits;
  }
};

template <class Executor>
void visible_frames_on(const Executor& run, const std::uint32_t* visible, const point_sets& sets,
                       std::int64_t frames, double threshold, std::uint64_t* out) {
  run.for_each("visible_frames", sets.count * ((frames + 63) / 64),
               write_visible_frames{visible, sets, frames, threshold, out});
}

}  // namespace detail
}  // namespace s2d::cuda::inline S2D_CUDA_ABI
