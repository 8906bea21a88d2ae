// Linear assignment by shortest augmenting paths, one block of threads a problem.
#pragma once

#include <cstdint>

#include <s2d/cuda/detail/float_limits.hpp>
#include <s2d/cuda/detail/macros.hpp>

namespace s2d::cuda::inline S2D_CUDA_ABI {
namespace detail {

/// Tables of one size, the shorter side called rows.
struct assignment_problem {
  const float* cost;
  std::int64_t count, rows, columns;
  std::int64_t table_stride, row_stride, column_stride;
  bool transposed;  // rows here are columns of the caller
  float sign;       // -1 to maximise

  [[nodiscard]] S2D_HD double at(std::int64_t table, std::int64_t i, std::int64_t j) const {
    return static_cast<double>(sign *
                               cost[table * table_stride + i * row_stride + j * column_stride]);
  }
};

/// Working memory, a part for each problem.
struct assignment_memory {
  double* row_dual;         // [count, rows]
  double* column_dual;      // [count, columns]
  double* distance;         // [count, columns]
  std::int32_t* parent;     // [count, columns] the row before a column on the shortest path
  std::int32_t* row_of;     // [count, columns] or -1
  std::int32_t* scanned;    // [count, columns]
  std::int32_t* column_of;  // [count, rows] or -1
};

/// A column on the way: the nearest wins, then a free one, then the first.
struct nearest_column {
  double distance;
  std::int32_t column;
  std::int32_t taken;
};
struct choose_nearest {
  S2D_HD nearest_column operator()(const nearest_column& a, const nearest_column& b) const {
    if (a.distance != b.distance) return a.distance < b.distance ? a : b;
    if (a.taken != b.taken) return a.taken < b.taken ? a : b;
    return a.column <= b.column ? a : b;
  }
};

struct solve_assignments {
  static constexpr int threads = 128;
  struct shared {};
  assignment_problem problem;
  assignment_memory memory;
  std::int32_t* status;  // [count] see assignment_status

  // Column j belongs to thread j % size: what only one thread reads needs no barrier.
  template <class Block>
  S2D_DEVICE void operator()(Block& block, std::int64_t table) const {
    const std::int64_t rows = problem.rows, columns = problem.columns;
    double* const u = memory.row_dual + table * rows;
    double* const v = memory.column_dual + table * columns;
    double* const distance = memory.distance + table * columns;
    std::int32_t* const parent = memory.parent + table * columns;
    std::int32_t* const row_of = memory.row_of + table * columns;
    std::int32_t* const scanned = memory.scanned + table * columns;
    std::int32_t* const column_of = memory.column_of + table * rows;
    const int thread = block.thread(), size = block.size();

    bool bad = false;
    for (std::int64_t i = thread; i < rows * columns; i += size) {
      const double value = problem.at(table, i / columns, i % columns);
      bad = bad || value != value || value == -infinity;
    }
    for (std::int64_t i = thread; i < rows; i += size) u[i] = 0, column_of[i] = -1;
    for (std::int64_t j = thread; j < columns; j += size) v[j] = 0, row_of[j] = -1;
    if (block.any(bad)) {  // a barrier
      if (thread == 0) status[table] = 2;
      return;
    }
    for (std::int64_t source = 0; source < rows; ++source) {
      for (std::int64_t j = thread; j < columns; j += size) distance[j] = infinity, scanned[j] = 0;
      std::int64_t i = source, sink = -1;
      double reached = 0;
      for (;;) {
        const double base = reached - u[i];
        nearest_column mine{infinity, 0x7fffffff, 1};
        for (std::int64_t j = thread; j < columns; j += size) {
          if (scanned[j] != 0) continue;
          const double through = problem.at(table, i, j) - v[j] + base;
          if (through < distance[j]) {
            distance[j] = through;
            parent[j] = static_cast<std::int32_t>(i);
          }
          mine = choose_nearest{}(
              mine, {distance[j], static_cast<std::int32_t>(j), row_of[j] >= 0 ? 1 : 0});
        }
        const nearest_column found = block.reduce(mine, choose_nearest{});
        if (found.distance == infinity) {
          block.sync();
          for (std::int64_t k = thread; k < rows; k += size) column_of[k] = -1;
          if (thread == 0) status[table] = 1;
          return;  // all threads do
        }
        reached = found.distance;
        if (found.taken == 0) {
          sink = found.column;
          break;
        }
        if (found.column % size == thread) scanned[found.column] = 1;
        i = row_of[found.column];
      }
      block.sync();  // all have read the duals
      for (std::int64_t j = thread; j < columns; j += size) {
        if (scanned[j] == 0) continue;
        const double change = reached - distance[j];
        v[j] -= change;
        u[row_of[j]] += change;
      }
      if (thread == 0) u[source] += reached;
      block.sync();
      if (thread == 0)
        for (std::int64_t j = sink; j >= 0;) {
          const std::int32_t row = parent[j];
          const std::int32_t next = column_of[row];
          column_of[row] = static_cast<std::int32_t>(j);
          row_of[j] = row;
          j = row == source ? -1 : next;
        }
      block.sync();
    }
    if (thread == 0) status[table] = 0;
  }
};

/// Columns of the caller's rows, and the total in the order of the shorter side.
struct write_assignment {
  assignment_problem problem;
  const std::int32_t* column_of;  // [count, rows] of the problem
  const std::int32_t* status;
  std::int32_t* out;  // [count, rows of the caller]
  double* totals;     // [count] or null

  S2D_HD void operator()(std::int64_t table) const {
    const std::int64_t rows = problem.transposed ? problem.columns : problem.rows;
    for (std::int64_t i = 0; i < rows; ++i) out[table * rows + i] = -1;
    double total = 0;
    if (status[table] == 0)
      for (std::int64_t i = 0; i < problem.rows; ++i) {
        const std::int32_t j = column_of[table * problem.rows + i];
        total += problem.at(table, i, j);
        out[table * rows + (problem.transposed ? j : i)] =
            problem.transposed ? static_cast<std::int32_t>(i) : j;
      }
    if (totals != nullptr) totals[table] = static_cast<double>(problem.sign) * total;
  }
};

template <class Executor>
void hungarian_on(const Executor& run, const float* cost, std::int64_t count, std::int64_t rows,
                  std::int64_t columns, bool maximize, std::int32_t* column_of, double* totals,
                  std::int32_t* status) {
  const bool turned = rows > columns;
  const std::int64_t n = turned ? columns : rows, m = turned ? rows : columns;
  const assignment_problem problem{cost,
                                   count,
                                   n,
                                   m,
                                   rows * columns,
                                   turned ? 1 : columns,
                                   turned ? columns : 1,
                                   turned,
                                   maximize ? -1.0f : 1.0f};
  auto row_dual = run.template allocate<double>(count * n);
  auto column_dual = run.template allocate<double>(count * m);
  auto distance = run.template allocate<double>(count * m);
  auto parent = run.template allocate<std::int32_t>(count * m);
  auto row_of = run.template allocate<std::int32_t>(count * m);
  auto scanned = run.template allocate<std::int32_t>(count * m);
  auto short_column_of = run.template allocate<std::int32_t>(count * n);
  run.for_each_block(
      "hungarian", count,
      solve_assignments{problem,
                        {row_dual.data(), column_dual.data(), distance.data(), parent.data(),
                         row_of.data(), scanned.data(), short_column_of.data()},
                        status});
  run.for_each("hungarian", count,
               write_assignment{problem, short_column_of.data(), status, column_of, totals});
}

}  // namespace detail
}  // namespace s2d::cuda::inline S2D_CUDA_ABI
