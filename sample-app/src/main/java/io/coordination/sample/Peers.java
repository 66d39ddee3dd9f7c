package io.coordination.sample;

import java.net.ConnectException;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.time.Duration;
import java.util.Optional;

import org.springframework.http.MediaType;
import org.springframework.http.client.JdkClientHttpRequestFactory;
import org.springframework.stereotype.Component;
import org.springframework.web.client.ResourceAccessException;
import org.springframework.web.client.RestClient;
import org.springframework.web.client.RestClientException;

/**
 * The other instances, asked over HTTP on loopback.
 */
@Component
class Peers {

	/** For the page, which asks again soon. */
	private final RestClient hasty = client(Duration.ofMillis(400));

	/** For what is not asked twice: an instance may have just started. */
	private final RestClient patient = client(Duration.ofSeconds(5));

	private static RestClient client(Duration patience) {
		HttpClient client = HttpClient.newBuilder()
			.version(HttpClient.Version.HTTP_1_1)
			.connectTimeout(patience)
			.build();
		JdkClientHttpRequestFactory requests = new JdkClientHttpRequestFactory(client);
		requests.setReadTimeout(patience);
		return RestClient.builder().requestFactory(requests).build();
	}

	/**
	 * What goes on in another instance.
	 * @param name the instance
	 * @return what it says, or empty if it does not answer soon
	 */
	Optional<LocalState> state(String name) {
		return state(this.hasty, name);
	}

	/**
	 * Whether another instance answers. One that was heard of lately gets more time.
	 * @param instance the instance
	 * @return whether it answers
	 */
	boolean isOpen(Instances.Instance instance) {
		return state(instance.isSilent() ? this.hasty : this.patient, instance.name()).isPresent();
	}

	private static Optional<LocalState> state(RestClient http, String name) {
		try {
			return Optional.ofNullable(http.get().uri(url(name, "state")).retrieve().body(LocalState.class));
		}
		catch (RestClientException ex) {
			return Optional.empty();
		}
	}

	/**
	 * Sends buyers to another instance.
	 * @param name the instance
	 * @param share who comes
	 * @return {@code false} if they surely did not get there
	 */
	boolean rush(String name, Crowd.Share share) {
		return post(name, "rush", share);
	}

	/**
	 * Sends a slow buyer to another instance.
	 * @param name the instance
	 * @param buyer who comes
	 * @return {@code false} if it does not answer
	 */
	boolean slowBuyer(String name, SlowBuyer buyer) {
		return post(name, "slow-buyer", buyer);
	}

	private boolean post(String name, String path, Object body) {
		try {
			this.patient.post()
				.uri(url(name, path))
				.contentType(MediaType.APPLICATION_JSON)
				.body(body)
				.retrieve()
				.toBodilessEntity();
			return true;
		}
		catch (ResourceAccessException ex) {
			// Without an answer nobody knows whether it arrived: sent again, it might
			// arrive twice
			return !(ex.getCause() instanceof ConnectException || ex.getCause() instanceof HttpConnectTimeoutException);
		}
		catch (RestClientException ex) {
			return false;
		}
	}

	private static String url(String name, String path) {
		return "http://127.0.0.1:" + Integer.parseInt(name) + "/api/instance/" + path;
	}

	/**
	 * A buyer who takes long.
	 *
	 * @param concert the concert
	 * @param buyer the name
	 */
	record SlowBuyer(long concert, String buyer) {

	}

}
