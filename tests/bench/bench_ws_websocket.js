// Peer: npm's ws, as its users write it. NODE_PATH names the folder that holds it; run.py installs it.
//
// usage: node --expose-gc bench_ws_websocket.js URL CA_FILE ...     (the arguments of bench_websocket.h)
'use strict';
const fs = require('fs');
const WebSocket = require('ws');

const openingAtOnce = 256;

function usage() {
  process.stderr.write('usage: bench_ws_websocket.js URL CA_FILE echo CONNECTIONS IN_FLIGHT BYTES SECONDS [deflate] | ' +
                       'URL CA_FILE idle CONNECTIONS\n');
  process.exit(1);
}

const [url, caFile, mode, ...numbers] = process.argv.slice(2);
const idle = mode === 'idle';
if (!caFile || (idle ? numbers.length !== 1 : mode !== 'echo' || numbers.length < 4)) usage();
const connections = Number(numbers[0]);
const inFlight = idle ? 1 : Number(numbers[1]);
const bytes = idle ? 128 : Number(numbers[2]);
const seconds = idle ? 0 : Number(numbers[3]);
const deflate = numbers[4] === 'deflate';

// The same text as bench_websocket_message of bench_websocket.h.
function makeMessage() {
  let number = 1;
  let text = '';
  while (text.length < bytes) {
    number = (Math.imul(number, 1103515245) + 12345) >>> 0;
    text += `{"type":"response.output_text.delta","delta":" w${(number >>> 8).toString(16)}"}`;
  }
  return Buffer.from(text.slice(0, bytes));
}

const message = makeMessage();
const options = {
  ca: fs.readFileSync(caFile),
  perMessageDeflate: deflate && {clientNoContextTakeover: true, serverNoContextTakeover: true},
};
const figures = {operations: 0, errors: 0, body_bytes: 0};
const sockets = [];
let warm = false;
let end = 0;
let waiting = 0;
let begun;
let before;

function begin() {
  const cpu = process.cpuUsage();
  begun = {time: process.hrtime.bigint(), cpu: cpu.user + cpu.system};
}

function memory() {
  global.gc();
  const now = process.memoryUsage();
  return {heap: now.heapUsed + now.external, resident: now.rss};
}

function finish() {
  const cpu = process.cpuUsage();
  figures.seconds = Number(process.hrtime.bigint() - begun.time) / 1e9;
  figures.cpu_s = (cpu.user + cpu.system - begun.cpu) / 1e6;
  if (idle) {
    const after = memory();
    figures.heap_per_connection = (after.heap - before.heap) / (connections - 1);
    figures.resident_per_connection = (after.resident - before.resident) / (connections - 1);
  }
  process.stdout.write(JSON.stringify(figures) + '\n', () => process.exit(figures.errors || !figures.operations ? 1 : 0));
}

function fail(what) {
  if (figures.errors++ === 0) process.stderr.write(`bench_ws_websocket: ${what}\n`);
  finish();
}

function send(socket) {
  waiting++;
  socket.send(message, {binary: false});
}

function onIdleMessage() {
  if (figures.operations === 1) before = memory();  // what comes once, with the first connection, is not counted
  if (figures.operations === connections) return finish();
  while (sockets.length < connections && sockets.length < figures.operations + openingAtOnce) open();
}

function onMessage(socket, data) {
  waiting--;
  if (data.length !== bytes) figures.errors++;
  figures.operations++;
  figures.body_bytes += data.length;
  if (idle) return onIdleMessage();
  if (!warm && figures.operations >= connections * inFlight * 4) {
    warm = true;
    figures.operations = 0;
    figures.body_bytes = 0;
    begin();
    end = Date.now() + seconds * 1000;
  }
  if (Date.now() < end) {
    send(socket);
  } else if (waiting === 0) {
    finish();
  }
}

function open() {
  const socket = new WebSocket(url, options);
  sockets.push(socket);
  socket.on('open', () => {
    if (deflate && !socket.extensions) fail('no permessage-deflate');
    for (let i = 0; i < inFlight; i++) send(socket);
  });
  socket.on('message', (data) => onMessage(socket, data));
  socket.on('close', () => fail('a connection has ended'));
  socket.on('error', (error) => fail(error.message));
}

begin();
end = Date.now() + 60000;
for (let i = 0; i < (idle ? 1 : connections); i++) open();
