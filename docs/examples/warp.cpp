// Carries a mask from one frame to the next, by the flow back and by the flow forth.
#include <cstdio>

#include <s2d/flow/warp.hpp>

int main() {
  s2d::bit_mask square(60, 80);
  for (int y = 20; y < 40; ++y)
    for (int x = 20; x < 40; ++x) square.set(y, x);

  s2d::flow_field forward(60, 80), backward(60, 80);  // everything moves 5 to the right
  for (float& u : forward.u.values) u = 5;
  for (float& u : backward.u.values) u = -5;

  const s2d::bit_mask seen = s2d::warp_back(square, backward);  // in each pixel: where it was
  const s2d::bit_mask sent = s2d::warp(square, forward);        // each pixel: where it goes

  s2d::matrix<float> ramp(60, 80);
  for (int y = 0; y < 60; ++y)
    for (int x = 0; x < 80; ++x) ramp(y, x) = static_cast<float>(x);
  for (float& u : backward.u.values) u = -4.75f;
  const s2d::matrix<float> moved =
      s2d::warp_back(ramp, backward, {s2d::warp_filter::bilinear, s2d::warp_border::replicate});
  std::printf("left edge at 25: %d %d; ramp at 30: %.2f; at the border: %.2f\n", seen(30, 25),
              sent(30, 25), moved(30, 30), moved(30, 0));
  return seen == sent && moved(30, 30) == 25.25f && moved(30, 0) == 0 ? 0 : 1;
}
