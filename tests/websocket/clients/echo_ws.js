// An echo client on npm `ws`: URL, and the options of a case as JSON. Proves the harness, not the library.
// Ends with 0 after a Close with 1000 or 1001, with 77 when it has no such option, else with 1.
'use strict';
const fs = require('fs');
const WebSocket = require('ws');

const options = JSON.parse(process.argv[3] || '{}');
if (options.ping_interval_ms) process.exit(77);
const socket = new WebSocket(process.argv[2], options.subprotocols || [], {
  perMessageDeflate: options.deflate ? {clientMaxWindowBits: true} : false,
  maxPayload: options.max_message_bytes || 1 << 24,
  handshakeTimeout: options.open_timeout_ms || 10000,
  closeTimeout: options.close_timeout_ms || 5000,
  ca: options.cacert ? fs.readFileSync(options.cacert) : undefined
});
socket.on('message', (data, binary) => socket.send(data, {binary}));
socket.on('error', (error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});
socket.on('close', (code) => {
  if (code !== 1000 && code !== 1001) process.exitCode = 1;
});
