// Linear assignment.
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>

#include <s2d/assign/hungarian.hpp>
#include <s2d/assign/hungarian_batch.hpp>

#include "bind.hpp"
#include "arrays.hpp"

namespace s2d_python {

namespace {

s2d::hungarian_options options_of(bool maximize, const std::string& nan) {
  return {maximize, choose<s2d::nan_policy>(
                        "nan", nan,
                        {{"refuse", s2d::nan_policy::refuse}, {"worst", s2d::nan_policy::worst}})};
}

/// A table in the type in which it came, if that is one of the four; converted to double otherwise.
using cost_table =
    std::variant<s2d::plane_view<const double>, s2d::plane_view<const float>,
                 s2d::plane_view<const std::int32_t>, s2d::plane_view<const std::int64_t>>;

template <class T>
s2d::plane_view<const T> view_of(const any_array& array) {
  return {static_cast<const T*>(array.data()), static_cast<std::ptrdiff_t>(array.shape(0)),
          static_cast<std::ptrdiff_t>(array.shape(1)), array.stride(0), array.stride(1)};
}

/// `kept` holds what the view looks at.
cost_table costs_of(std::string_view what, nb::handle object, any_array& kept) {
  constexpr std::string_view expected = "numbers [n, m]";
  if (nb::ndarray_check(object) && nb::try_cast(object, kept) && kept.ndim() == 2) {
    if (kept.dtype() == nb::dtype<double>()) return view_of<double>(kept);
    if (kept.dtype() == nb::dtype<float>()) return view_of<float>(kept);
    if (kept.dtype() == nb::dtype<std::int32_t>()) return view_of<std::int32_t>(kept);
    if (kept.dtype() == nb::dtype<std::int64_t>()) return view_of<std::int64_t>(kept);
  }
  kept = any_array{numbers_of<double>(what, object, 2, expected)};
  return view_of<double>(kept);
}

/// Rows ascending and their columns, as SciPy gives them.
nb::object pairs_of(const s2d::assignment& match) {
  std::vector<std::int64_t> rows, columns;
  for (std::size_t i = 0; i < match.column_of.size(); ++i) {
    if (match.column_of[i] == s2d::assignment::none) continue;
    rows.push_back(static_cast<std::int64_t>(i));
    columns.push_back(match.column_of[i]);
  }
  const std::size_t count = rows.size();
  return nb::make_tuple(array_from(std::move(rows), {count}),
                        array_from(std::move(columns), {count}));
}

nb::object hungarian(nb::handle cost, bool maximize, const std::string& nan) {
  const s2d::hungarian_options options = options_of(maximize, nan);
  any_array kept;
  const cost_table table = costs_of("hungarian: cost", cost, kept);
  std::optional<s2d::assignment> match;
  {
    const nb::gil_scoped_release others_run;
    match = std::visit([&](const auto& view) { return s2d::hungarian(view, options); }, table);
  }
  s2d::require(match.has_value(), "hungarian: forbidden pairs leave no matching");
  return pairs_of(*match);
}

nb::list hungarian_batch(nb::handle costs, bool maximize, const std::string& nan,
                         nb::handle threads) {
  const std::size_t workers = size_of("hungarian_batch: threads", threads);
  const s2d::hungarian_options options = options_of(maximize, nan);
  std::vector<nb::ndarray<const double, nb::c_contig, nb::device::cpu>> kept;
  std::vector<s2d::plane_view<const double>> tables;
  if (!nb::isinstance<nb::iterable>(costs))
    refuse("hungarian_batch: costs is ", describe(costs), ", expected a list of [n, m]");
  for (const nb::handle cost : costs) {
    kept.push_back(numbers_of<double>(s2d::concat("hungarian_batch: costs[", kept.size(), "]"),
                                      cost, 2, "numbers [n, m]"));
    tables.push_back(table_of(kept.back()));
  }
  std::vector<std::optional<s2d::assignment>> matches;
  {
    const nb::gil_scoped_release others_run;
    matches = s2d::hungarian_batch(std::span<const s2d::plane_view<const double>>{tables}, options,
                                   workers);
  }
  nb::list result;
  for (const auto& match : matches) result.append(match ? pairs_of(*match) : nb::none());
  return result;
}

}  // namespace

void bind_assign(nb::module_& m) {
  m.def("hungarian", &hungarian, nb::arg("cost"), nb::arg("maximize") = false,
        nb::arg("nan") = "refuse", nb::sig("def hungarian(cost, maximize=False, nan='refuse')"),
        R"(The matching of least total cost: rows and columns, int64 [k], as SciPy's
linear_sum_assignment gives them; k = min(n, m).

cost      [n, m]; float32, float64, int32 and int64 in any order are read in place
maximize  find the greatest total instead
nan       'refuse': NaN raises ValueError; 'worst': it is as good as the worst finite cost

+inf (-inf with maximize) forbids a pair. Raises ValueError where forbidden pairs leave no
matching, and on infinitely good costs.)");
  m.def("hungarian_batch", &hungarian_batch, nb::arg("costs"), nb::arg("maximize") = false,
        nb::arg("nan") = "refuse", nb::arg("threads").none() = 1,
        nb::sig("def hungarian_batch(costs, maximize=False, nan='refuse', threads=1)"),
        R"(Many matchings: a list of (rows, columns), None where there is no matching.

costs    an array [b, n, m], or a list of tables [n, m] of any sizes
threads  0: one per processor; changes nothing but the time)");
}

}  // namespace s2d_python
