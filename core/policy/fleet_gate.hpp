// The rate limit that a fleet shares. It stands in base, because io implements it and may not include policy.
#pragma once

#include "base/fleet_gate.hpp"
