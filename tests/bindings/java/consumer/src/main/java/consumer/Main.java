// Asks the server of its arguments for its models: URL, key, file of the CA.
package consumer;

import ai.pepperpy.network.APIClient;
import ai.pepperpy.network.NetworkConfig;

public final class Main {
  public static void main(String[] args) {
    try (APIClient api = new APIClient(args[0], args[1], NetworkConfig.newBuilder().caFile(args[2]).build())) {
      System.out.println(api.get("/v1/models").raiseForStatus().json().string("/data/0/id"));
    }
  }
}
