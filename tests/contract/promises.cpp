// SPDX-License-Identifier: BSL-1.0
#include "promises.hpp"

#include <string>

namespace conq::test {
namespace {

class promise_test : public ::testing::Test {
public:
    explicit promise_test(promise_body body) : body_(body) {}

private:
    void TestBody() override {
        if (body_ != nullptr) {
            body_();
        } else {
            RecordProperty("not_needed", 1);
        }
    }

    promise_body body_;
};

template <class... Subjects>
constexpr std::array<const char*, sizeof...(Subjects)> names_of(::testing::Types<Subjects...>) {
    return {Subjects::name...};
}

}  // namespace

bool register_promise(const char* suite, const char* promise, const char* file, int line,
                      const promise_bodies& bodies) {
    constexpr auto names = names_of(all_subjects{});
    for (std::size_t i = 0; i < bodies.size(); ++i) {
        const std::string on_queue = std::string(suite) + "/" + names[i];
        ::testing::RegisterTest(on_queue.c_str(), promise, names[i], nullptr, file, line,
                                [body = bodies[i]] { return new promise_test(body); });
    }
    return true;
}

}  // namespace conq::test
