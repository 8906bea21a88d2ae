// Clips of several objects whose true masks are known: objects cut out of DAVIS sequences, moved
// over another sequence so that they hide each other.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "clip.hpp"
#include "dense.hpp"
#include "measure.hpp"

namespace quality {

struct composite {
  quality::clip clip;           ///< truth is the union
  std::vector<tube> instances;  ///< [objects][T] what is seen of each
};

/// Names of the composites that can be made of the sequences of a data folder.
std::vector<std::string> list_composites(const std::filesystem::path& data);

/// @throws s2d::invalid_input if there is none of that name; s2d::io_error
composite make_composite(const std::filesystem::path& data, const std::string& name);

/// Of raw masks (the k-th largest of every frame taken for object k), keymasks and the dense
/// result: ap_ (class-agnostic AP at an IoU of 0.5), jf_ (DAVIS J&F, unsupervised protocol), ids_
/// (identity switches), found_ (share of the true masks found at an IoU of 0.5); kept: the dense
/// result with the objects that it lost, as their keymasks carried along the flow; lost: their
/// number; objects.
figures measure_instances(const composite& of, const sparse_result& found,
                          const dense_result& result);

}  // namespace quality
