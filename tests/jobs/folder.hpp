// SPDX-License-Identifier: BSL-1.0
// A folder for the files of one test.
#ifndef CONQ_TESTS_JOBS_FOLDER_HPP
#define CONQ_TESTS_JOBS_FOLDER_HPP

#include <stdlib.h>

#include <filesystem>
#include <stdexcept>
#include <string>

/// Made empty, removed with what it holds.
class folder {
public:
    folder() {
        std::string name = (std::filesystem::temp_directory_path() / "conq-jobs-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no folder: " + name);
        path_ = name;
    }
    folder(const folder&) = delete;
    folder& operator=(const folder&) = delete;
    ~folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    [[nodiscard]] const std::string& path() const noexcept { return path_; }
    std::string operator/(const char* name) const { return path_ + "/" + name; }

private:
    std::string path_;
};

#endif
