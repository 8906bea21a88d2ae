#include <s2d/segment/motion_saliency.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

#include "moving_scene.hpp"
#include "support/catch.hpp"

using support::cells_of;

TEST_CASE("Superpixels carry the mean flow, the deviation and the context of their pixels") {
  const support::moving_scene scene({.frames = 3, .camera_x = 2, .box_x = -3});
  const s2d::lab_image lab = s2d::to_lab(scene.frames[1]);
  const s2d::motion_cells cells =
      s2d::describe_cells(lab, scene.flow.forward[1], scene.flow.backward[1]);
  std::vector<double> u(cells.size()), l2(cells.size()), count(cells.size());
  for (std::ptrdiff_t y = 0; y < lab.height(); ++y)
    for (std::ptrdiff_t x = 0; x < lab.width(); ++x) {
      const auto k = static_cast<std::size_t>(cells.grid.labels(y, x));
      u[k] += scene.flow.forward[1].u(y, x);
      l2[k] += std::pow(lab.l(y, x) - cells.grid.l[k], 2);
      count[k] += 1;
    }
  for (std::size_t k = 0; k < cells.size(); ++k) {
    if (count[k] == 0) continue;
    CHECK(std::fabs(cells.u[0][k] - u[k] / count[k]) < 1e-4);
    CHECK(std::fabs(cells.u[1][k] + u[k] / count[k]) < 1e-4);
    CHECK(std::fabs(cells.deviation[0][k] - std::sqrt(l2[k] / count[k])) < 1e-3);
  }
  CHECK_FALSE(s2d::describe_cells(lab, {}, {}).has_flow(0));
  const s2d::lab_image even(20, 9);
  const s2d::motion_cells flat = s2d::describe_cells(even, {}, {});
  for (const float c : flat.context[0]) CHECK(std::fabs(c) < 1e-4F);
  CHECK_THROWS_AS(s2d::describe_cells(lab, s2d::flow_field(5, 5), {}), s2d::invalid_input);
}

TEST_CASE("A blur keeps constant planes and mirrors at the border") {
  s2d::matrix<float> plane(11, 130, 3.0F);
  for (const float x : s2d::detail::gaussian_blur(plane, 8).values) CHECK(std::fabs(x - 3) < 1e-5F);
  CHECK(s2d::detail::mirrored(-1, 4) == 1);
  CHECK(s2d::detail::mirrored(4, 4) == 2);
  CHECK(s2d::detail::mirrored(-9, 4) == 3);
  CHECK(s2d::detail::mirrored(7, 1) == 0);
  plane = s2d::matrix<float>(41, 130, 3.0F);
  plane(20, 60) += 1000;
  const s2d::matrix<float> blurred = s2d::detail::gaussian_blur(plane, 2);
  double mass = 0;
  for (const float x : blurred.values) mass += static_cast<double>(x) - 3;
  CHECK(std::fabs(mass - 1000) < 1);
  CHECK(std::fabs((blurred(20, 60) - 3) / 1000 - 1 / (2 * 3.14159 * 4)) < 2e-3);
}

TEST_CASE("Votes fall on what moves unlike the camera, whether the camera moves or not") {
  for (const int camera : {0, 4, -6}) {
    const support::moving_scene scene({.camera_x = camera, .box_x = 2});
    const std::vector<s2d::motion_cells> cells = cells_of(scene);
    const s2d::motion_saliency found = s2d::find_motion(cells);
    const std::size_t n = cells[0].size();
    for (std::size_t t = 0; t < cells.size(); ++t) {
      double on = 0;
      double off = 0;
      for (std::size_t k = 0; k < n; ++k) {
        const s2d::point p = cells[t].grid.centre[k];
        const bool box = scene.truth[t](std::lround(p.y), std::lround(p.x));
        (box ? on : off) += static_cast<double>(found.votes[t * n + k]);
      }
      CHECK(on > 10 * off);
      CHECK(std::fabs(found.energy[t] - static_cast<float>(std::abs(camera - 2))) < 0.2F);
    }
  }
}

TEST_CASE("Nothing votes where the whole frame moves as one, or where there is no flow") {
  support::moving_scene scene({.camera_x = 3, .box_x = 3});
  for (const float e : s2d::find_motion(cells_of(scene)).energy) CHECK(e < 0.05F);
  for (auto* fields : {&scene.flow.forward, &scene.flow.backward})
    for (s2d::flow_field& field : *fields) field = {};
  const s2d::motion_saliency still = s2d::find_motion(cells_of(scene));
  for (const float v : still.votes) CHECK(v == 0);
  for (const float e : still.energy) CHECK(std::isnan(e));
  CHECK(s2d::find_motion({}).votes.empty());
}

TEST_CASE("Motion that turns back from frame to frame loses its votes") {
  support::moving_scene scene({.frames = 5, .box_x = 4});
  const auto votes = [&] {
    const std::vector<s2d::motion_cells> cells = cells_of(scene);
    const s2d::motion_saliency found = s2d::find_motion(cells);
    const std::size_t n = cells[0].size();
    return *std::max_element(found.votes.begin() + static_cast<std::ptrdiff_t>(2 * n),
                             found.votes.begin() + static_cast<std::ptrdiff_t>(3 * n));
  };
  CHECK(votes() > 0.5F);
  scene.flow.backward[2] = scene.flow.forward[2];  // came from where it goes: flicker
  CHECK(votes() < 0.01F);
}

TEST_CASE("Slower motion counts more while the camera rests") {
  for (const int camera : {0, 3}) {
    const std::vector<s2d::motion_cells> cells =
        cells_of(support::moving_scene({.frames = 4, .camera_x = camera, .box_x = -2}));
    const s2d::motion_saliency found = s2d::find_motion(cells);
    for (const float speed : found.camera)
      CHECK(std::fabs(speed - static_cast<float>(camera)) < 0.1F);
    const s2d::motion_saliency plain =
        s2d::find_motion(cells, {.power = camera == 0 ? 0.7F : 1.5F, .rest_speed = 0});
    CHECK(found.votes == plain.votes);
  }
}

TEST_CASE("Votes are the same for any number of threads", "[threads]") {
  const support::moving_scene scene({.camera_x = 1});
  const std::vector<s2d::motion_cells> cells = cells_of(scene);
  CHECK(s2d::find_motion(cells, {.threads = 1}).votes ==
        s2d::find_motion(cells, {.threads = 3}).votes);
}

TEST_CASE("Percentiles lie between ranks as NumPy's do") {
  std::vector<float> v = {5, 1, 4, 2, 3};
  CHECK(s2d::detail::percentile(v, 50) == 3);
  CHECK(s2d::detail::percentile(v, 0) == 1);
  CHECK(s2d::detail::percentile(v, 100) == 5);
  CHECK(std::fabs(s2d::detail::percentile(v, 90) - 4.6F) < 1e-5F);
}

TEST_CASE("The largest value is a percentile, or a share of the third largest") {
  std::vector<float> values(1000, 1.0F);
  CHECK(s2d::detail::top_of(values, 98, 0.5F) == 1);
  values[7] = 9, values[500] = 8;
  CHECK(s2d::detail::top_of(values, 98, 0.5F) == 1);  // two are noise
  values[999] = 6;
  CHECK(s2d::detail::top_of(values, 98, 0.5F) == 3);
  CHECK(s2d::detail::top_of(values, 98, 0) == 1);
  CHECK(s2d::detail::top_of({4.0F, 2.0F}, 100, 1) == 4);

  // Votes are scaled by small_share, not by that of the energy.
  s2d::detail::scale_to_top(values, {.percentile = 98, .small_share = 0.5F, .energy_share = 0});
  CHECK(values[999] == 1);
  CHECK(values[0] == 1.0F / 3);
}

TEST_CASE("A frame of the energy still_energy votes with half its weight") {
  const std::vector<s2d::motion_cells> cells = cells_of(support::moving_scene({.frames = 3}));
  const s2d::motion_saliency full = s2d::find_motion(cells, {.still_energy = 0});
  REQUIRE(full.energy[1] > 0);
  const s2d::motion_saliency half = s2d::find_motion(cells, {.still_energy = full.energy[1]});
  const std::size_t n = cells[0].size();
  float most = 0;
  for (std::size_t k = n; k < 2 * n; ++k) {
    CHECK(std::fabs(half.votes[k] - full.votes[k] / 2) < 1e-5F);
    most = std::max(most, full.votes[k]);
  }
  CHECK(most > 0.1F);
}
