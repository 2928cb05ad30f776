package network_test

import (
	"fmt"
	"strings"
	"testing"

	"pepperpy.ai/network"
)

func TestWhatIsFormattedHoldsNoSecret(t *testing.T) {
	leavesNothing(t)
	const secret = "correcthorsebattery"
	config, err := network.NewAPIClientConfig(server.url, secret, network.WithCaFile(server.ca))
	must(t, err)
	defer config.Close()
	client, err := config.NewAPIClient()
	must(t, err)
	defer client.Close()
	request := network.NewRequest("POST", server.url+"/echo?api_key="+secret).Header("Authorization", "Bearer "+secret).
		Header("Cookie", "session="+secret).Body("password=" + secret)
	response, err := client.Do(background, request)
	must(t, err)
	_, failed := client.Get(background, "http://127.0.0.1:1/?token="+secret, network.Header("Authorization", secret))
	if failed == nil {
		t.Fatal("no error")
	}
	missing, err := client.Get(background, server.url+"/nothing?token="+secret)
	must(t, err)
	for what, value := range map[string]any{"config": config, "client": client, "request": request, "response": response,
		"error": failed, "status error": missing.RaiseForStatus(), "field": network.Header("Authorization", "Bearer "+secret),
		"fields": []network.Field{network.Header("Set-Cookie", secret)}, "response with a status": missing,
		"result": network.BatchResult{Response: response, Err: failed}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
			if text := fmt.Sprintf(verb, value); strings.Contains(text, secret) {
				t.Errorf("%s with %s: %.300s", what, verb, text)
			}
		}
	}
	if text := fmt.Sprint(request, response, network.Header("A", "b")); !strings.HasPrefix(text, "POST https://") ||
		!strings.HasSuffix(text, " A: b") || !strings.Contains(text, " 200 https://") {
		t.Fatal(text)
	}
}
