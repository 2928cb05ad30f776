package network_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"pepperpy.ai/network"
)

func TestOptionsAreSetAndRead(t *testing.T) {
	leavesNothing(t)
	config, err := network.NewNetworkConfig(network.WithTimeout(1500*time.Microsecond), network.WithMaxRetries(1),
		network.WithJSON(`{"verify_ssl": false}`), network.WithApiKey("not to be shown"))
	must(t, err)
	defer config.Close()
	for name, want := range map[string]string{"timeout_ms": "2", "max_retries": "1", "verify_ssl": "false", "api_key": "***"} {
		if got, err := config.Get(name); err != nil || got != want {
			t.Fatal(name, got, err)
		}
	}
	text, err := config.JSON()
	must(t, err)
	var all map[string]any
	must(t, json.Unmarshal([]byte(text), &all))
	if len(all) != len(network.Options()) || strings.Contains(text, "not to be shown") {
		t.Fatal(len(all), len(network.Options()))
	}
	must(t, config.Close())
	must(t, config.Close())
	if _, err := config.Get("timeout_ms"); !errors.Is(err, network.ErrInvalidState) {
		t.Fatal(err)
	}
	if _, err := config.NewHTTPClient(); !errors.Is(err, network.ErrInvalidState) {
		t.Fatal(err)
	}
}

func TestValuesOutOfRangeAreRefusedByName(t *testing.T) {
	leavesNothing(t)
	for _, option := range []network.Option{network.WithMaxRetries(11), network.WithTimeout(-time.Second),
		network.WithOption("no_such_option", "1"), network.WithOption("verify_ssl", "perhaps"), network.WithBackoffFactor(-1),
		network.WithJSON(`{"max_retries": 11}`)} {
		_, err := network.NewHTTPClient(option)
		if !errors.Is(err, network.ErrConfig) || !errors.Is(err, network.ErrUsage) || !errors.Is(err, network.CodeConfigError) {
			t.Fatal(err)
		}
	}
	if _, err := network.NewHTTPClient(network.WithJSON("{")); !errors.Is(err, network.CodeJSONParse) {
		t.Fatal(err)
	}
	if _, err := network.NewAPIClient("https://localhost", ""); !errors.Is(err, network.ErrConfig) {
		t.Fatal(err)
	}
	if _, err := network.NewAPIClient("http://example.com", "key"); !errors.Is(err, network.ErrConfig) {
		t.Fatal(err)
	}
	if _, err := network.NewRequestManager(""); !errors.Is(err, network.ErrConfig) {
		t.Fatal(err)
	}
	client := newHTTP(t)
	request := network.NewRequest("GET", server.url).Option("max_retries", "-1")
	if _, err := client.Do(background, request); !errors.Is(err, network.ErrConfig) {
		t.Fatal(err)
	}
	if _, err := client.Get(background, "no url"); !errors.Is(err, network.CodeInvalidURL) {
		t.Fatal(err)
	}
	if _, err := client.Get(background, server.url, network.Header("Host", "x")); !errors.Is(err, network.CodeInvalidHeader) {
		t.Fatal(err)
	}
}

func TestTheEnvironmentIsRead(t *testing.T) {
	leavesNothing(t)
	t.Setenv("PEPPERPY_NETWORK_TIMEOUT", "12")
	t.Setenv("PEPPERPY_NETWORK_MAX_RETRIES", "7")
	t.Setenv("PEPPERPY_NETWORK_RATE_LIMIT", "100")
	t.Setenv("PEPPERPY_NETWORK_VERIFY_SSL", "false")
	config, err := network.NewNetworkConfig(network.WithMaxRetries(2))
	must(t, err)
	defer config.Close()
	for name, want := range map[string]string{"timeout_ms": "12000", "max_retries": "2", "verify_ssl": "false"} {
		if got, err := config.Get(name); err != nil || got != want {
			t.Fatal(name, got, err)
		}
	}
	if limit, _ := config.Get("rate_limit"); !strings.Contains(limit, "100") {
		t.Fatal(limit)
	}
	t.Setenv("PEPPERPY_NETWORK_TIMEOUT", "soon")
	if _, err := network.NewNetworkConfig(); !errors.Is(err, network.ErrConfig) ||
		!strings.Contains(err.Error(), "PEPPERPY_NETWORK_TIMEOUT") {
		t.Fatal(err)
	}
}

func TestARequestManagerPutsPathsBelowItsBase(t *testing.T) {
	leavesNothing(t)
	manager, err := network.NewRequestManager(server.url+"/echo", network.WithCaFile(server.ca))
	must(t, err)
	defer manager.Close()
	if manager.BaseURL() != server.url+"/echo" {
		t.Fatal(manager.BaseURL())
	}
	for _, call := range []struct {
		method string
		do     func() (*network.Response, error)
	}{
		{"GET", func() (*network.Response, error) { return manager.Get(background, "") }},
		{"DELETE", func() (*network.Response, error) { return manager.Delete(background, "") }},
		{"POST", func() (*network.Response, error) { return manager.Post(background, "", "text") }},
		{"PUT", func() (*network.Response, error) { return manager.Put(background, "", []byte("text")) }},
		{"PATCH", func() (*network.Response, error) { return manager.PatchJSON(background, "", "text") }},
		{"POST", func() (*network.Response, error) { return manager.PostJSON(background, "", 1) }},
		{"PUT", func() (*network.Response, error) { return manager.PutJSON(background, "", nil) }},
	} {
		response, err := call.do()
		if e := echoed(t, response, err); e.Method != call.method || e.Path != "/echo" {
			t.Fatal(e)
		}
	}
	head, err := manager.Head(background, "")
	must(t, err)
	if head.Status != 200 || len(head.Body) != 0 {
		t.Fatal(head.Status)
	}
}

func TestSecretsAreHidden(t *testing.T) {
	leavesNothing(t)
	if got := network.RedactURL("https://u:p@h/?token=abc&q=1"); strings.Contains(got, "abc") || !strings.Contains(got, "q=1") {
		t.Fatal(got)
	}
	must(t, network.RegisterSecret("correct horse"))
	if got := network.RedactText("my correct horse"); strings.Contains(got, "horse") {
		t.Fatal(got)
	}
	must(t, network.ForgetSecret("correct horse"))
	if err := network.ForgetSecret("correct horse"); !errors.Is(err, network.ErrInvalidArgument) {
		t.Fatal(err)
	}
	if !network.HeaderIsSensitive("Authorization") || network.HeaderIsSensitive("Accept") {
		t.Fatal("headers")
	}
	api := newAPI(t)
	_, err := api.Do(background, network.NewRequest("GET", "/x").Header("bad name", "a secret value"))
	if err == nil || strings.Contains(err.Error(), "secret value") || strings.Contains(err.Error(), server.key) {
		t.Fatal(err)
	}
}
