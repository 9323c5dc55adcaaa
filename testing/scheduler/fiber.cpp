// SPDX-License-Identifier: BSL-1.0
#include "testing/scheduler/fiber.hpp"

#include <cxxabi.h>

#include <boost/context/detail/fcontext.hpp>
#include <cstring>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define CONQ_TESTING_ASAN 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define CONQ_TESTING_ASAN 1
#endif
#if defined(CONQ_TESTING_ASAN)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>

// With detect_stack_use_after_return, AddressSanitizer puts frames on fake stacks, whose addresses
// the fibers would use one after another. The search for data races goes by address, so that option
// is off.
extern "C" const char* __asan_default_options();   // NOLINT: the name is the sanitizer's
extern "C" const char* __asan_default_options() {  // NOLINT
    return "detect_stack_use_after_return=0";
}
#endif

// For functions that run while stacks are exchanged: AddressSanitizer must not move their locals to
// a fake stack, which may be gone by then.
#define CONQ_TESTING_NO_ASAN [[gnu::no_sanitize_address]]

namespace conq::testing {
namespace {

#if defined(CONQ_TESTING_ASAN)
constexpr std::size_t stack_bytes = 512 * 1024;
#else
constexpr std::size_t stack_bytes = 128 * 1024;
#endif

}  // namespace

struct fiber::entry {
    CONQ_TESTING_NO_ASAN static void run(boost::context::detail::transfer_t from) {
        auto* const pair = static_cast<fiber**>(from.data);
        fiber& me = *pair[1];
        pair[0]->context_ = from.fctx;
        me.arrive(*pair[0]);
        me.body_(me.argument_);
    }
};

void fiber::begin(function body, void* argument) {
    if (stack_ == nullptr) stack_.reset(new std::byte[stack_bytes]);
    stack_bottom_ = stack_.get();
    stack_size_ = stack_bytes;
#if defined(CONQ_TESTING_ASAN)
    // A fiber that was abandoned in the middle has left the poison of its frames behind.
    ASAN_UNPOISON_MEMORY_REGION(stack_.get(), stack_bytes);
    fake_stack_ = nullptr;
#endif
    body_ = body;
    argument_ = argument;
    std::memset(exceptions_, 0, sizeof exceptions_);
    context_ =
        boost::context::detail::make_fcontext(stack_.get() + stack_bytes, stack_bytes, &entry::run);
}

CONQ_TESTING_NO_ASAN void fiber::switch_to(fiber& to, bool ends) {
    void* const globals = abi::__cxa_get_globals();
    std::memcpy(exceptions_, globals, sizeof exceptions_);
    std::memcpy(globals, to.exceptions_, sizeof exceptions_);
#if defined(CONQ_TESTING_ASAN)
    __sanitizer_start_switch_fiber(ends ? nullptr : &fake_stack_, to.stack_bottom_, to.stack_size_);
#endif
    static_cast<void>(ends);
    fiber* pair[2] = {this, &to};
    const auto back = boost::context::detail::jump_fcontext(to.context_, static_cast<void*>(pair));
    fiber& from = *static_cast<fiber**>(back.data)[0];
    from.context_ = back.fctx;
    arrive(from);
}

// Called right after the switch from `from` to this fiber.
CONQ_TESTING_NO_ASAN void fiber::arrive([[maybe_unused]] fiber& from) {
#if defined(CONQ_TESTING_ASAN)
    const void* bottom = nullptr;
    std::size_t size = 0;
    __sanitizer_finish_switch_fiber(fake_stack_, &bottom, &size);
    from.stack_bottom_ = bottom;
    from.stack_size_ = size;
#endif
}

}  // namespace conq::testing
