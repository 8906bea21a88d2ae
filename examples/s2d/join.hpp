// Windows of a clip put together: which objects of neighbouring windows are the same.
#pragma once

#include "result.hpp"

namespace app {

/// Takes the windows of a clip in order. Of the frames that two windows share, the first half is
/// taken from the earlier one, the second half from the later one. Objects are the same if the
/// tubes of their keymasks overlap (IoU over the shared frames in which both have one).
class joiner {
 public:
  void add(findings&& window);
  /// Number of the frame behind the last one.
  [[nodiscard]] std::size_t end() const noexcept { return all_.end(); }
  [[nodiscard]] findings result() && { return std::move(all_); }

 private:
  findings all_;
  bool empty_ = true;
};

}  // namespace app
