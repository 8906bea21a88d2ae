// DBSCAN on rows of bits.
#include <string>

#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>

#include <s2d/cluster/hamming.hpp>
#include <s2d/cluster/jaccard.hpp>

#include "bind.hpp"
#include "masks.hpp"

namespace s2d_python {

namespace {

enum class metric { hamming, jaccard };

nb::object dbscan(nb::handle rows, double eps, nb::handle min_samples, const std::string& name) {
  const s2d::dbscan_options options{size_of("dbscan: min_samples", min_samples)};
  const auto distance =
      choose<metric>("metric", name, {{"hamming", metric::hamming}, {"jaccard", metric::jaccard}});
  (void)array_of("dbscan: rows", rows, {2}, "an array [n, columns]");
  const s2d::bit_mask bits = packed_mask_of("dbscan: rows", rows);
  s2d::clustering found;
  {
    const nb::gil_scoped_release others_run;
    found = distance == metric::hamming ? s2d::dbscan(bits, eps, options)
                                        : s2d::dbscan(s2d::jaccard_neighbors{bits, eps}, options);
  }
  const std::size_t count = found.label.size();
  return array_from(std::vector<std::int64_t>(found.label.begin(), found.label.end()), {count});
}

}  // namespace

void bind_cluster(nb::module_& m) {
  m.def(
      "dbscan", &dbscan, nb::arg("rows"), nb::arg("eps"), nb::arg("min_samples").none() = 5,
      nb::arg("metric") = "hamming",
      nb::sig("def dbscan(rows, eps, min_samples=5, metric='hamming')"),
      R"(Clusters of the rows of a table of bits: labels int64 [n], -1 for noise, as scikit-learn's.

rows         [n, columns], bool or anything; what is not zero is set
eps          greatest distance of neighbours, 0 to 1
min_samples  neighbours, the row itself among them, that make a core row
metric       'hamming': share of columns that differ; 'jaccard': share of the columns set in either
             row that are not set in both)");
}

}  // namespace s2d_python
