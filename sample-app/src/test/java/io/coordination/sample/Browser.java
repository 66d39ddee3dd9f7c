package io.coordination.sample;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A Chromium without a window, driven by the few commands of the WebDriver protocol that
 * a test needs. See <a href= "https://www.w3.org/TR/webdriver2/">W3C WebDriver</a>.
 */
final class Browser implements AutoCloseable {

	private static final Pattern STARTED = Pattern.compile("started successfully on port (\\d+)");

	private static final List<String> ARGUMENTS = List.of("--headless", "--no-sandbox", "--disable-gpu",
			"--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
			"--disable-sync", "--disable-dev-shm-usage");

	private final HttpClient http = HttpClient.newHttpClient();

	private final JsonMapper json = new JsonMapper();

	private final Process driver;

	private final String address;

	private final String session;

	private Browser(Path chromium, Path chromedriver) throws IOException {
		this.driver = new ProcessBuilder(chromedriver.toString(), "--port=0").redirectErrorStream(true).start();
		this.address = "http://127.0.0.1:" + port(this.driver.inputReader(StandardCharsets.UTF_8));
		Object capabilities = Map.of("capabilities", Map.of("alwaysMatch",
				Map.of("goog:chromeOptions", Map.of("binary", chromium.toString(), "args", ARGUMENTS))));
		this.session = "/session/" + send("POST", "/session", capabilities).get("sessionId").asString();
	}

	private static String port(BufferedReader output) throws IOException {
		for (String line = output.readLine(); line != null; line = output.readLine()) {
			Matcher matcher = STARTED.matcher(line);
			if (matcher.find()) {
				return matcher.group(1);
			}
		}
		throw new IllegalStateException("chromedriver did not start");
	}

	/**
	 * Opens a browser.
	 * @return the browser, or empty if {@code chromedriver} or a Chromium is not on the
	 * PATH
	 */
	static Optional<Browser> open() {
		Optional<Path> chromedriver = find("chromedriver");
		Optional<Path> chromium = Stream.of("chromium", "chromium-browser", "google-chrome", "chrome")
			.flatMap((name) -> find(name).stream())
			.findFirst();
		if (chromedriver.isEmpty() || chromium.isEmpty()) {
			return Optional.empty();
		}
		try {
			return Optional.of(new Browser(chromium.get(), chromedriver.get()));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static Optional<Path> find(String program) {
		return Stream.of(System.getenv("PATH").split(File.pathSeparator))
			.map((directory) -> Path.of(directory, program))
			.filter(Files::isExecutable)
			.findFirst();
	}

	void go(String url) {
		send("POST", this.session + "/url", Map.of("url", url));
	}

	void click(String selector) {
		send("POST", element(selector) + "/click", Map.of());
	}

	/**
	 * Types into a field, in place of what is there.
	 */
	void fill(String selector, String text) {
		send("POST", element(selector) + "/clear", Map.of());
		send("POST", element(selector) + "/value", Map.of("text", text));
	}

	String text(String selector) {
		return send("GET", element(selector) + "/text", null).asString();
	}

	/**
	 * Runs a script and answers with what it returns.
	 */
	JsonNode script(String script) {
		return send("POST", this.session + "/execute/sync", Map.of("script", script, "args", List.of()));
	}

	/**
	 * Sets the width of the window, and a height with it.
	 */
	void width(int width) {
		send("POST", this.session + "/goog/cdp/execute", Map.of("cmd", "Emulation.setDeviceMetricsOverride", "params",
				Map.of("width", width, "height", 900, "deviceScaleFactor", 1, "mobile", false)));
	}

	private String element(String selector) {
		JsonNode element = send("POST", this.session + "/element", Map.of("using", "css selector", "value", selector));
		return this.session + "/element/" + element.iterator().next().asString();
	}

	private JsonNode send(String method, String path, Object body) {
		HttpRequest.BodyPublisher publisher = (body != null)
				? HttpRequest.BodyPublishers.ofString(this.json.writeValueAsString(body))
				: HttpRequest.BodyPublishers.noBody();
		HttpRequest request = HttpRequest.newBuilder(URI.create(this.address + path))
			.timeout(Duration.ofSeconds(60))
			.header("Content-Type", "application/json")
			.method(method, publisher)
			.build();
		try {
			HttpResponse<String> response = this.http.send(request, HttpResponse.BodyHandlers.ofString());
			JsonNode value = this.json.readTree(response.body()).get("value");
			if (response.statusCode() != 200) {
				throw new IllegalStateException(method + " " + path + ": " + value.get("message").asString());
			}
			return value;
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException(ex);
		}
	}

	@Override
	public void close() {
		try {
			send("DELETE", this.session, null);
		}
		finally {
			this.driver.destroy();
		}
	}

}
