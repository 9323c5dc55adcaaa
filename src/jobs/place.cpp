// SPDX-License-Identifier: BSL-1.0
#include "src/jobs/place.hpp"

#include <sqlite3.h>
#include <sys/vfs.h>

#include <algorithm>
#include <cerrno>
#include <iterator>

#include "conq/jobs/engine.hpp"

namespace conq::jobs {
namespace {

struct known {
    std::uint32_t type;
    place is;
};

// The numbers are those of linux/magic.h, and those of file systems that are not part of the
// kernel.
constexpr auto network = place::kind::network;
constexpr known all_known[] = {
    {0x00006969, {network, "NFS"}},
    {0x0000517b, {network, "SMB"}},
    {0xff534d42, {network, "CIFS"}},
    {0xfe534d42, {network, "SMB 2"}},
    {0x01021997, {network, "9p"}},
    {0x0bd00bd0, {network, "Lustre"}},
    {0x00c36400, {network, "Ceph"}},
    {0x5346414f, {network, "AFS"}},
    {0x6b414653, {network, "AFS"}},
    {0x73757245, {network, "Coda"}},
    {0x0000564c, {network, "NCP"}},
    {0x7461636f, {network, "OCFS2"}},
    {0x01161970, {network, "GFS2"}},
    {0x47504653, {network, "GPFS"}},
    {0x19830326, {network, "BeeGFS"}},
    {0xaad7aaea, {network, "PanFS"}},
    {0xbacbacbc, {network, "a shared folder of VMware"}},
    {0x786f4256, {network, "a shared folder of VirtualBox"}},
    {0x65735546, {place::kind::foreign, "FUSE"}},
};

std::uint32_t type_of(const std::string& path) {
    struct statfs about{};
    if (::statfs(path.c_str(), &about) == 0) return static_cast<std::uint32_t>(about.f_type);
    const std::size_t slash = path.rfind('/');
    const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
    return ::statfs(folder.c_str(), &about) == 0 ? static_cast<std::uint32_t>(about.f_type) : 0;
}

place_probe probe_in_use = type_of;

}  // namespace

std::string full_name(const std::string& path) {
    sqlite3_vfs* const files = sqlite3_vfs_find(nullptr);
    std::string name(static_cast<std::size_t>(files->mxPathname) + 1, '\0');
    const int code = files->xFullPathname(files, path.c_str(), files->mxPathname + 1, name.data());
    if ((code & 0xff) != SQLITE_OK) return path;  // the call that opens it will say why
    return name.substr(0, name.find('\0'));
}

const char* mend_of_open(int error) noexcept {
    switch (error) {
        case EMFILE:
            return "this process has no file descriptor left: close files, or raise its limit "
                   "(ulimit -n)";
        case ENFILE:
            return "the system has no file descriptor left: end programs that have files open";
        default:
            return "a queue needs a folder and files that you may write, on a local disk";
    }
}

void set_place_probe(place_probe probe) noexcept {
    probe_in_use = probe != nullptr ? probe : type_of;
}

place place_of(const std::string& path) {
    const std::uint32_t type = probe_in_use(path);
    const auto* const found = std::find_if(std::begin(all_known), std::end(all_known),
                                           [type](const known& each) { return each.type == type; });
    return found == std::end(all_known) ? place{} : found->is;
}

void check_place(const std::string& path) {
    const place found = place_of(path);
    if (found.how != network) return;
    throw store_error("conq: " + path + ": it lies on " + found.name +
                      ", where other machines see none of the locks of this one: name a file on a "
                      "local disk, and let others reach it by ssh");
}

}  // namespace conq::jobs
