// A square moves over a still background: flow both ways, occlusion, and the camera's motion.
#include <cmath>
#include <cstdio>

#include <s2d/flow/consistency.hpp>
#include <s2d/flow/global_motion.hpp>
#include <s2d/flow/video_flow.hpp>

s2d::image frame_at(int t) {
  s2d::image frame(240, 320);
  for (int y = 0; y < 240; ++y)
    for (int x = 0; x < 320; ++x) {
      const bool on = x >= 100 + 8 * t && x < 180 + 8 * t && y >= 80 && y < 160;
      const double px = on ? x - 8 * t + 400 : x, py = on ? y + 300 : y;
      for (int c = 0; c < 3; ++c)
        frame.row(y)[3 * x + c] =
            static_cast<std::uint8_t>(128 + 60 * std::sin(0.05 * px + 0.0007 * py * py) +
                                      50 * std::sin(0.0008 * px * px - 0.09 * py));
    }
  return frame;
}

int main() {
  const s2d::image frames[] = {frame_at(0), frame_at(1), frame_at(2)};
  s2d::video_flow_options options;
  options.longer_side = 0;  // on the frames' own grid
  const s2d::video_flow flow = s2d::estimate_video_flow(frames, options);

  const s2d::flow_field& forward = flow.forward[0];  // frame 0 to frame 1
  std::printf("square (%.1f, %.1f), background (%.1f, %.1f)\n", forward.u(120, 140),
              forward.v(120, 140), forward.u(20, 20), forward.v(20, 20));

  const s2d::bit_mask hidden = s2d::occluded_pixels(forward, flow.backward[1]);
  int covered = 0, elsewhere = 0;  // the square covers 8 columns of background in frame 1
  for (int y = 0; y < 240; ++y)
    for (int x = 0; x < 320; ++x)
      (x >= 180 && x < 188 && y >= 80 && y < 160 ? covered : elsewhere) += hidden(y, x);
  const s2d::homography camera = s2d::global_homography(forward);
  const s2d::point corner = camera({319, 239});
  std::printf("occluded: %d pixels of 640 in front of the square, %d elsewhere\n", covered,
              elsewhere);
  std::printf("camera: the corner (319, 239) goes to (%.1f, %.1f)\n", corner.x, corner.y);
  return std::fabs(forward.u(120, 140) - 8) < 0.5f && covered > 200 ? 0 : 1;
}
