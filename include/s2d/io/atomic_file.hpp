// Files that appear whole or not at all: written under another name, then renamed.
#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <s2d/core/error.hpp>
#include <s2d/io/file.hpp>

namespace s2d::inline S2D_ABI {

/// Reserves a hidden temporary file `.s2d-*` in the folder of `destination`. What another library
/// writes to working_path() becomes `destination` by commit(); without commit() it is removed.
/// A destination that exists and is no regular file (a pipe, /dev/stdout) is written directly;
/// a symbolic link is followed; the permissions of a file that is replaced are kept.
/// Nothing is synchronised to disk: after a power cut the file may be missing or old.
class atomic_path {
 public:
  /// @throws io_error if the folder does not take a new file, or `destination` is a folder
  explicit atomic_path(std::filesystem::path destination) : destination_{std::move(destination)} {
    namespace fs = std::filesystem;
    std::error_code error;
    const fs::file_status status = fs::status(destination_, error);
    if (fs::is_directory(status)) detail::throw_io_error(destination_, "write", EISDIR);
    if (fs::exists(status) && !fs::is_regular_file(status)) {
      working_ = destination_;
      direct_ = true;
      return;
    }
    target_ = fs::is_symlink(destination_, error) ? fs::weakly_canonical(destination_, error)
                                                  : destination_;
    if (target_.empty()) target_ = destination_;
    std::timespec now{};
    std::timespec_get(&now, TIME_UTC);
    for (long long serial = now.tv_sec * 1'000'000'000LL + now.tv_nsec;; ++serial) {
      working_ = target_;
      working_.replace_filename(concat(".s2d-", serial, target_.extension().string()));
      if (std::FILE* file = std::fopen(working_.string().c_str(), "wbx")) {
        std::fclose(file);
        break;
      }
      if (errno != EEXIST) detail::throw_io_error(destination_, "create", errno);
    }
    if (fs::exists(status)) fs::permissions(working_, status.permissions(), error);
  }

  atomic_path(const atomic_path&) = delete;
  atomic_path& operator=(const atomic_path&) = delete;

  ~atomic_path() {
    std::error_code ignored;
    if (!direct_ && !committed_) std::filesystem::remove(working_, ignored);
  }

  /// Where to write. It ends in the extension of the destination.
  [[nodiscard]] const std::filesystem::path& working_path() const noexcept { return working_; }
  /// The name that was asked for.
  [[nodiscard]] const std::filesystem::path& destination() const noexcept { return destination_; }

  /// Gives the file its name, in place of one that has it.
  /// @throws io_error if the system refuses; the temporary file is then removed
  void commit() {
    if (direct_ || committed_) return;
    std::error_code error;
    std::filesystem::rename(working_, target_, error);
    if (error) throw io_error{concat(destination_.string(), ": cannot replace: ", error.message())};
    committed_ = true;
  }

 private:
  std::filesystem::path destination_;
  std::filesystem::path target_;
  std::filesystem::path working_;
  bool direct_ = false;
  bool committed_ = false;
};

/// A file under construction. Bytes are appended by write(); commit() makes the file appear under
/// its name. Destroyed before that, it leaves no trace.
class atomic_file {
 public:
  /// @throws io_error as atomic_path
  explicit atomic_file(std::filesystem::path destination) : path_{std::move(destination)} {
    file_ = std::fopen(path_.working_path().string().c_str(), "wb");
    if (file_ == nullptr) detail::throw_io_error(path_.destination(), "open", errno);
  }

  atomic_file(const atomic_file&) = delete;
  atomic_file& operator=(const atomic_file&) = delete;

  ~atomic_file() {
    if (file_ != nullptr) std::fclose(file_);
  }

  /// Appends bytes.
  /// @throws io_error if the system refuses, a full disk included
  void write(std::span<const std::byte> bytes) {
    if (bytes.empty()) return;
    if (std::fwrite(bytes.data(), 1, bytes.size(), file_) != bytes.size())
      detail::throw_io_error(path_.destination(), "write", errno);
  }
  void write(std::string_view text) { write(std::as_bytes(std::span{text})); }

  /// Writes out what is buffered and gives the file its name.
  /// @throws io_error if the system refuses, a full disk included; nothing then appears
  void commit() {
    std::FILE* file = std::exchange(file_, nullptr);
    require(file != nullptr, path_.destination().string(), ": already complete");
    const bool flushed = std::fflush(file) == 0;
    const int reason = errno;
    if (std::fclose(file) != 0 || !flushed)
      detail::throw_io_error(path_.destination(), "write", flushed ? errno : reason);
    path_.commit();
  }

 private:
  atomic_path path_;
  std::FILE* file_ = nullptr;
};

/// Writes `bytes` as the whole content of `file`, or leaves what was there.
/// @throws io_error if the system refuses
inline void write_file(const std::filesystem::path& file, std::span<const std::byte> bytes) {
  atomic_file out{file};
  out.write(bytes);
  out.commit();
}

/// As above, for text.
inline void write_file(const std::filesystem::path& file, std::string_view text) {
  write_file(file, std::as_bytes(std::span{text}));
}

}  // namespace s2d::inline S2D_ABI
