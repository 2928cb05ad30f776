package network

// What a client was given besides requests.
type hooks struct{}
