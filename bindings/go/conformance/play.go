package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"strings"

	"pepperpy.ai/network"
)

// One behaviour: what the runner does, and what came of it.
type play struct {
	stage
	asked request
	*outcome
}

var forever = context.Background()

func (p *play) run(common [][2]string) error {
	options := []network.Option{network.WithOption("ca_file", p.caFile)}
	for _, list := range [][][2]string{common, p.asked.Options} {
		for _, o := range list {
			options = append(options, network.WithOption(o[0], o[1]))
		}
	}
	client, err := network.NewStreamingClient(options...)
	if err != nil {
		return err
	}
	defer client.Close()
	switch p.asked.Kind {
	case "websocket":
		p.isWebSocket = true
		return p.converse(client)
	case "events":
		return p.events(client)
	case "lines":
		return p.lines(client)
	case "chunks":
		return p.chunks(client)
	}
	response, err := client.Do(forever, p.described())
	if err != nil {
		return err
	}
	p.answered(response)
	if p.asked.RaiseForStatus {
		return response.RaiseForStatus()
	}
	return nil
}

func (p *play) url() string {
	if p.asked.URL != nil {
		return *p.asked.URL
	}
	base := p.httpsBase
	if p.asked.Base == "http" {
		base = p.httpBase
	}
	if p.isWebSocket {
		base = "ws" + strings.TrimPrefix(base, "http")
	}
	return base + "/" + p.Name + "/" + p.Run + p.asked.Path
}

func (p *play) described() *network.Request {
	method := p.asked.Method
	if method == "" {
		method = "GET"
	}
	r := network.NewRequest(method, p.url())
	for _, h := range p.asked.Headers {
		r.AddHeader(h[0], h[1])
	}
	for _, o := range p.asked.RequestOptions {
		r.Option(o[0], o[1])
	}
	if p.asked.JSON != nil {
		r.JSON(json.RawMessage(*p.asked.JSON))
	} else if p.asked.Body != nil {
		r.Body([]byte(*p.asked.Body))
	}
	return r
}

// What the streams have in common.
type stream interface {
	Response() (*network.Response, error)
	LastEventID() string
	Close() error
}

func (p *play) ended(s stream, reconnectMs int64, err error) error {
	p.LastEventID, p.ReconnectMs = s.LastEventID(), reconnectMs
	if err != io.EOF {
		return err
	}
	response, err := s.Response()
	if err == nil {
		p.answered(response)
	}
	return err
}

func (p *play) events(client *network.StreamingClient) error {
	s, err := client.DoEvents(forever, p.described())
	if err != nil {
		return err
	}
	defer s.Close()
	for {
		e, err := s.Next()
		if err != nil {
			return p.ended(s, msOr(s.Retry()), err)
		}
		p.Events = append(p.Events, event{e.Type, e.Data, e.ID, msOr(e.Retry)})
	}
}

func (p *play) lines(client *network.StreamingClient) error {
	s, err := client.DoLines(forever, p.described())
	if err != nil {
		return err
	}
	defer s.Close()
	for {
		line, err := s.Next()
		if err != nil {
			return p.ended(s, msOr(s.Retry()), err)
		}
		p.Lines = append(p.Lines, line)
	}
}

func (p *play) chunks(client *network.StreamingClient) error {
	s, err := client.DoStream(forever, p.described(), 0)
	if err != nil {
		return err
	}
	defer s.Close()
	p.isChunks = true
	for {
		chunk, err := s.Next()
		if err != nil {
			return p.ended(s, msOr(s.Retry()), err)
		}
		p.Body = append(p.Body, chunk...)
	}
}

func (p *play) converse(client *network.StreamingClient) error {
	socket, err := network.NewWebSocketClient(client, p.url())
	if err != nil {
		return err
	}
	defer socket.Release()
	for _, h := range p.asked.Headers {
		if err := socket.SetHeader(h[0], h[1]); err != nil {
			return err
		}
	}
	for _, name := range p.asked.WebSocket.Subprotocols {
		if err := socket.AddSubprotocol(name); err != nil {
			return err
		}
	}
	err = p.talk(socket)
	p.CloseCode, p.CloseReason, p.Subprotocol = socket.CloseCode(), socket.CloseReason(), socket.Subprotocol()
	p.answered(socket.Handshake())
	return err
}

func (p *play) talk(socket *network.WebSocketClient) error {
	if err := socket.Connect(forever); err != nil {
		return err
	}
	for _, a := range p.asked.WebSocket.Actions {
		if err := p.act(socket, a); err != nil {
			return err
		}
	}
	for {
		if err := p.receive(socket); err == io.EOF {
			return socket.Wait(forever)
		} else if err != nil {
			return err
		}
	}
}

func (p *play) act(socket *network.WebSocketClient, a action) error {
	var err error
	switch {
	case a.Send != nil:
		err = socket.SendText(forever, string(*a.Send))
	case a.SendBinary != nil:
		err = socket.SendBinary(forever, *a.SendBinary)
	case a.SendJSON != nil:
		err = socket.SendJSON(forever, json.RawMessage(*a.SendJSON))
	}
	for left := a.Receive; left > 0 && err == nil; left-- {
		if err = p.receive(socket); err == io.EOF {
			err = nil
			break
		}
	}
	if err == nil && a.Close != nil {
		err = socket.Close(*a.Close, a.Reason)
	}
	return err
}

func (p *play) receive(socket *network.WebSocketClient) error {
	m, err := socket.Next(forever)
	if err != nil {
		return err
	}
	if m.Binary {
		p.Messages = append(p.Messages, [2]string{"binary", base64.StdEncoding.EncodeToString(m.Data)})
	} else {
		p.Messages = append(p.Messages, [2]string{"text", m.Text()})
	}
	return nil
}

func errorIn(err error) *network.Error {
	var e *network.Error
	if errors.As(err, &e) {
		return e
	}
	return nil
}
