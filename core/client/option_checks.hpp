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
std::string check_addresses(std::string_view text);
std::string check_final_error_codes(std::string_view text);
std::string check_own_header(std::string_view text);
std::string check_sentinel(std::string_view text);
std::string check_event_types(std::string_view text);
std::string check_scope(std::string_view text);
std::string check_redis_url(std::string_view text);
std::string check_base_url(std::string_view text);
std::string check_api_key(std::string_view text);
std::string check_api_key_header(std::string_view text);
std::string check_api_key_scheme(std::string_view text);
std::string check_reconnect(std::string_view text);
std::string check_reconnect_codes(std::string_view text);

}  // namespace ppn
