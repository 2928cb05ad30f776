// Streams as providers send them, shortened to the fields that clients read.
#pragma once

#include <string>

namespace ppn::test {

inline const std::string openai_chat =
    R"(data: {"id":"chatcmpl-1","object":"chat.completion.chunk","model":"gpt-4o","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}],"usage":null}

data: {"id":"chatcmpl-1","object":"chat.completion.chunk","model":"gpt-4o","choices":[{"index":0,"delta":{"content":"Say \"error\": {}"},"finish_reason":null}],"usage":null}

data: {"id":"chatcmpl-1","object":"chat.completion.chunk","model":"gpt-4o","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":null}

data: {"id":"chatcmpl-1","object":"chat.completion.chunk","model":"gpt-4o","choices":[],"usage":{"prompt_tokens":9,"completion_tokens":12,"total_tokens":21}}

)";
inline const std::string openai_done = "data: [DONE]\n\n";
inline const std::string openai_error =
    R"(data: {"error":{"message":"The server had an error while processing your request","type":"server_error","param":null,"code":null}}

)";

inline const std::string anthropic_messages =
    R"(event: message_start
data: {"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","content":[],"usage":{"input_tokens":25,"output_tokens":1}}}

event: content_block_start
data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}

event: ping
data: {"type":"ping"}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hello"}}

event: content_block_stop
data: {"type":"content_block_stop","index":0}

event: message_delta
data: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":15}}

)";
inline const std::string anthropic_stop = "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";
inline const std::string anthropic_error =
    "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n";

inline const std::string responses_begin =
    R"(event: response.created
data: {"type":"response.created","sequence_number":0,"response":{"id":"resp_1","status":"in_progress","error":null,"usage":null}}

event: response.output_text.delta
data: {"type":"response.output_text.delta","sequence_number":1,"item_id":"msg_1","delta":"Hi"}

)";
inline const std::string responses_completed =
    R"(event: response.completed
data: {"type":"response.completed","sequence_number":2,"response":{"id":"resp_1","status":"completed","error":null,"usage":{"input_tokens":37,"output_tokens":11,"total_tokens":48}}}

)";
inline const std::string responses_error =
    R"(event: error
data: {"type":"error","sequence_number":2,"code":"rate_limit_exceeded","message":"Rate limit reached","param":null}

)";

}  // namespace ppn::test
