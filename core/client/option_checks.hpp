// What the texts of the option table must look like.
#pragma once

#include <string>
#include <string_view>

namespace ppn {

// What is wrong with a text, "" when it can be used.
using Complaint = std::string (*)(std::string_view text);

std::string check_path(std::string_view text);
std::string check_pem(std::string_view text);
std::string check_password(std::string_view text);
std::string check_pins(std::string_view text);
std::string check_tls_version(std::string_view text);
std::string check_server_name(std::string_view text);
std::string check_user_agent(std::string_view text);
std::string check_resolve(std::string_view text);
std::string check_unix_socket(std::string_view text);

}  // namespace ppn
