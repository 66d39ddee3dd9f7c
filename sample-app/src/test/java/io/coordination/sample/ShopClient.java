package io.coordination.sample;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;

import org.awaitility.Awaitility;
import tools.jackson.databind.json.JsonMapper;

/**
 * Talks to an instance of the shop as its page does.
 */
class ShopClient {

	private static final Duration PATIENCE = Duration.ofSeconds(60);

	private final HttpClient http = HttpClient.newHttpClient();

	private final JsonMapper json = new JsonMapper();

	private final int port;

	ShopClient(int port) {
		this.port = port;
	}

	String name() {
		return String.valueOf(this.port);
	}

	ShopState state() {
		return this.json.readValue(send(request("state").GET()).body(), ShopState.class);
	}

	HttpResponse<String> post(String path, String body) {
		return send(request(path).header("Content-Type", "application/json")
			.POST(HttpRequest.BodyPublishers.ofString(body)));
	}

	/**
	 * Starts a rush and waits for its end.
	 */
	ShopState rush(int buyers, int seats) {
		post("rush", "{\"buyers\":%d,\"seats\":%d}".formatted(buyers, seats));
		return Awaitility.await().atMost(PATIENCE).until(this::state, (state) -> served(state, buyers));
	}

	private static boolean served(ShopState state, int buyers) {
		return served(state.locked(), buyers) && served(state.unlocked(), buyers);
	}

	private static boolean served(ShopState.Outcome outcome, int buyers) {
		return outcome.counts().open() == 0 && outcome.sold() + outcome.refused() >= buyers;
	}

	private HttpRequest.Builder request(String path) {
		return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + this.port + "/api/" + path)).timeout(PATIENCE);
	}

	private HttpResponse<String> send(HttpRequest.Builder request) {
		try {
			return this.http.send(request.build(), HttpResponse.BodyHandlers.ofString());
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException(ex);
		}
	}

}
