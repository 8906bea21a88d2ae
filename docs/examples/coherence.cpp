// How much of a mask's points land in another mask, and how well a video confirms each mask.
#include <cstdio>

#include <s2d/coherence/score.hpp>
#include <s2d/coherence/visibility.hpp>

int main() {
  // Five frames with the same resting mask, but a fragment in frame 2.
  s2d::bit_mask whole(48, 64), fragment(48, 64);
  for (std::ptrdiff_t y = 10; y < 30; ++y)
    for (std::ptrdiff_t x = 10; x < 50; ++x) {
      whole.set(y, x);
      if (x < 22) fragment.set(y, x);
    }
  s2d::mask_table masks(5, 48, 64);
  for (std::size_t t = 0; t < 5; ++t) masks.add(t, t == 2 ? fragment : whole);

  s2d::coherence_table coherence(masks, 6);
  for (std::size_t row = 0; row < masks.size(); ++row) {
    std::vector<s2d::point> points;  // every fourth pixel of the mask, resting and visible
    for (std::ptrdiff_t y = 0; y < 48; y += 4)
      for (std::ptrdiff_t x = 0; x < 64; x += 4)
        if ((*masks[row].mask)(y, x)) points.push_back({float(x), float(y)});
    s2d::point_tracks tracks(5, points.size());
    for (std::size_t t = 0; t < 5; ++t)
      for (std::size_t n = 0; n < points.size(); ++n) {
        tracks.positions(t)[n] = points[n];
        tracks.visibility(t)[n] = 1;
      }
    coherence.add(row, tracks, s2d::count_visible(tracks));
  }
  const std::vector<float> score = coherence.scores();
  for (std::size_t t = 0; t < 5; ++t) std::printf("frame %zu: coherence %.2f\n", t, score[t]);
  return score[0] > 2 * score[2] ? 0 : 1;
}
