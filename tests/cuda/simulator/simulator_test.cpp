// The simulated device itself: what instructions give, how lanes part and meet, and that each kind
// of mistake in a kernel is met.
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include "decode.hpp"
#include "machine.hpp"
#include "memory.hpp"
#include "ptx.hpp"
#include "support/catch.hpp"

using namespace simulator;

namespace {

const std::string head = ".version 8.0\n.target sm_90\n.address_size 64\n";
const std::string registers =
    ".reg .pred %p<8>;\n.reg .b16 %rs<8>;\n.reg .b32 %r<16>;\n.reg .f32 %f<16>;\n"
    ".reg .b64 %rd<16>;\n.reg .f64 %fd<8>;\n";

/// A kernel of (u64 to): %rd1 its address, %r1 the thread, %rd2 the thread's element of 4 bytes.
std::string kernel(const std::string& body, const std::string& variables = "") {
  return head + ".visible .entry k(.param .u64 k_to)\n{\n" + registers + variables +
         "ld.param.u64 %rd1, [k_to];\nmov.u32 %r1, %tid.x;\nmul.wide.u32 %rd2, %r1, 4;\n"
         "add.s64 %rd2, %rd1, %rd2;\n" +
         body + "\nret;\n}\n";
}

/// What n words are after some blocks of threads.
std::vector<u32> run(const std::string& text, u32 threads, std::size_t n, u32 blocks = 1) {
  const ptx_module module = parse_ptx(text);
  device_memory memory;
  void* const to = memory.allocate(4 * n);
  run_grid(memory, decode(module.kernels.at(0), module, {}), {blocks, 1, 1}, {threads, 1, 1}, 0,
           std::vector<const void*>{&to}.data());
  std::vector<u32> words(n);
  std::memcpy(words.data(), memory.host(reinterpret_cast<u64>(to)), 4 * n);
  return words;
}

std::string fault_of(const std::string& text, u32 threads, std::size_t n, u32 blocks = 1) {
  try {
    run(text, threads, n, blocks);
  } catch (const fault& met) {
    return met.what();
  }
  return "none";
}

/// What lane 0 has in %r5 after some instructions.
u32 word_after(const std::string& body) {
  return run(kernel(body + "\nst.global.u32 [%rd2], %r5;"), 1, 1)[0];
}
/// The same of %f5.
float number_after(const std::string& body) {
  const u32 bits = word_after(body + "\nmov.b32 %r5, %f5;");
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

}  // namespace

TEST_CASE("simulated integers are those of PTX", "[simulator]") {
  CHECK(word_after("mov.u32 %r2, 7; shl.b32 %r5, %r2, 33;") == 0);
  CHECK(word_after("mov.u32 %r2, -7; shr.s32 %r5, %r2, 40;") == 0xffffffff);
  CHECK(word_after("mov.u32 %r2, -7; shr.u32 %r5, %r2, 28;") == 15);
  CHECK(word_after("mov.u32 %r2, -7; mul.hi.s32 %r5, %r2, 5;") == 0xffffffff);
  CHECK(word_after("mov.u32 %r2, -7; mul.hi.u32 %r5, %r2, 5;") == 4);
  CHECK(word_after("mov.u32 %r2, -7; div.s32 %r5, %r2, 2;") == static_cast<u32>(-3));
  CHECK(word_after("mov.u32 %r2, -7; rem.s32 %r5, %r2, 2;") == static_cast<u32>(-1));
  CHECK(word_after("mov.u32 %r2, 0x12345678; prmt.b32 %r5, %r2, 0, 0x4123;") == 0x563412);
  CHECK(word_after("mov.u32 %r2, 5; mov.u32 %r3, -1; bfi.b32 %r5, %r2, %r3, 4, 3;") == 0xffffffdf);
  CHECK(word_after("mov.u32 %r2, 0xF0; bfe.u32 %r5, %r2, 4, 3;") == 7);
  CHECK(word_after("mov.u32 %r2, 0xF0; bfe.s32 %r5, %r2, 4, 3;") == 0xffffffff);
  CHECK(word_after("mov.u64 %rd3, 0xF0000000000; clz.b64 %r5, %rd3;") == 20);
  CHECK(word_after("mov.u32 %r2, 0xF0; bfind.u32 %r5, %r2;") == 7);
  CHECK(word_after("mov.u32 %r2, 0xF0; bfind.shiftamt.u32 %r5, %r2;") == 24);
  CHECK(word_after("mov.u32 %r2, 0; bfind.u32 %r5, %r2;") == 0xffffffff);
  CHECK(word_after("mov.u64 %rd3, -1; popc.b64 %r5, %rd3;") == 64);
  CHECK(word_after("mov.u32 %r2, 0xF0; cvt.s32.s8 %r5, %r2;") == 0xfffffff0);
  CHECK(word_after("mov.u64 %rd3, 0x200000001; mov.b64 {%r2, %r5}, %rd3;") == 2);
  CHECK(word_after("setp.lt.s32 %p1, %r1, 0; selp.b32 %r5, 1, 2, %p1;") == 2);
}

TEST_CASE("simulated numbers are those of PTX", "[simulator]") {
  CHECK(number_after("mov.f32 %f1, 0f3F800000; add.rz.f32 %f5, %f1, 0f33FFFFFF;") == 1.0f);
  CHECK(number_after("mov.f32 %f1, 0f3F800000; add.rn.f32 %f5, %f1, 0f33FFFFFF;") ==
        1.0f + 0x1p-23f);
  CHECK(number_after("mov.f32 %f1, 0f3F800001; fma.rm.f32 %f5, %f1, %f1, 0f00000000;") ==
        1.0f + 0x1p-22f);
  CHECK(number_after("mov.f32 %f1, 0f7FC00000; min.f32 %f5, %f1, 0f40000000;") == 2.0f);
  CHECK(std::signbit(number_after("mov.f32 %f1, 0f80000000; min.f32 %f5, 0f00000000, %f1;")));
  CHECK(number_after("mov.f32 %f1, 0f40400000; ex2.approx.ftz.f32 %f5, %f1;") == 8.0f);
  CHECK(number_after("mov.f32 %f1, 0f40400000; cvt.sat.f32.f32 %f5, %f1;") == 1.0f);
  CHECK(word_after("mov.f32 %f1, 0f7FC00000; cvt.rzi.s32.f32 %r5, %f1;") == 0);
  CHECK(word_after("mov.f64 %fd1, 0d7FF8000000000000; cvt.rzi.s32.f64 %r5, %fd1;") == 0x80000000);
  CHECK(word_after("mov.f32 %f1, 0fCF800000; cvt.rzi.s32.f32 %r5, %f1;") == 0x80000000);
  CHECK(word_after("mov.f32 %f1, 0f4F800000; cvt.rzi.s32.f32 %r5, %f1;") == 0x7fffffff);
  CHECK(word_after("mov.f32 %f1, 0f40200000; cvt.rni.s32.f32 %r5, %f1;") == 2);
  CHECK(word_after("mov.f32 %f1, 0f7FC00000; setp.lt.f32 %p1, %f1, %f1;"
                   "selp.b32 %r5, 1, 2, %p1;") == 2);
  CHECK(word_after("mov.f32 %f1, 0f7FC00000; setp.ltu.f32 %p1, %f1, %f1;"
                   "selp.b32 %r5, 1, 2, %p1;") == 1);
  CHECK(word_after("mov.f32 %f1, 0f3F800000; cvt.rn.f16.f32 %rs1, %f1; cvt.u32.u16 %r5, %rs1;") ==
        0x3c00);
}

TEST_CASE("lanes that part meet again", "[simulator]") {
  // Lane i goes i times through a loop; then all sum what all have.
  const std::string body = R"(
    mov.u32 %r2, 0;
    mov.u32 %r3, 0;
  LOOP:
    setp.ge.u32 %p1, %r2, %r1;
    @%p1 bra DONE;
    add.u32 %r3, %r3, 3;
    add.u32 %r2, %r2, 1;
    bra.uni LOOP;
  DONE:
    mov.u32 %r4, 16;
  HALVE:
    shfl.sync.bfly.b32 %r5, %r3, %r4, 31, -1;
    add.u32 %r3, %r3, %r5;
    shr.u32 %r4, %r4, 1;
    setp.ne.u32 %p1, %r4, 0;
    @%p1 bra HALVE;
    st.global.u32 [%rd2], %r3;)";
  CHECK(run(kernel(body), 32, 32) == std::vector<u32>(32, 3 * 31 * 32 / 2));
}

TEST_CASE("lanes vote, and shuffles say who is out of range", "[simulator]") {
  const auto votes = run(kernel("setp.gt.u32 %p1, %r1, 29; vote.sync.ballot.b32 %r5, !%p1, -1;"
                                "st.global.u32 [%rd2], %r5;"),
                         32, 32);
  CHECK(votes == std::vector<u32>(32, 0x3fffffff));
  const auto halves = run(kernel("setp.lt.u32 %p1, %r1, 16; selp.b32 %r2, 0xffff, 0xffff0000, %p1;"
                                 "setp.lt.u32 %p1, %r1, 20; vote.sync.ballot.b32 %r5, %p1, %r2;"
                                 "st.global.u32 [%rd2], %r5;"),
                          32, 32);
  CHECK(halves[3] == 0xffff);
  CHECK(halves[30] == 0xf0000);
  const auto shifted = run(kernel("shfl.sync.up.b32 %r5|%p1, %r1, 2, 0, -1;"
                                  "@!%p1 mov.u32 %r5, 77; st.global.u32 [%rd2], %r5;"),
                           32, 32);
  CHECK(shifted[0] == 77);
  CHECK(shifted[1] == 77);
  CHECK(shifted[31] == 29);
}

TEST_CASE("a block's threads meet at barriers and share memory", "[simulator]") {
  const std::string reversed = R"(
    shl.b32 %r2, %r1, 2;
    mov.u32 %r3, memory;
    add.u32 %r3, %r3, %r2;
    st.shared.u32 [%r3], 0;
    bar.sync 0;
    st.shared.u32 [%r3], %r1;
    BARRIER
    mov.u32 %r3, memory;
    sub.u32 %r3, %r3, %r2;
    ld.shared.u32 %r4, [%r3+380];
    st.global.u32 [%rd2], %r4;)";
  const auto with = [&](const std::string& barrier) {
    std::string body = reversed;
    body.replace(body.find("BARRIER"), 7, barrier);
    return kernel(body, ".shared .align 4 .b8 memory[384];\n");
  };
  std::vector<u32> expected(96);
  std::iota(expected.rbegin(), expected.rend(), 0u);
  CHECK(run(with("bar.sync 0;"), 96, 96) == expected);
  CHECK_THAT(fault_of(with(""), 96, 96), Catch::Contains("with no barrier between"));
  // A barrier of each warp is none of the block.
  CHECK_THAT(fault_of(with("bar.warp.sync -1;"), 96, 96),
             Catch::Contains("with no barrier between"));
  CHECK_THAT(fault_of(with("setp.lt.u32 %p1, %r1, 40; @%p1 bar.sync 0; @!%p1 bar.sync 1;"), 96, 96),
             Catch::Contains("another barrier than the rest of its warp"));
  CHECK_THAT(fault_of(with("setp.lt.u32 %p1, %r1, 32; @%p1 bar.sync 0; @!%p1 bar.sync 1;"), 96, 96),
             Catch::Contains("another barrier than the rest of its block"));
  // The same number, at two places.
  CHECK_THAT(fault_of(with("setp.lt.u32 %p1, %r1, 8; @%p1 bar.sync 0; bar.sync 0;"), 32, 32),
             Catch::Contains("another barrier than the rest of its warp"));
}

TEST_CASE("threads have bytes of shared memory to themselves", "[simulator]") {
  const std::string bytes = ".shared .align 4 .b8 m[64];\n";
  const std::string write = "mov.u32 %r2, m; add.u32 %r2, %r2, %r1; st.shared.u8 [%r2], %rs1;";
  CHECK(fault_of(kernel(write, bytes), 64, 64) == "none");
  CHECK_THAT(fault_of(kernel(write + "ld.shared.u8 %rs1, [m+5];", bytes), 64, 64),
             Catch::Contains("reads bytes of shared memory at 5 that thread 5 writes"));
}

TEST_CASE("threads that meet in global memory are met", "[simulator]") {
  using kind = watched_bytes::trouble::kind;
  const auto thread_of_block = [](u32 began, u32 last_barrier) {
    visitor who;
    who.since = 2, who.set_since = 1;
    who.block_start = began;
    who.now = who.warp_since = who.block_since = last_barrier;
    return who;
  };
  const auto met = [](const std::string& body, u32 threads = 64, u32 blocks = 1) {
    return fault_of(kernel("mov.u32 %r2, %ctaid.x; mul.wide.u32 %rd3, %r2, 4;"
                           "add.s64 %rd3, %rd3, %rd1;" +
                           body),
                    threads, 64, blocks);
  };
  const std::string first = "setp.eq.u32 %p1, %r1, 0; @%p1 ";
  const std::string mine = "st.global.u32 [%rd2], %r1;";
  const std::string next = "ld.global.u32 %r5, [%rd2+-4];";
  CHECK_THAT(met("st.global.u32 [%rd1+8], %r1;"),
             Catch::Contains("thread 1 of block (0, 0, 0): writes bytes of an allocation at 8 "
                             "that thread 0 writes with no barrier between"));
  CHECK_THAT(met(mine + "bar.sync 0; ld.global.u32 %r5, [%rd1]; st.global.u32 [%rd2], 1;"),
             Catch::Contains("at 0 that several threads read with no barrier between"));
  const std::string not_first = "setp.ne.u32 %p1, %r1, 0; @%p1 ";
  CHECK_THAT(met(mine + not_first + next), Catch::Contains("that thread 0 writes"));
  CHECK(met(mine + "bar.warp.sync -1;" + not_first + next, 32) == "none");
  CHECK(met(mine + "bar.sync 0;" + not_first + next) == "none");
  // Bytes of one word are different places.
  CHECK(met("cvt.u64.u32 %rd4, %r1; add.s64 %rd4, %rd4, %rd1; st.global.u8 [%rd4], %rs1;") ==
        "none");

  SECTION("of several blocks") {
    CHECK(met(first + "st.global.u32 [%rd3], 1;", 64, 3) == "none");
    CHECK_THAT(met(first + "st.global.u32 [%rd1], 1;", 64, 3),
               Catch::Contains("thread 0 of block (1, 0, 0)") &&
                   Catch::Contains("that other blocks write with no barrier between"));
  }
  SECTION("a place that goes from lane to lane is the last one's") {
    const std::string third = "setp.eq.u32 %p1, %r1, 3; @%p1 st.global.u32 [%rd1], 1;";
    const std::string fifth = "setp.eq.u32 %p1, %r1, 5; @%p1 st.global.u32 [%rd1], 2;";
    CHECK(met(third + "bar.warp.sync -1;" + fifth + "@%p1 ld.global.u32 %r5, [%rd1];", 32) ==
          "none");
    CHECK_THAT(met(third + "bar.warp.sync -1;" + fifth + third, 32),
               Catch::Contains("that thread 5 writes"));
  }
  SECTION("what a block did plainly others do not change, whatever it did since") {
    watched_bytes word{4};
    word.set(0, 4);
    CHECK(word.visit(thread_of_block(3, 3), 0, 4, access::write, false).is == kind::none);
    CHECK(word.visit(thread_of_block(3, 4), 0, 4, access::atomic, true).is == kind::none);
    CHECK(word.visit(thread_of_block(5, 5), 0, 4, access::atomic, true).is == kind::written);
  }
  SECTION("what another block has read is not written") {
    watched_bytes word{4};
    word.set(0, 4);
    CHECK(word.visit(thread_of_block(3, 3), 0, 4, access::read, false).is == kind::none);
    CHECK(word.visit(thread_of_block(4, 4), 0, 4, access::read, false).is == kind::none);
    // A barrier that the other block knows nothing of.
    const auto trouble = word.visit(thread_of_block(4, 5), 0, 4, access::write, false);
    CHECK(trouble.is == kind::read);
    CHECK(trouble.thread == touch::foreigners);
  }
  SECTION("in atomic and in plain ways") {
    const std::string zero = first + "st.global.u32 [%rd1], 0; bar.sync 0;";
    CHECK(met(zero + "red.global.add.u32 [%rd1], 1; bar.sync 0; ld.global.u32 %r5, [%rd1];") ==
          "none");
    CHECK(met(first + "st.global.u32 [%rd1], 0; bar.warp.sync -1; red.global.add.u32 [%rd1], 1;",
              32) == "none");
    CHECK_THAT(met(zero + "red.global.add.u32 [%rd1], 1; ld.global.u32 %r5, [%rd1];"),
               Catch::Contains("that several threads write"));
    CHECK(met(zero + "red.global.add.u32 [%rd1], 1; ld.volatile.global.u32 %r5, [%rd1];") ==
          "none");
    CHECK_THAT(met(zero + "ld.volatile.global.u32 %r5, [%rd1]; st.global.u32 [%rd1], 1;"),
               Catch::Contains("that several threads read"));
    CHECK(met(zero + "ld.volatile.global.u32 %r5, [%rd1]; st.volatile.global.u32 [%rd1], 1;") ==
          "none");
  }
}

TEST_CASE("bytes that nobody has written are not read", "[simulator]") {
  CHECK_THAT(fault_of(kernel("ld.global.u32 %r5, [%rd2];"), 4, 4),
             Catch::Contains("reads bytes of an allocation at 0 that nobody has written"));
  CHECK_THAT(fault_of(kernel("cvt.u16.u32 %rs1, %r1; st.global.u8 [%rd1+1], 1;"
                             "ld.global.u16 %rs2, [%rd1];"),
                      1, 4),
             Catch::Contains("at 0 that nobody has written"));
  const std::string bytes = ".shared .align 4 .b8 m[64];\n";
  // Shared memory is rubbish to every block anew.
  const std::string body =
      "mov.u32 %r2, %ctaid.x; setp.eq.u32 %p1, %r2, 0;"
      "@%p1 st.shared.u32 [m], 1; ld.shared.u32 %r5, [m];";
  CHECK(fault_of(kernel(body, bytes), 1, 4, 1) == "none");
  CHECK_THAT(fault_of(kernel(body, bytes), 1, 4, 2),
             Catch::Contains("of block (1, 0, 0): reads bytes of shared memory at 0 that nobody"));
  device_memory memory;
  const auto at = reinterpret_cast<u64>(memory.allocate(10));
  allocation& all = *memory.find(at, 10);
  CHECK_FALSE(all.watched.is_set(0, 1));
  all.watched.set(0, 3);
  CHECK(all.watched.is_set(0, 3));
  CHECK_FALSE(all.watched.is_set(2, 2));
  all.watched.set(3, 7);
  CHECK(all.watched.is_set(0, 10));
}

TEST_CASE("atomic operations lose nothing", "[simulator]") {
  CHECK(run(kernel("setp.eq.u32 %p1, %r1, 0; @%p1 st.global.u32 [%rd1], 7; bar.sync 0;"
                   "atom.global.add.u32 %r5, [%rd1], 1;"),
            96, 1)[0] == 7 + 96);
  const auto most = run(kernel("st.global.u32 [%rd2], 0; bar.sync 0;"
                               "red.global.max.u32 [%rd1], %r1; red.global.or.b32 [%rd1+4], %r1;"),
                        64, 64);
  CHECK(most[0] == 63);
  CHECK(most[1] == 63);
}

TEST_CASE("any thread's word is the word of a block", "[simulator]") {
  const auto asked = [](u32 who) {
    return run(kernel("setp.eq.u32 %p1, %r1, " + std::to_string(who) +
                      "; bar.red.or.pred %p2, 0, %p1; selp.b32 %r5, 1, 0, %p2;"
                      "st.global.u32 [%rd2], %r5;"),
               64, 64);
  };
  CHECK(asked(50) == std::vector<u32>(64, 1));
  CHECK(asked(64) == std::vector<u32>(64, 0));
}

TEST_CASE("memory that is not the kernel's is met", "[simulator]") {
  const std::string body = "st.global.u32 [%rd2], %r1;";
  CHECK(fault_of(kernel(body), 64, 64) == "none");
  CHECK_THAT(fault_of(kernel(body), 64, 63),
             Catch::Contains("thread 63 of block (0, 0, 0): 4 bytes at") &&
                 Catch::Contains("past or before every allocation"));
  CHECK_THAT(fault_of(kernel("st.global.u32 [%rd1+2], %r1;"), 1, 4),
             Catch::Contains("not aligned"));
  CHECK_THAT(fault_of(kernel("ld.global.v4.u32 {%r2, %r3, %r4, %r5}, [%rd1+8];"), 1, 8),
             Catch::Contains("16 bytes") && Catch::Contains("not aligned"));
  CHECK_THAT(fault_of(kernel("mov.u64 %rd3, 0; ld.global.u32 %r2, [%rd3];"), 1, 4),
             Catch::Contains("not memory of this device"));
  CHECK_THAT(fault_of(kernel("mov.u64 %rd3, 0; ld.global.u32 %r2, [%rd3+-4];"), 1, 4),
             Catch::Contains("not memory of this device"));
  CHECK_THAT(fault_of(kernel("mov.u64 %rd3, a; ld.local.u32 %r2, [%rd3+-4];",
                             ".local .align 4 .b8 a[16];\n"),
                      2, 4),
             Catch::Contains("outside of its local memory"));
  CHECK_THAT(fault_of(kernel("mov.u32 %r2, m; st.shared.u32 [%r2+16], %r1;",
                             ".shared .align 4 .b8 m[16];\n"),
                      1, 4),
             Catch::Contains("past its 16 bytes of shared memory"));
}

TEST_CASE("lanes that do not come, and kernels without end, are met", "[simulator]") {
  CHECK_THAT(
      fault_of(kernel("setp.lt.u32 %p1, %r1, 16; @%p1 shfl.sync.bfly.b32 %r5, %r1, 1, 31, -1;"
                      "bar.sync 0;"),
               32, 32),
      Catch::Contains("lanes of its warp that do not come"));
  // Lanes that have left are not waited for; but they have no values.
  const std::string half_left = "setp.ge.u32 %p1, %r1, 16; @%p1 ret;";
  CHECK(fault_of(kernel(half_left + "shfl.sync.bfly.b32 %r5, %r1, 1, 31, -1;"), 32, 32) == "none");
  CHECK_THAT(fault_of(kernel(half_left + "shfl.sync.bfly.b32 %r5, %r1, 16, 31, -1;"), 32, 32),
             Catch::Contains("takes the value of lane 16, which is not there"));
  CHECK_THAT(fault_of(kernel("shfl.sync.bfly.b32 %r5, %r1, 1, 31, 0xffff;"), 32, 32),
             Catch::Contains("thread 16") && Catch::Contains("not among the lanes that it names"));
  CHECK(fault_of(kernel("shfl.sync.idx.b32 %r5, %r1, 40, 31, 0xffff;"), 16, 16) == "none");
  CHECK_THAT(fault_of(kernel("LOOP:\nbra LOOP;"), 1, 1), Catch::Contains("runs and runs"));
}

TEST_CASE("what is not simulated is named when it is met", "[simulator]") {
  const std::string body = "setp.eq.u32 %p1, %r1, 99; @%p1 tanh.approx.f32 %f1, %f2;";
  CHECK(fault_of(kernel(body), 32, 32) == "none");
  CHECK_THAT(fault_of(kernel(body), 128, 128),
             Catch::Contains("thread 99") && Catch::Contains("tanh.approx.f32"));
}

TEST_CASE("broken PTX is refused by line", "[simulator]") {
  CHECK_THROWS_WITH(parse_ptx(head + ".visible .entry k()\n{\n.reg .b32 %r<2>;\n@%q bra X;\n}\n"),
                    Catch::Contains("PTX, line 7: found 'bra', expected a predicate before"));
  CHECK_THROWS_WITH(parse_ptx(head + ".visible .entry k(\n"), Catch::Contains("found 'the end'"));
  const ptx_module nowhere = parse_ptx(kernel("bra NOWHERE;"));
  CHECK_THROWS_WITH(decode(nowhere.kernels.at(0), nowhere, {}),
                    Catch::Contains("no label 'NOWHERE'"));
}

TEST_CASE("the host cannot read device memory", "[simulator]") {
  device_memory memory;
  const void* const there = memory.allocate(16);
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  CHECK(write(ends[1], memory.host(reinterpret_cast<u64>(there)), 16) == 16);
  CHECK(write(ends[1], there, 16) == -1);
  CHECK(errno == EFAULT);
  close(ends[0]), close(ends[1]);
}

TEST_CASE("device memory is exact, and used again", "[simulator]") {
  device_memory memory;
  CHECK(memory.allocate(device_memory::capacity + 1) == nullptr);
  void* const first = memory.allocate(10);
  void* const second = memory.allocate(0);
  CHECK(first != second);
  const auto at = reinterpret_cast<u64>(first);
  CHECK(at % 512 == 0);
  CHECK(memory.find(at, 10)->end == at + 10);
  CHECK(memory.find(at + 1, 10) == nullptr);
  CHECK(memory.find(at - 1, 1) == nullptr);
  CHECK(memory.release(first));
  CHECK_FALSE(memory.release(first));
  CHECK(memory.find(at, 1) == nullptr);
  device_memory small_window{1 << 20};
  void* const kept = small_window.allocate(1000);
  for (int i = 0; i < 100; ++i) {  // more than there are addresses
    void* const large = small_window.allocate(1 << 18);
    REQUIRE(large != nullptr);
    REQUIRE(large != kept);
    REQUIRE(small_window.release(large));
  }
  CHECK(small_window.find(reinterpret_cast<u64>(kept), 1000) != nullptr);
  CHECK(small_window.allocate(1 << 20) == nullptr);
}
