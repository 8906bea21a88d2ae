// The CUDA runtime's functions that s2d::cuda calls, on the simulated device: linked instead of
// NVIDIA's. One device, which does at once what a stream is asked for. Kernels are read as PTX from
// the program's own fat binaries, so these must hold some, not compressed.
#include <cuda_runtime_api.h>

#include <cstdio>
#include <cstring>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "decode.hpp"
#include "machine.hpp"
#include "memory.hpp"
#include "ptx.hpp"

namespace simulator {
namespace {

struct fat_binary_wrapper {  // of fatbinary_section.h
  int magic;
  int version;
  const std::uint64_t* data;
  void* other;
};
struct fat_binary_header {
  std::uint32_t magic;
  std::uint16_t version;
  std::uint16_t bytes;  ///< of this header
  std::uint64_t all;    ///< of what follows it
};
struct fat_binary_entry {
  std::uint16_t kind;  ///< 1: PTX
  std::uint16_t version;
  std::uint32_t bytes;  ///< of this header
  std::uint64_t all;    ///< of what follows it
};

/// The first PTX of a fat binary that is no compressed one; empty if there is none.
std::string_view ptx_of(const fat_binary_wrapper& binary) {
  const char* at = reinterpret_cast<const char*>(binary.data);
  fat_binary_header header;
  std::memcpy(&header, at, sizeof header);
  at += header.bytes;
  for (const char* const end = at + header.all; at < end;) {
    fat_binary_entry entry;
    std::memcpy(&entry, at, sizeof entry);
    const std::string_view text{at + entry.bytes, entry.all};
    if (entry.kind == 1 && text.find(".version") != std::string_view::npos) return text;
    at += entry.bytes + entry.all;
  }
  return {};
}

struct device_module {
  const fat_binary_wrapper* binary;
  std::unordered_map<std::string, program> kernels;
  bool is_read = false;
};

struct kernel_entry {
  device_module* module;
  std::string name;
  /// CUB's blocks wait for those before them; of ours none may: every second launch goes backwards.
  [[nodiscard]] bool blocks_are_free() const { return name.find("3cub") == std::string::npos; }
};

struct call_configuration {
  dim3 grid, block;
  std::size_t shared;
  cudaStream_t stream;
};

struct device_state {
  std::recursive_mutex mutex;
  device_memory memory;
  std::vector<std::unique_ptr<device_module>> modules;
  std::unordered_map<const void*, kernel_entry> kernels;  ///< by the host's stub
  cudaError_t broken = cudaSuccess;                       ///< after a fault: for good
  std::uint64_t launches = 0;
};

/// Built by the first kernel that registers, before main, and never taken down.
device_state& device() {
  static device_state& all = *new device_state;
  return all;
}

thread_local cudaError_t last_error = cudaSuccess;
thread_local std::vector<call_configuration> configurations;

cudaError_t said(cudaError_t code) {
  if (code != cudaSuccess) last_error = code;
  return code;
}

/// What f gives, or the error of the fault that ended it.
template <class F>
cudaError_t guarded(const F& f) {
  device_state& all = device();
  const std::lock_guard lock{all.mutex};
  if (all.broken != cudaSuccess) return said(all.broken);
  try {
    return said(f(all));
  } catch (const fault& met) {
    std::fprintf(stderr, "simulated device: %s\n", met.what());
    all.broken = static_cast<cudaError_t>(met.code);
  } catch (const std::exception& met) {
    std::fprintf(stderr, "simulated device: %s\n", met.what());
    all.broken = cudaErrorInvalidPtx;
  }
  return said(all.broken);
}

void read(device_module& module) {
  module.is_read = true;
  const std::string_view text = ptx_of(*module.binary);
  if (text.empty())
    throw ptx_error{"no PTX in a fat binary: compile for NN-virtual with --compress-mode=none"};
  const ptx_module parsed = parse_ptx(text);
  std::unordered_map<std::string, std::uint64_t> globals;
  device_memory& memory = device().memory;
  for (const auto& variable : parsed.globals) {
    const auto at = reinterpret_cast<std::uint64_t>(memory.allocate(variable.bytes));
    std::memset(memory.host(at), 0, variable.bytes);
    if (!variable.values.empty())
      std::memcpy(memory.host(at), variable.values.data(), variable.values.size());
    memory.find(at, variable.bytes)->watched.set(0, variable.bytes);
    globals[variable.name] = at;
  }
  for (const auto& kernel : parsed.kernels)
    module.kernels.emplace(kernel.name, decode(kernel, parsed, globals));
}

const program& program_of(const kernel_entry& entry) {
  if (!entry.module->is_read) read(*entry.module);
  const auto found = entry.module->kernels.find(entry.name);
  if (found == entry.module->kernels.end()) throw ptx_error{"no PTX of kernel " + entry.name};
  return found->second;
}

extent3 as_extent(dim3 size) { return {size.x, size.y, size.z}; }

cudaError_t launch(const kernel_entry& entry, dim3 grid, dim3 block, void** arguments,
                   std::size_t shared) {
  return guarded([&](device_state& all) {
    const std::uint64_t threads = as_extent(block).volume();
    if (threads == 0 || threads > 1024 || block.z > 64 || as_extent(grid).volume() == 0 ||
        grid.x > 0x7fffffff || grid.y > 65535 || grid.z > 65535)
      return cudaErrorInvalidConfiguration;
    const program& code = program_of(entry);
    if (code.shared_bytes + shared > 48 * 1024) return cudaErrorInvalidValue;
    run_grid(all.memory, code, as_extent(grid), as_extent(block), shared, arguments,
             entry.blocks_are_free() && ++all.launches % 2 == 0);
    return cudaSuccess;
  });
}

/// Where n bytes of the caller's lie, which may be a host's or this device's, and are written to or
/// read.
std::byte* bytes_at(device_state& all, const void* address, std::size_t n, bool of_device,
                    access how) {
  const auto at = reinterpret_cast<std::uint64_t>(address);
  if (!all.memory.is_mine(at) && !of_device)
    return static_cast<std::byte*>(const_cast<void*>(address));
  allocation* const found = of_device ? all.memory.find(at, n) : nullptr;
  if (found == nullptr)
    throw fault{cudaErrorInvalidValue, "a copy or fill of " + std::to_string(n) +
                                           " bytes that are not of the memory it names"};
  if (how == access::write)
    found->watched.set(at - found->begin, n);
  else if (!found->watched.is_set(at - found->begin, n))
    throw fault{cudaErrorInvalidValue,
                "a copy of " + std::to_string(n) + " bytes that nobody has written all of"};
  return all.memory.host(at);
}

}  // namespace
}  // namespace simulator

using namespace simulator;

extern "C" {

void** __cudaRegisterFatBinary(void* binary) {
  device_state& all = device();
  all.modules.push_back(
      std::make_unique<device_module>(static_cast<const fat_binary_wrapper*>(binary)));
  return reinterpret_cast<void**>(all.modules.back().get());
}
void __cudaRegisterFatBinaryEnd(void**) {}
void __cudaUnregisterFatBinary(void**) {}
void __cudaRegisterFunction(void** module, const char* stub, char*, const char* name, int, uint3*,
                            uint3*, dim3*, dim3*, int*) {
  device().kernels[stub] = {reinterpret_cast<device_module*>(module), name};
}
void __cudaRegisterVar(void**, char*, char*, const char*, int, std::size_t, int, int) {}

unsigned __cudaPushCallConfiguration(dim3 grid, dim3 block, std::size_t shared,
                                     CUstream_st* stream) {
  configurations.push_back({grid, block, shared, stream});
  return 0;
}
cudaError_t __cudaPopCallConfiguration(dim3* grid, dim3* block, std::size_t* shared, void* stream) {
  if (configurations.empty()) return said(cudaErrorInvalidConfiguration);
  const call_configuration found = configurations.back();
  configurations.pop_back();
  *grid = found.grid, *block = found.block, *shared = found.shared;
  *static_cast<cudaStream_t*>(stream) = found.stream;
  return cudaSuccess;
}

cudaError_t __cudaGetKernel(cudaKernel_t* kernel, const void* stub) {
  const auto found = device().kernels.find(stub);
  if (found == device().kernels.end()) return said(cudaErrorInvalidDeviceFunction);
  *kernel = reinterpret_cast<cudaKernel_t>(&found->second);
  return cudaSuccess;
}
cudaError_t __cudaLaunchKernel(cudaKernel_t kernel, dim3 grid, dim3 block, void** arguments,
                               std::size_t shared, cudaStream_t) {
  return launch(*reinterpret_cast<const kernel_entry*>(kernel), grid, block, arguments, shared);
}
cudaError_t cudaLaunchKernel(const void* stub, dim3 grid, dim3 block, void** arguments,
                             std::size_t shared, cudaStream_t) {
  const auto found = device().kernels.find(stub);
  if (found == device().kernels.end()) return said(cudaErrorInvalidDeviceFunction);
  return launch(found->second, grid, block, arguments, shared);
}

cudaError_t cudaFuncGetAttributes(cudaFuncAttributes* to, const void* stub) {
  const auto found = device().kernels.find(stub);
  if (found == device().kernels.end()) return said(cudaErrorInvalidDeviceFunction);
  *to = {};
  to->maxThreadsPerBlock = 1024;
  to->ptxVersion = to->binaryVersion = 90;
  return cudaSuccess;
}
cudaError_t cudaOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(int* blocks, const void*, int,
                                                                   std::size_t, unsigned) {
  *blocks = 2;
  return cudaSuccess;
}

cudaError_t cudaGetDeviceCount(int* count) {
  *count = 1;
  return cudaSuccess;
}
cudaError_t cudaGetDevice(int* number) {
  *number = 0;
  return cudaSuccess;
}
cudaError_t cudaSetDevice(int number) {
  return said(number == 0 ? cudaSuccess : cudaErrorInvalidDevice);
}
cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int) {
  switch (attribute) {
    case cudaDevAttrMultiProcessorCount:
      *value = 2;
      return cudaSuccess;
    case cudaDevAttrComputeCapabilityMajor:
      *value = 9;
      return cudaSuccess;
    case cudaDevAttrComputeCapabilityMinor:
      *value = 0;
      return cudaSuccess;
    case cudaDevAttrMaxSharedMemoryPerBlock:
    case cudaDevAttrMaxSharedMemoryPerBlockOptin:
      *value = 48 * 1024;
      return cudaSuccess;
    case cudaDevAttrMaxGridDimX:
      *value = 0x7fffffff;
      return cudaSuccess;
    default:
      return said(cudaErrorInvalidValue);
  }
}

cudaError_t cudaMemPoolCreate(cudaMemPool_t* pool, const cudaMemPoolProps*) {
  *pool = reinterpret_cast<cudaMemPool_t>(&device());
  return cudaSuccess;
}
cudaError_t cudaMemPoolSetAttribute(cudaMemPool_t, cudaMemPoolAttr, void*) { return cudaSuccess; }
cudaError_t cudaMallocFromPoolAsync(void** to, std::size_t bytes, cudaMemPool_t, cudaStream_t) {
  return guarded([&](device_state& all) {
    *to = all.memory.allocate(bytes);
    return *to != nullptr ? cudaSuccess : cudaErrorMemoryAllocation;
  });
}
cudaError_t cudaFreeAsync(void* address, cudaStream_t) {
  return guarded([&](device_state& all) {
    return address == nullptr || all.memory.release(address) ? cudaSuccess : cudaErrorInvalidValue;
  });
}
cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t n, cudaMemcpyKind kind,
                            cudaStream_t) {
  return guarded([&](device_state& all) {
    if (n == 0) return cudaSuccess;
    const bool to_device = kind == cudaMemcpyHostToDevice || kind == cudaMemcpyDeviceToDevice;
    const bool from_device = kind == cudaMemcpyDeviceToHost || kind == cudaMemcpyDeviceToDevice;
    const std::byte* const source = bytes_at(all, from, n, from_device, access::read);
    std::memcpy(bytes_at(all, to, n, to_device, access::write), source, n);
    return cudaSuccess;
  });
}
cudaError_t cudaMemsetAsync(void* to, int value, std::size_t n, cudaStream_t) {
  return guarded([&](device_state& all) {
    if (n > 0) std::memset(bytes_at(all, to, n, true, access::write), value, n);
    return cudaSuccess;
  });
}
cudaError_t cudaStreamSynchronize(cudaStream_t) {
  return guarded([](device_state&) { return cudaSuccess; });
}
cudaError_t cudaPointerGetAttributes(cudaPointerAttributes* to, const void* address) {
  return guarded([&](device_state& all) {
    *to = {};
    if (all.memory.is_mine(reinterpret_cast<std::uint64_t>(address)))
      to->type = cudaMemoryTypeDevice;
    return cudaSuccess;
  });
}

cudaError_t cudaGetLastError() {
  const cudaError_t code = last_error;
  last_error = device().broken;
  return code;
}
cudaError_t cudaPeekAtLastError() { return last_error; }
const char* cudaGetErrorString(cudaError_t) { return "on the simulated device"; }
const char* cudaGetErrorName(cudaError_t code) {
  switch (code) {
#define S2D_NAME(x) \
  case x:           \
    return #x
    S2D_NAME(cudaSuccess);
    S2D_NAME(cudaErrorIllegalAddress);
    S2D_NAME(cudaErrorInvalidConfiguration);
    S2D_NAME(cudaErrorInvalidDevice);
    S2D_NAME(cudaErrorInvalidDeviceFunction);
    S2D_NAME(cudaErrorInvalidPtx);
    S2D_NAME(cudaErrorInvalidValue);
    S2D_NAME(cudaErrorLaunchFailure);
    S2D_NAME(cudaErrorLaunchTimeout);
    S2D_NAME(cudaErrorMemoryAllocation);
    S2D_NAME(cudaErrorMisalignedAddress);
    S2D_NAME(cudaErrorNotSupported);
#undef S2D_NAME
    default:
      return "an error without a name here";
  }
}

}  // extern "C"
