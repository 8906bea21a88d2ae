#include <s2d/segment/superpixel_graph.hpp>

#include <cmath>
#include <set>
#include <vector>

#include "moving_scene.hpp"
#include "support/catch.hpp"

using support::cells_of;

TEST_CASE("The graph of superpixels: rows sum to 1, ends occur once, edges go both ways") {
  const std::vector<s2d::motion_cells> cells = cells_of(support::moving_scene({.frames = 4}));
  for (const std::size_t look_alikes : {std::size_t{12}, std::size_t{0}}) {
    const s2d::sparse_graph graph =
        s2d::link_superpixels(cells, 96, 128, {.look_alikes = look_alikes, .flow_scale = 1});
    REQUIRE(graph.nodes() == 4 * cells[0].size());
    for (const float sum : s2d::row_sums(graph)) CHECK(std::fabs(sum - 1) < 1e-4F);
    std::set<std::pair<std::size_t, std::size_t>> edges;
    for (std::size_t i = 0; i < graph.nodes(); ++i)
      for (std::size_t e = graph.begin[i]; e < graph.begin[i + 1]; ++e)
        edges.insert({i, static_cast<std::size_t>(graph.to[e])});
    CHECK(edges.size() == graph.edges());
    std::size_t one_way = 0;
    for (const auto& [a, b] : edges) one_way += edges.count({b, a}) == 0 ? 1 : 0;
    CHECK(one_way == 0);
  }
}

TEST_CASE(
    "Without look-alikes, superpixels are linked within a frame and to the next frames only") {
  const std::vector<s2d::motion_cells> cells = cells_of(support::moving_scene({.frames = 4}));
  const std::size_t n = cells[0].size();
  const s2d::sparse_graph graph =
      s2d::link_superpixels(cells, 96, 128, {.look_alikes = 0, .flow_scale = 1});
  for (std::size_t i = 0; i < graph.nodes(); ++i)
    for (std::size_t e = graph.begin[i]; e < graph.begin[i + 1]; ++e) {
      const auto a = static_cast<long>(i / n);
      const auto b = static_cast<long>(static_cast<std::size_t>(graph.to[e]) / n);
      CHECK(std::abs(a - b) <= 1);
    }
}

TEST_CASE("Edges along the flow follow the box, not the place") {
  const support::moving_scene scene({.frames = 2, .width = 240, .box_x = 30});
  const std::vector<s2d::motion_cells> cells = cells_of(scene);
  const std::size_t n = cells[0].size();
  const s2d::sparse_graph graph =
      s2d::link_superpixels(cells, 96, 240, {.look_alikes = 0, .flow_scale = 1});
  const std::size_t k = 8 * static_cast<std::size_t>(cells[0].grid.columns) + 10;
  const s2d::point from = cells[0].grid.centre[k];
  REQUIRE(scene.truth[0](std::lround(from.y), std::lround(from.x)));
  double weight = 0;
  double x = 0;
  for (std::size_t e = graph.begin[k]; e < graph.begin[k + 1]; ++e) {
    const auto to = static_cast<std::size_t>(graph.to[e]);
    if (to < n) continue;
    weight += graph.weight[e];
    x += graph.weight[e] * cells[1].grid.centre[to - n].x;
  }
  REQUIRE(weight > 0);
  CHECK(std::fabs(x / weight - from.x - 30) < 3);
}

TEST_CASE("The graph is the same for any number of threads", "[threads]") {
  const std::vector<s2d::motion_cells> cells = cells_of(support::moving_scene({.frames = 5}));
  const s2d::sparse_graph one = s2d::link_superpixels(cells, 96, 128, {.threads = 1});
  const s2d::sparse_graph three = s2d::link_superpixels(cells, 96, 128, {.threads = 3});
  CHECK(one.begin == three.begin);
  CHECK(one.to == three.to);
  CHECK(one.weight == three.weight);
}

TEST_CASE("A graph of nothing is empty, unequal grids are refused") {
  CHECK(s2d::link_superpixels({}, 10, 10).nodes() == 0);
  std::vector<s2d::motion_cells> cells = cells_of(support::moving_scene({.frames = 1}));
  const s2d::sparse_graph one = s2d::link_superpixels(cells, 96, 128);
  CHECK(one.nodes() == cells[0].size());
  cells.push_back(s2d::describe_cells(s2d::lab_image(30, 30), {}, {}));
  CHECK_THROWS_AS(s2d::link_superpixels(cells, 96, 128), s2d::invalid_input);
  cells.pop_back();
  CHECK_THROWS_WITH(s2d::link_superpixels(cells, 96, 128, {.color_sigma = 0}),
                    Catch::Contains("color_sigma 0") && Catch::Contains("expected > 0"));
}

TEST_CASE("Within a frame a superpixel is linked to all that touch it, by sides and corners") {
  const std::vector<s2d::motion_cells> cells = cells_of(support::moving_scene({.frames = 1}));
  const s2d::sparse_graph graph = s2d::link_superpixels(cells, 96, 128, {.look_alikes = 0});
  const std::ptrdiff_t rows = cells[0].grid.rows, columns = cells[0].grid.columns;
  for (std::ptrdiff_t i = 0; i < rows; ++i)
    for (std::ptrdiff_t j = 0; j < columns; ++j) {
      std::set<std::ptrdiff_t> expected, found;
      for (std::ptrdiff_t y = i - 1; y <= i + 1; ++y)
        for (std::ptrdiff_t x = j - 1; x <= j + 1; ++x)
          if ((y != i || x != j) && y >= 0 && x >= 0 && y < rows && x < columns)
            expected.insert(y * columns + x);
      const auto k = static_cast<std::size_t>(i * columns + j);
      for (std::size_t e = graph.begin[k]; e < graph.begin[k + 1]; ++e) found.insert(graph.to[e]);
      CHECK(found == expected);
    }
}
