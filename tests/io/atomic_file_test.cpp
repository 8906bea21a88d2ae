#include <s2d/io/atomic_file.hpp>

#include <csignal>
#include <filesystem>
#include <string>

#include <sys/resource.h>

#include "support/catch.hpp"
#include "support/folder.hpp"

namespace fs = std::filesystem;
using support::message_of;

TEST_CASE("a file appears under its name only when it is complete") {
  const support::temporary_folder folder;
  const fs::path file = folder / "a ü.txt";
  {
    s2d::atomic_file out{file};
    out.write(std::string_view{"half"});
    CHECK_FALSE(fs::exists(file));
    out.write(std::string_view{" and half"});
    out.commit();
  }
  CHECK(s2d::read_text(file) == "half and half");
  CHECK(folder.count() == 1);
}

TEST_CASE("a file that is given up leaves what was there before, and nothing else") {
  const support::temporary_folder folder;
  const fs::path file = folder.put("kept.txt", "old");
  {
    s2d::atomic_file out{file};
    out.write(std::string_view{"new"});
  }
  CHECK(s2d::read_text(file) == "old");
  CHECK(folder.count() == 1);
}

TEST_CASE("replacing a file keeps its permissions and follows a link to it") {
  const support::temporary_folder folder;
  const fs::path file = folder.put("target.txt", "old");
  fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write | fs::perms::group_read);
  fs::create_symlink("target.txt", folder / "link.txt");
  s2d::write_file(folder / "link.txt", std::string_view{"new"});
  CHECK(fs::is_symlink(folder / "link.txt"));
  CHECK(s2d::read_text(file) == "new");
  CHECK(fs::status(file).permissions() ==
        (fs::perms::owner_read | fs::perms::owner_write | fs::perms::group_read));
}

TEST_CASE("an empty file is a file") {
  const support::temporary_folder folder;
  s2d::write_file(folder / "empty", std::string_view{});
  CHECK(s2d::read_file(folder / "empty").empty());
}

TEST_CASE("a full disk is an error that names the file") {
  if (!support::has_full_device()) return;
  const std::string text =
      message_of<s2d::io_error>([] { s2d::write_file("/dev/full", std::string_view{"text"}); });
  CHECK(text == "/dev/full: cannot write: No space left on device");
}

TEST_CASE("a write that the system cuts short leaves nothing behind") {
  const support::temporary_folder folder;
  const fs::path file = folder.put("kept.bin", "old");
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_FSIZE, &before) == 0);
  rlimit limited = before;
  limited.rlim_cur = 1000;
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  REQUIRE(setrlimit(RLIMIT_FSIZE, &limited) == 0);
  const std::string text =
      message_of<s2d::io_error>([&] { s2d::write_file(file, std::string(100'000, 'x')); });
  REQUIRE(setrlimit(RLIMIT_FSIZE, &before) == 0);
  std::signal(SIGXFSZ, handler);
  CHECK(text == file.string() + ": cannot write: File too large");
  CHECK(s2d::read_text(file) == "old");
  CHECK(folder.count() == 1);
}

TEST_CASE("what cannot be written is refused at once with the reason of the system") {
  const support::temporary_folder folder;
  const fs::path none = folder / "none" / "file";
  CHECK(message_of<s2d::io_error>([&] { s2d::atomic_file{none}; }) ==
        none.string() + ": cannot create: No such file or directory");
  CHECK(message_of<s2d::io_error>([&] { s2d::atomic_file{folder.path()}; }) ==
        folder.path().string() + ": cannot write: Is a directory");
  const fs::path below = folder.put("plain", "x") / "file";
  CHECK(message_of<s2d::io_error>([&] { s2d::atomic_file{below}; }) ==
        below.string() + ": cannot create: Not a directory");
  CHECK_THROWS_AS(s2d::atomic_file{"/proc/s2d-test"}, s2d::io_error);
}

TEST_CASE("what cannot be read is refused with the reason of the system") {
  const support::temporary_folder folder;
  CHECK(message_of<s2d::io_error>([&] { (void)s2d::read_file(folder / "none"); }) ==
        (folder / "none").string() + ": cannot open: No such file or directory");
  CHECK(message_of<s2d::io_error>([&] { (void)s2d::read_text(folder.path()); }) ==
        folder.path().string() + ": cannot read: Is a directory");
}

TEST_CASE("files whose size the system does not tell are read to their end") {
  CHECK_FALSE(s2d::read_text("/proc/self/status").empty());
  CHECK(s2d::read_text("/dev/null").empty());
}
