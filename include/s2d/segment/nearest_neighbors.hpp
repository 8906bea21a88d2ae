// The nearest neighbours of every point of a set, in up to 16 dimensions (k-d tree).
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include <s2d/core/detail/lanes.hpp>
#include <s2d/core/detail/order.hpp>
#include <s2d/core/parallel.hpp>
#include <s2d/core/view.hpp>

namespace s2d::inline S2D_ABI {

struct neighbor_options {
  /// Boxes are skipped that can hold nothing nearer than 1 / (1 + slack) times the worst neighbour
  /// found so far. 0: exact.
  float slack = 0;
  std::size_t threads = 1;  ///< 0: one per processor
};

/// k neighbours of each of n points, nearest first.
struct neighbor_table {
  std::size_t k = 0;
  std::vector<std::int32_t> index;      ///< [n, k]
  std::vector<float> squared_distance;  ///< [n, k]
};

namespace detail {

/// A balanced k-d tree with a tight box for every node and leaves of at most 16 points, stored
/// channel by channel so that one leaf is compared in `dimensions` vector steps.
class neighbor_tree {
 public:
  static constexpr int lanes = 16;

  explicit neighbor_tree(plane_view<const float> points)
      : dimensions_{static_cast<int>(points.width)}, n_{static_cast<std::size_t>(points.height)} {
    rows_.resize(n_ * lanes);
    for (std::size_t i = 0; i < n_; ++i)
      for (int d = 0; d < dimensions_; ++d)
        rows_[i * lanes + static_cast<std::size_t>(d)] = points(static_cast<std::ptrdiff_t>(i), d);
    order_ = counted<std::int32_t>(n_);
    nodes_.reserve(n_ / 4 + 2);
    if (n_ > 0) build(0, n_);
  }

  /// Places of the points in the order of the leaves: near queries one after the other.
  [[nodiscard]] const std::vector<std::int32_t>& order() const noexcept { return order_; }

  /// The k nearest of point `of`, itself included; k <= n.
  void query(std::size_t of, std::size_t k, float slack, std::int32_t* index,
             float* squared_distance) const {
    const float* q = rows_.data() + of * lanes;
    const float factor = (1 + slack) * (1 + slack);
    for (std::size_t i = 0; i < k; ++i) {
      index[i] = (std::numeric_limits<std::int32_t>::max)();
      squared_distance[i] = std::numeric_limits<float>::infinity();
    }
    struct waiting {
      std::int32_t node;
      float distance;
    };
    waiting stack[64];
    int depth = 0;
    stack[depth++] = {0, 0};
    while (depth > 0) {
      const waiting top = stack[--depth];
      if (top.distance * factor > squared_distance[k - 1]) continue;
      std::int32_t at = top.node;
      while (nodes_[static_cast<std::size_t>(at)].right != 0) {
        const std::int32_t left = at + 1;
        const std::int32_t right = nodes_[static_cast<std::size_t>(at)].right;
        const float to_left = box_distance(q, left);
        const float to_right = box_distance(q, right);
        const bool left_first = to_left <= to_right;
        const float far = left_first ? to_right : to_left;
        if (far * factor <= squared_distance[k - 1])
          stack[depth++] = {left_first ? right : left, far};
        at = left_first ? left : right;
      }
      visit_leaf(q, nodes_[static_cast<std::size_t>(at)], k, index, squared_distance);
    }
  }

 private:
  static constexpr int registers = lanes / static_cast<int>(lane_count);

  struct node {
    float low[lanes];
    float high[lanes];
    std::int32_t right;  // left child is the next node; 0 in leaves
    std::int32_t begin;  // leaves: first place in order_
    std::int32_t count;
    std::int32_t block;  // leaves: first float in leaves_
  };

  [[nodiscard]] float box_distance(const float* q, std::int32_t at) const noexcept {
    const node& box = nodes_[static_cast<std::size_t>(at)];
    float_lanes out[registers];
    for (int r = 0; r < registers; ++r) {
      const auto x = load<float_lanes>(q + r * lane_count);
      const float_lanes below = load<float_lanes>(box.low + r * lane_count) - x;
      const float_lanes above = x - load<float_lanes>(box.high + r * lane_count);
      out[r] = below > above ? below : above;
      out[r] = out[r] > 0 ? out[r] : 0;
      out[r] *= out[r];
    }
    for (int step = registers / 2; step > 0; step /= 2)
      for (int r = 0; r < step; ++r) out[r] += out[r + step];
    float part[lane_count];
    store(part, out[0]);
    for (std::ptrdiff_t step = lane_count / 2; step > 0; step /= 2)
      for (std::ptrdiff_t d = 0; d < step; ++d) part[d] += part[d + step];
    return part[0];
  }

  void visit_leaf(const float* q, const node& leaf, std::size_t k, std::int32_t* index,
                  float* squared_distance) const noexcept {
    const float* block = leaves_.data() + leaf.block;
    float_lanes sum[registers] = {};
    for (int d = 0; d < dimensions_; ++d)
      for (int r = 0; r < registers; ++r) {
        const float_lanes x = load<float_lanes>(block + d * lanes + r * lane_count) - q[d];
        sum[r] += x * x;
      }
    float distance[lanes];
    for (int r = 0; r < registers; ++r) store(distance + r * lane_count, sum[r]);
    for (int i = 0; i < leaf.count; ++i) {
      if (distance[i] > squared_distance[k - 1]) continue;
      const std::int32_t id = order_[static_cast<std::size_t>(leaf.begin + i)];
      if (distance[i] == squared_distance[k - 1] && id > index[k - 1]) continue;
      std::size_t at = k - 1;
      while (at > 0 && (distance[i] < squared_distance[at - 1] ||
                        (distance[i] == squared_distance[at - 1] && id < index[at - 1]))) {
        squared_distance[at] = squared_distance[at - 1];
        index[at] = index[at - 1];
        --at;
      }
      squared_distance[at] = distance[i];
      index[at] = id;
    }
  }

  void build(std::size_t begin, std::size_t end) {
    const std::size_t at = nodes_.size();
    nodes_.emplace_back();
    node box{};
    const auto value = [&](std::size_t place, int d) {
      return rows_[static_cast<std::size_t>(order_[place]) * lanes + static_cast<std::size_t>(d)];
    };
    for (int d = 0; d < lanes; ++d) box.low[d] = box.high[d] = value(begin, d);
    for (std::size_t i = begin + 1; i < end; ++i) {
      const float* row = rows_.data() + static_cast<std::size_t>(order_[i]) * lanes;
      for (int d = 0; d < lanes; ++d) {
        box.low[d] = row[d] < box.low[d] ? row[d] : box.low[d];
        box.high[d] = row[d] > box.high[d] ? row[d] : box.high[d];
      }
    }
    if (end - begin <= static_cast<std::size_t>(lanes)) {
      box.begin = static_cast<std::int32_t>(begin);
      box.count = static_cast<std::int32_t>(end - begin);
      box.block = static_cast<std::int32_t>(leaves_.size());
      for (int d = 0; d < dimensions_; ++d)
        for (std::size_t i = begin; i < begin + lanes; ++i)
          leaves_.push_back(i < end ? value(i, d) : 0.0F);
      nodes_[at] = box;
      return;
    }
    int widest = 0;
    for (int d = 1; d < dimensions_; ++d)
      if (box.high[d] - box.low[d] > box.high[widest] - box.low[widest]) widest = d;
    const std::size_t blocks = (end - begin + lanes - 1) / lanes;
    const std::size_t middle = begin + blocks / 2 * lanes;
    select_nth(order_.data() + begin, end - begin, middle - begin,
               [&](std::int32_t a, std::int32_t b) {
                 const float x = rows_[static_cast<std::size_t>(a * lanes + widest)];
                 const float y = rows_[static_cast<std::size_t>(b * lanes + widest)];
                 return x < y || (x == y && a < b);
               });
    build(begin, middle);
    box.right = static_cast<std::int32_t>(nodes_.size());
    nodes_[at] = box;
    build(middle, end);
  }

  int dimensions_;
  std::size_t n_;
  std::vector<float> rows_;          // [n, lanes], zero behind the last dimension
  std::vector<std::int32_t> order_;  // [n] points in the order of the leaves
  std::vector<node> nodes_;          // preorder
  std::vector<float> leaves_;        // [leaves, dimensions, lanes]
};

}  // namespace detail

/// The k nearest of every point among all points, itself included, by Euclidean distance.
///
/// @param points  [n, d] finite, d in 1..16, n < 2^26
/// @param k       in 1..n
/// @return nearest first; equal distances by index. With slack s > 0 a neighbour may be missed, but
///         what is given in its place is at most (1 + s) times as far away.
///         Squared distances above the range of float are infinite, and equal.
/// @throws invalid_input if d, k or n is out of range, a coordinate or the slack is not finite, or
///         the slack is negative
/// Complexity: about O(n (log n + k)) for small k and data of few intrinsic dimensions, at worst
/// O(n^2 (d + k)).
[[nodiscard]] inline neighbor_table nearest_neighbors(plane_view<const float> points, std::size_t k,
                                                      const neighbor_options& options = {}) {
  require(points.width >= 1 && points.width <= detail::neighbor_tree::lanes,
          "nearest_neighbors: ", points.width, " dimensions, expected 1..16");
  require(points.height < (std::ptrdiff_t{1} << 26), "nearest_neighbors: ", points.height,
          " points, expected fewer than 67108864");
  const auto n = static_cast<std::size_t>(points.height);
  require(k >= 1 && k <= n, "nearest_neighbors: k is ", k, ", expected 1..", n);
  require(std::isfinite(options.slack) && options.slack >= 0, "nearest_neighbors: slack is ",
          options.slack, ", expected >= 0");
  for (std::ptrdiff_t i = 0; i < points.height; ++i)
    for (std::ptrdiff_t d = 0; d < points.width; ++d)
      require(std::isfinite(points(i, d)), "nearest_neighbors: point ", i, ": coordinate ", d,
              " is not finite");
  const detail::neighbor_tree tree(points);
  neighbor_table table{k, std::vector<std::int32_t>(n * k), std::vector<float>(n * k)};
  constexpr std::size_t batch = 256;
  parallel_for((n + batch - 1) / batch, options.threads, [&](std::size_t part) {
    for (std::size_t i = part * batch; i < n && i < (part + 1) * batch; ++i) {
      const auto of = static_cast<std::size_t>(tree.order()[i]);
      tree.query(of, k, options.slack, table.index.data() + of * k,
                 table.squared_distance.data() + of * k);
    }
  });
  return table;
}

}  // namespace s2d::inline S2D_ABI
