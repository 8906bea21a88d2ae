#include <cmath>
#include <string>

#include "support/catch.hpp"

#include <s2d/flow/video_flow.hpp>

namespace {

/// A pattern that moves 2 pixels right and 1 down a frame.
s2d::image frame_at(int t, std::ptrdiff_t h, std::ptrdiff_t w) {
  s2d::image out(h, w);
  for (std::ptrdiff_t y = 0; y < h; ++y)
    for (std::ptrdiff_t x = 0; x < w; ++x)
      for (int c = 0; c < 3; ++c) {
        const float py = float(y - t), px = float(x - 2 * t);
        out.row(y)[3 * x + c] = static_cast<std::uint8_t>(
            128 + 60 * std::sin(0.21f * py + 0.13f * px) + 50 * std::sin(0.31f * px - 0.1f * py));
      }
  return out;
}

std::vector<s2d::image> clip(int frames, std::ptrdiff_t h, std::ptrdiff_t w) {
  std::vector<s2d::image> out;
  for (int t = 0; t < frames; ++t) out.push_back(frame_at(t, h, w));
  return out;
}

s2d::video_flow_options own_size(std::size_t threads = 1) {
  s2d::video_flow_options options;
  options.longer_side = 0;
  options.threads = threads;
  return options;
}

bool same(const s2d::video_flow& a, const s2d::video_flow& b) {
  return a.forward == b.forward && a.backward == b.backward;
}

}  // namespace

TEST_CASE("the flow grid is twice the rounded half-size frame") {
  REQUIRE(s2d::flow_grid(480, 854) == s2d::grid_size{240, 428});
  REQUIRE(s2d::flow_grid(240, 427) == s2d::grid_size{240, 428});
  REQUIRE(s2d::flow_grid(854, 480) == s2d::grid_size{428, 240});
  REQUIRE(s2d::flow_grid(10, 1000) == s2d::grid_size{32, 428});
  REQUIRE(s2d::flow_grid(7, 5, 0) == s2d::grid_size{7, 5});
  REQUIRE_THROWS_AS(s2d::flow_grid(0, 5), s2d::invalid_input);
  REQUIRE_THROWS_AS(s2d::flow_grid(4, 5, 427), s2d::invalid_input);
}

TEST_CASE("both directions of a clip are found and its ends are absent") {
  const auto frames = clip(4, 96, 128);
  const auto flow = s2d::estimate_video_flow(frames, own_size());
  REQUIRE(flow.frames() == 4);
  REQUIRE(flow.backward[0].empty());
  REQUIRE(flow.forward[3].empty());
  for (std::size_t t = 0; t < 3; ++t) {
    REQUIRE(flow.forward[t].u(48, 64) == Approx(2).margin(0.1));
    REQUIRE(flow.forward[t].v(48, 64) == Approx(1).margin(0.1));
    REQUIRE(flow.backward[t + 1].u(48, 64) == Approx(-2).margin(0.1));
    REQUIRE(flow.backward[t + 1].v(48, 64) == Approx(-1).margin(0.1));
  }
}

TEST_CASE("vectors are in pixels of the grid") {
  const auto frames = clip(2, 192, 256);
  auto options = own_size();
  options.longer_side = 128;
  const auto flow = s2d::estimate_video_flow(frames, options);
  REQUIRE(flow.forward[0].height() == 96);
  REQUIRE(flow.forward[0].width() == 128);
  REQUIRE(flow.forward[0].u(48, 64) == Approx(1).margin(0.1));
  REQUIRE(flow.forward[0].v(48, 64) == Approx(0.5).margin(0.1));
}

TEST_CASE("video flow equals flow of single pairs and a stream, for any number of threads") {
  const auto frames = clip(11, 60, 70);
  const auto one = s2d::estimate_video_flow(frames, own_size(1));
  for (const std::size_t threads : {2u, 3u, 0u})
    REQUIRE(same(one, s2d::estimate_video_flow(frames, own_size(threads))));
  s2d::flow_stream stream{own_size(2)};
  for (std::size_t t = 0; t < frames.size(); ++t) {
    const auto link = stream.next(frames[t]);
    REQUIRE(link.backward == one.backward[t]);
    if (t == 0) {
      REQUIRE(link.forward.empty());
    } else {
      REQUIRE(link.forward == one.forward[t - 1]);
      REQUIRE(link.forward == s2d::estimate_flow(frames[t - 1], frames[t]));
    }
  }
}

TEST_CASE("there is no flow over cuts and between equal frames") {
  auto frames = clip(6, 40, 48);
  frames[2] = frames[1];
  auto options = own_size();
  options.cut_before = {false, false, false, false, true};
  const auto flow = s2d::estimate_video_flow(frames, options);
  for (std::size_t t = 0; t < 6; ++t) {
    CAPTURE(t);
    REQUIRE(flow.forward[t].empty() == (t == 1 || t == 3 || t == 5));
    REQUIRE(flow.backward[t].empty() == (t == 0 || t == 2 || t == 4));
  }
}

TEST_CASE("videos without a pair of frames have no flow") {
  REQUIRE(s2d::estimate_video_flow({}).frames() == 0);
  const auto one = s2d::estimate_video_flow(clip(1, 9, 9));
  REQUIRE(one.frames() == 1);
  REQUIRE(one.forward[0].empty());
  REQUIRE(one.backward[0].empty());
}

TEST_CASE("progress is told frame by frame and can stop the work") {
  const auto frames = clip(5, 24, 24);
  std::size_t last = 0, calls = 0;
  const auto flow = s2d::estimate_video_flow(
      frames, own_size(), [&](std::string_view stage, std::size_t done, std::size_t total) {
        REQUIRE(stage == "flow");
        REQUIRE(total == 5);
        REQUIRE(done >= last);
        last = done;
        ++calls;
        return true;
      });
  REQUIRE(last == 5);
  REQUIRE(calls == 6);
  REQUIRE_THROWS_AS(s2d::estimate_video_flow(frames, own_size(),
                                             [](auto, std::size_t done, auto) { return done < 2; }),
                    s2d::cancelled);
}

TEST_CASE("video flow refuses frames of different sizes and empty frames") {
  auto frames = clip(3, 24, 24);
  frames[2] = frame_at(2, 24, 25);
  REQUIRE_THROWS_WITH(s2d::estimate_video_flow(frames), Catch::Contains("frame 2 is 24 x 25"));
  s2d::flow_stream stream;
  REQUIRE(stream.next(frames[0]).forward.empty());
  REQUIRE_THROWS_WITH(stream.next(frames[2]), Catch::Contains("frame 1 is 24 x 25"));
  const std::vector<s2d::image> empty(2);
  REQUIRE_THROWS_AS(s2d::estimate_video_flow(empty), s2d::invalid_input);
}

TEST_CASE("a frame narrower than the grid is interpolated, not averaged") {
  const std::vector<s2d::image> frames = clip(2, 20, 600);
  const s2d::grid_size grid = s2d::flow_grid(20, 600);
  REQUIRE(grid == s2d::grid_size{32, 428});
  const auto on_grid = [&](const s2d::image& frame) {
    return s2d::resize_bilinear(s2d::to_gray(frame), grid.height, grid.width);
  };
  const s2d::video_flow flow = s2d::estimate_video_flow(frames);
  REQUIRE(flow.forward[0] == s2d::estimate_flow(on_grid(frames[0]), on_grid(frames[1])));
}

TEST_CASE("a stream refuses a longer side that no grid has before the first frame") {
  s2d::video_flow_options options;
  options.longer_side = 427;
  REQUIRE_THROWS_AS(s2d::flow_stream{options}, s2d::invalid_input);
}

TEST_CASE("any number of threads that can be asked for ends") {
  const std::vector<s2d::image> frames = clip(3, 24, 24);
  REQUIRE(same(s2d::estimate_video_flow(frames, own_size(std::size_t{1} << 62)),
               s2d::estimate_video_flow(frames, own_size(1))));
}
