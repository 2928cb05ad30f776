// Package network is PepperPy Network for Go: a client for AI and other HTTP APIs with pooled connections, streams of events,
// WebSockets, retries, rate limits, middleware, and errors that say what to do next. It stands on the native library
// pepperpy-network, which pkg-config has to find when a program is built.
//
//	api, err := network.NewAPIClient("https://api.example.com/v1", key)
//	if err != nil {
//		return err
//	}
//	defer api.Close()
//	response, err := api.Get(ctx, "/models")
//
// Clients: HTTPClient, RequestManager (a base URL), APIClient (and a key) and StreamingClient have the same methods over the
// same engine. Options are functions, one for each row of the option table: WithTimeout, WithMaxRetries and so on. What is
// not set is as the library and the PEPPERPY_NETWORK_ environment variables say.
//
// # Contexts
//
// A context that ends cancels the native call, within 50 ms; its deadline limits the call beside the timeout of the client.
// The error is an *Error for which errors.Is(err, context.Canceled) or errors.Is(err, context.DeadlineExceeded) holds.
//
// # Errors
//
// Every error has an *Error inside (errors.As). errors.Is asks for kinds (ErrTimeout, ErrTooManyRequests), for single codes
// (CodeConnectTimeout), and for what functions of the user have failed or panicked with. A status of 400 and more is a
// response like another; Response.RaiseForStatus makes it a *StatusError.
//
// # Goroutines
//
// With the first call one goroutine begins that takes what the library tells, for the whole process; it holds a thread while
// nothing happens, and ends with Shutdown. Streams under a context that can end have one more until they end or are closed,
// and so do bodies that are read while they are sent. Functions of the user (middleware, hooks, loggers) never run on a
// thread of the library; one that panics or leaves its goroutine by runtime.Goexit ends its call and nothing else.
//
// # Closing
//
// What has a Close or Release holds memory of the library, which no collector sees: close it. Closing twice is no error, and
// whatever is used after that fails with a named error. Responses, events and errors are plain memory of Go. LiveObjects
// counts what is alive, for tests.
//
// # Nil
//
// Arguments that are nil, a client of type *HTTPClient that is nil among them, are refused with CodeInvalidArgument. Methods
// of a nil client or stream panic, as those of a nil *http.Client do.
package network
