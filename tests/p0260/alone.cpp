// SPDX-License-Identifier: BSL-1.0
// The facade needs no other header before it.
#include "conq/p0260.hpp"
