// A server on npm `ws`. Argument: JSON {certificate, key, deflate}. Prints its port, then a line of JSON for each
// connection.
//   /drive?code=N  sends messages of every kind, compares their echoes, closes with N
//   /echo          answers texts; after "bye" it closes with 1000
'use strict';
const fs = require('fs');
const http = require('http');
const https = require('https');
const {WebSocketServer} = require('ws');

const options = JSON.parse(process.argv[2] || '{}');
const server = options.certificate ?
  https.createServer({cert: fs.readFileSync(options.certificate), key: fs.readFileSync(options.key)}) :
  http.createServer();
const sockets = new WebSocketServer({
  server,
  perMessageDeflate: Boolean(options.deflate),
  handleProtocols: (offered) => (offered.has('chat.v2') ? 'chat.v2' : false)
});
const large = 'pepper '.repeat(150000).slice(0, 1 << 20);
const MESSAGES = [['Hello', false], [Buffer.from([...Array(256).keys()]), true], ['', false], [Buffer.alloc(0), true],
  ['gr\u00fc\u00dfe \u{1f336}', false], [large, false], [Buffer.from(large), true]];

sockets.on('connection', (socket, request) => {
  const url = new URL(request.url, 'http://localhost');
  const report = {path: url.pathname, protocol: socket.protocol, extensions: socket.extensions,
    header: request.headers['x-test'] || null, right: 0, wrong: 0};
  const drives = url.pathname === '/drive';
  let sent = 0;
  const next = () => {
    if (sent === MESSAGES.length) socket.close(Number(url.searchParams.get('code') || 1000), 'done');
    else socket.send(MESSAGES[sent][0], {binary: MESSAGES[sent][1]});
  };
  socket.on('message', (data, binary) => {
    if (!drives) {
      socket.send(data, {binary});
      if (data.toString() === 'bye') socket.close(1000);
      return;
    }
    const [wanted, wantedBinary] = MESSAGES[sent++];
    const same = Buffer.compare(data, Buffer.from(wanted)) === 0 && binary === wantedBinary;
    report[same ? 'right' : 'wrong'] += 1;
    next();
  });
  socket.on('error', (error) => { report.error = error.message; });
  socket.on('close', (code) => console.log(JSON.stringify({...report, code})));
  if (drives) next();
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
