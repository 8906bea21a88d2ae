// s2d train and s2d predict are a program of their own, s2d-network, beside this one: LibTorch is
// loaded only where it is needed.

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <system_error>

#include <unistd.h>

#include <s2d/core/error.hpp>

#include "commands.hpp"

namespace app {

int network_command(char** words) {
  std::error_code error;
  std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) self = words[0];
  const std::filesystem::path program = self.parent_path() / "s2d-network";
  // Threads that have nothing to do sleep instead of keeping a processor busy; others may need it.
  setenv("OMP_WAIT_POLICY", "PASSIVE", 0);
  execv(program.c_str(), words);
  if (errno == ENOENT)
    throw s2d::io_error{s2d::concat(
        words[1],
        " needs LibTorch, which was not there when this program was built; fetch it with "
        "examples/libtorch.sh, then build again (",
        program.string(), " is missing)")};
  throw s2d::io_error{s2d::concat(program.string(), ": cannot start: ", std::strerror(errno))};
}

}  // namespace app
