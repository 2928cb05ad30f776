/** As a module, so that what is exported is seen to be enough. */
module consumer {
  requires ai.pepperpy.network;
}
