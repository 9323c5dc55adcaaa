// SPDX-License-Identifier: BSL-1.0
// A folder for the files of one test.
#ifndef CONQ_TESTS_JOBS_FOLDER_HPP
#define CONQ_TESTS_JOBS_FOLDER_HPP

#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <stdexcept>
#include <string>

/// A new, empty folder; removed at the end with all that it holds.
class folder {
public:
    folder() : folder(std::filesystem::temp_directory_path()) {}
    explicit folder(const std::filesystem::path& parent) {
        std::string name = (parent / "conq-jobs-XXXXXX").string();
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

/// The same in memory instead of on a disk, where that is possible: for thousands of small files.
/// What processes see of each other's writes does not depend on it, and a power failure is
/// simulated anyway.
class memory_folder : public folder {
public:
    memory_folder() : folder(parent()) {}

private:
    static std::filesystem::path parent() {
        const std::filesystem::path memory = "/dev/shm";
        const bool is_there = ::access(memory.c_str(), W_OK | X_OK) == 0;
        return is_there ? memory : std::filesystem::temp_directory_path();
    }
};

#endif
