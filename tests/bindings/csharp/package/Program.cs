// A program of somebody else, outside the tree: it has the package and nothing more.
using PepperPy.Network;

using NetworkConfig config = new NetworkConfig().Set("ca_file", args[1]);
await using var client = new HTTPClient(config);
Response response = (await client.GetAsync($"{args[0]}/v1/models")).RaiseForStatus();
int lines = 0;
await foreach (string _ in client.Lines($"{args[0]}/drip?n=3&ms=0")) ++lines;
using var http = new HttpClient(new PepperPyHttpMessageHandler(client));
string echo = await http.GetStringAsync($"{args[0]}/echo");
Console.WriteLine($"{response.Status} {lines > 0} {echo.Length > 0} {NetworkRuntime.LibraryVersion == NetworkRuntime.BindingVersion}");
