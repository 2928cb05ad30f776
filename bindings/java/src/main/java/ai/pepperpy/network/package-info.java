/**
 * A network layer for programs that call AI and other HTTP APIs: pooled connections, streaming, WebSockets, retries, rate limits,
 * middleware, and exceptions that say what to do next.
 *
 * <p>Begin with {@link ai.pepperpy.network.APIClient}. Code of the user never runs on a thread of the library, unless an executor that runs
 * in place is given. Everything that is closed is closed once; closing again has no effect, and what is used afterwards throws a
 * {@link ai.pepperpy.network.UsageException}. A null argument throws a NullPointerException that names it.
 */
package ai.pepperpy.network;
