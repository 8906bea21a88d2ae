// What needs LibTorch (s2d train, s2d predict, s2d label) is a program of its own, s2d-network,
// beside this one, so that LibTorch is loaded only where it is needed.

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#if defined(__linux__)
#include <sys/prctl.h>
#endif

#include <s2d/core/error.hpp>
#include <s2d/core/progress.hpp>

#include "commands.hpp"
#include "console.hpp"

namespace app {

namespace {

std::filesystem::path network_program() {
  std::error_code error;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  return self.parent_path() / "s2d-network";
}

/// Threads that have nothing to do sleep instead of keeping a processor busy; others may need it.
void let_threads_sleep() { setenv("OMP_WAIT_POLICY", "PASSIVE", 0); }

}  // namespace

bool network_there() { return access(network_program().c_str(), X_OK) == 0; }

int network_command(char** words) {
  const std::filesystem::path program = network_program();
  let_threads_sleep();
  const signal_hold hold;  // s2d-network sees what comes before it watches itself
  throw_if_stopped();
  execv(program.c_str(), words);
  if (errno == ENOENT)
    throw s2d::io_error{s2d::concat(
        words[1],
        " needs LibTorch, which was not there when this program was built; fetch it with "
        "examples/libtorch.sh, then build again (",
        program.string(), " is missing)")};
  throw s2d::io_error{s2d::concat(program.string(), ": cannot start: ", std::strerror(errno))};
}

void run_network(const std::vector<std::string>& words) {
  const std::string program = network_program().string();
  std::vector<char*> arguments{const_cast<char*>("s2d")};
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  let_threads_sleep();
  const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
  // A signal that finds the child before s2d-network watches must not be lost with our handler.
  std::optional<signal_hold> hold{std::in_place};
  const pid_t child = fork();
  if (child != 0) hold.reset();
  if (child < 0)
    throw s2d::io_error{s2d::concat(words[0], ": cannot start: ", std::strerror(errno))};
  if (child == 0) {
    // A group of its own: Ctrl-C reaches it once, through us. It does not outlive us.
    setpgid(0, 0);
    std::signal(SIGTTOU, SIG_IGN);  // a terminal with tostop would stop it at its first word
#if defined(__linux__)
    prctl(PR_SET_PDEATHSIG, SIGTERM);
#endif
    dup2(nowhere, STDOUT_FILENO);
    execv(program.c_str(), arguments.data());
    _exit(127);
  }
  if (nowhere >= 0) close(nowhere);
  int status = 0;
  bool told = false;
  for (;;) {
    const pid_t ended = waitpid(child, &status, WNOHANG);
    if (ended == child) break;
    if (ended < 0 && errno != EINTR)
      throw s2d::io_error{s2d::concat(words[0], ": is lost: ", std::strerror(errno))};
    if (stop_requested() && !told) {
      told = kill(child, stop_exit_code() - 128) == 0;
      kill(child, SIGCONT);  // it may have been stopped
    }
    const timespec pause{0, 20'000'000};
    nanosleep(&pause, nullptr);
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return;
  if (stop_requested()) throw s2d::cancelled{};
  if (WIFSIGNALED(status))
    throw s2d::io_error{
        s2d::concat(words[0], ": was ended by signal ", WTERMSIG(status),
                    WTERMSIG(status) == SIGKILL ? ", perhaps for want of memory" : "")};
  if (WEXITSTATUS(status) == 127) throw s2d::io_error{s2d::concat(program, ": cannot be started")};
  throw told_already{words[0] + " failed"};
}

}  // namespace app
