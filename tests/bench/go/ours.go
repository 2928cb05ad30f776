package main

import (
	"context"
	"fmt"
	"io"

	"pepperpy.ai/network"
)

type binding struct{ client *network.StreamingClient }

func ours(caFile string, inFlight int) (subject, error) {
	connections := network.WithMaxConnectionsPerOrigin(int64(inFlight))
	client, err := network.NewStreamingClient(network.WithCaFile(caFile), connections)
	return binding{client}, err
}

func (b binding) get(url string) (int64, error) {
	response, err := b.client.Get(context.Background(), url)
	if err != nil {
		return 0, err
	}
	if response.Status != 200 {
		return 0, fmt.Errorf("status %d", response.Status)
	}
	return int64(len(response.Body)), nil
}

func (b binding) events(url string, each func(data int)) error {
	stream, err := b.client.Events(context.Background(), url)
	if err != nil {
		return err
	}
	defer stream.Close()
	for {
		event, err := stream.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		each(len(event.Data))
	}
}
