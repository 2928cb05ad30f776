// All attempts of one call, oldest first.
//
// Most calls make one attempt, and what is known of it is in their response or error already: nothing else is stored
// for it. Only what was tried before the last attempt is kept as records; the last one is read out of its result here.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/attempt_record.hpp"
#include "client/response.hpp"

namespace ppn {

// Notes an attempt that will be followed by another. When there is no place left the newest one is replaced, so that
// the first ones stay, and together with the last attempt there are at most kMaxAttemptRecords.
void note_earlier_attempt(std::vector<AttemptRecord>& earlier, AttemptRecord record);

// In the order of their beginnings: of two that ran side by side the first may end last.
void add_attempt(std::vector<AttemptRecord>& attempts, AttemptRecord record);

// A response counts its last attempt once it is complete.
std::size_t attempt_count(const Response& response) noexcept;
std::size_t attempt_count(const Error& error) noexcept;

// With index < attempt_count().
AttemptRecord attempt_at(const Response& response, std::size_t index);
AttemptRecord attempt_at(const Error& error, std::size_t index);
// Its peer, for as long as the response or the log of the error.
const std::string& attempt_remote(const Response& response, std::size_t index) noexcept;
const std::string& attempt_remote(const Error& error, std::size_t index) noexcept;

// The whole list. Of an error whose log lacks the last attempt, that one has ended == -1: not known.
std::vector<AttemptRecord> attempts_of(const Response& response);
std::vector<AttemptRecord> attempts_of(const Error& error);

}  // namespace ppn
