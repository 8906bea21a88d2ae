// Where do the points of a mask go? Tracks along a flow that the caller has.
#include <cstdio>

#include <s2d/track/follow_flow.hpp>
#include <s2d/track/grid.hpp>

int main() {
  s2d::video_flow flow;  // three frames; everything moves 4 pixels to the right
  flow.forward.resize(3);
  flow.backward.resize(3);
  for (std::size_t t = 0; t < 2; ++t) {
    flow.forward[t] = flow.backward[t + 1] = s2d::flow_field(120, 160);
    for (float& u : flow.forward[t].u.values) u = 4;
    for (float& u : flow.backward[t + 1].u.values) u = -4;
  }
  s2d::bit_mask mask(120, 160);
  for (std::ptrdiff_t y = 40; y < 80; ++y)
    for (std::ptrdiff_t x = 60; x < 100; ++x) mask.set(y, x);

  const s2d::grid_points points = s2d::points_in_mask(mask, 25, 120, 160);
  const s2d::track_query query{points.at, 0};  // the points stand in frame 0
  const auto tracks = s2d::follow_flow(flow, {&query, 1}, 120, 160).front();
  const s2d::point from = points.at.front(), to = tracks.positions(2).front();
  std::printf("%zu points; the first moves from x = %.1f to %.1f\n", tracks.points, from.x, to.x);
  return to.x > from.x + 7.9f && to.x < from.x + 8.1f && tracks.visibility(2).front() ? 0 : 1;
}
