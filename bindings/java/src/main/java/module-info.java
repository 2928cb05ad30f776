/** The client of PepperPy Network: HTTP, streams, WebSockets, retries and rate limits for programs that call APIs. */
module ai.pepperpy.network {
  exports ai.pepperpy.network;
}
